// RUN: eggshard-opt %s -p dump-egraph | filecheck %s
// RUN: eggshard-opt %s -p 'dump-egraph{chosen=true memory=64MiB}' | filecheck %s --check-prefix=CHOSEN

// Another form of the program is in the classes of the same tensor: (a b) c = a (b c).

// CHECK-LABEL: func.func @chain
// CHECK:         [[WRITTEN:%.*]] = stablehlo.dot_general %v0.0, %c.r
// CHECK:         [[ELSE:%.*]] = stablehlo.dot_general %a.0, %form{{[0-9]+}}.r
// CHECK:         %d.0 = equivalence.class [[WRITTEN]], [[ELSE]], {{.*}} {tensor = "%d"

// CHOSEN-LABEL: func.func @chain
// CHOSEN:         tensor = "%0"
// CHOSEN-NOT:     tensor = "%0", {{.*}}, min_cost_index
// CHOSEN:         tensor = "form{{[0-9]+}}", {{.*}}, min_cost_index = #builtin.int<
// CHOSEN:         [[ELSE:%[0-9]+]] = stablehlo.dot_general %a.1, %form{{[0-9]+}}.0, {{.*}} {eqsat_cost = #builtin.int<{{[0-9]+}}>, sharding.strategy = #sharding.strategy<@mesh, {data: k}>}
// CHOSEN:         %d.s = equivalence.class %{{[0-9]+}}, %{{[0-9]+}}, [[ELSE]], %{{[0-9]+}} {{.*}} min_cost_index = #builtin.int<2>

sharding.mesh @mesh = <["data"=8]>
func.func @chain(%a: tensor<64x16384xf32>, %b: tensor<16384x2048xf32>, %c: tensor<2048x8xf32>) -> tensor<64x8xf32> {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<64x16384xf32>, tensor<16384x2048xf32>) -> tensor<64x2048xf32>
  %d = stablehlo.dot_general %0, %c, contracting_dims = [1] x [0] : (tensor<64x2048xf32>, tensor<2048x8xf32>) -> tensor<64x8xf32>
  func.return %d : tensor<64x8xf32>
}
