// RUN: eggshard-opt %s -p dump-egraph | filecheck %s
// RUN: eggshard-opt %s -p 'dump-egraph{chosen=true memory=4MiB}' | filecheck %s --check-prefix=CHOSEN
// RUN: eggshard-opt %s -p 'dump-egraph{tensors="^%y"}' | filecheck %s --check-prefix=ONLY

// A class per tensor and layout: what its ops make, and what collectives bring there.

// CHECK-LABEL: func.func @matmul_add
// CHECK:         equivalence.graph -> tensor<512x256xf32> {
// CHECK:         [[GIVEN:%.*]] = sharding.constraint %x <@mesh, [{"data"}, {}]>
// CHECK:         [[SLICED:%.*]] = sharding.reshard %x.r : {{.*}} {collective = "slice", axis = "data"}
// CHECK:         %x.0 = equivalence.class [[GIVEN]], [[SLICED]], {{.*}} {tensor = "%x", sharding.layouts = [#sharding.layout<@mesh, [{"data"}, {}]>]}

// The product over a cut dimension makes terms, in a class that only it reaches.
// CHECK:         [[TERMS:%.*]] = stablehlo.dot_general %x.1, %w.0, {{.*}} {sharding.strategy = #sharding.strategy<@mesh, {data: k}>}
// CHECK-NEXT:    %h.s = equivalence.class [[TERMS]] {tensor = "%h", sharding.layouts = [#sharding.layout<@mesh, [{}, {}], partial={sum: "data"}>]}
// CHECK:         [[REDUCED:%.*]] = sharding.reshard %h.s : {{.*}} {collective = "all_reduce", axis = "data"}
// CHECK-NEXT:    %h.r = equivalence.class {{.*}}, [[REDUCED]] {tensor = "%h"
// CHECK:         stablehlo.add %h.0, %b.0 {sharding.strategy = #sharding.strategy<@mesh, {data: i}>}
// CHECK:         equivalence.yield %y.r
// CHECK-NOT:     min_cost_index

// The plan cuts rows throughout; its classes say by which e-node they are made, the others do not.

// CHOSEN-LABEL: func.func @matmul_add
// CHOSEN:         %x.0 = equivalence.class {{.*}}, min_cost_index = #builtin.int<0>}
// CHOSEN:         %w.r = equivalence.class {{.*}}, min_cost_index = #builtin.int<0>}
// CHOSEN:         [[DOT:%.*]] = stablehlo.dot_general %x.0, %w.r, {{.*}} {eqsat_cost = #builtin.int<{{[0-9]+}}>, sharding.strategy = #sharding.strategy<@mesh, {data: i}>}
// CHOSEN:         %h.s = equivalence.class %h_2 {tensor = "%h", sharding.layouts = [#sharding.layout<@mesh, [{}, {}], partial={sum: "data"}>]} :
// CHOSEN:         %h.0 = equivalence.class [[DOT]], {{.*}}, min_cost_index = #builtin.int<0>}
// CHOSEN:         equivalence.yield %y.0

// Of tensors that are not asked for only what others read is there.

// ONLY-LABEL: func.func @matmul_add
// ONLY-NOT:     stablehlo.dot_general
// ONLY:         stablehlo.add %h.0
// ONLY:         %h.0 = equivalence.class %{{[^,]*}} {tensor = "%h"
// ONLY-NOT:     stablehlo.dot_general

sharding.mesh @mesh = <["data"=4]>
func.func @matmul_add(%x: tensor<512x1024xf32>, %w: tensor<1024x256xf32>, %b: tensor<512x256xf32>) -> tensor<512x256xf32> {
  %h = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : (tensor<512x1024xf32>, tensor<1024x256xf32>) -> tensor<512x256xf32>
  %y = stablehlo.add %h, %b : tensor<512x256xf32>
  func.return %y : tensor<512x256xf32>
}
