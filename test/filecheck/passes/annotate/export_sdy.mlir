// RUN: eggshard-opt %s -p export-sdy --split-input-file --verify-diagnostics | filecheck %s

// CHECK:       sdy.mesh @mesh = <["x"=2, "y"=2]>
sharding.mesh @mesh = <["x"=2, "y"=2]>

// Partial terms that are summed are unreduced axes.
// CHECK-LABEL: @sum
// CHECK-SAME:  sdy.sharding = #sdy.sharding<@mesh, [{"x"}], unreduced={"y"}>
func.func @sum(%x: tensor<8xf32> {sharding.layout = #sharding.layout<@mesh, [{"x"}], partial={sum: "y"}>}) {
  return
}

// The source and the cause of a reshard are ours alone.
// CHECK-LABEL: @reshard
// CHECK-NEXT:  %y = sdy.reshard %x <@mesh, [{"y"}]> : tensor<8xf32>
func.func @reshard(%x: tensor<8xf32>) {
  %y = sharding.reshard %x : #sharding.layout<@mesh, [{"x"}]> -> #sharding.layout<@mesh, [{"y"}]> because "a test" : tensor<8xf32>
  return
}

// -----

// Shardy has no products.
// CHECK: layout has partial terms of kind prod; Shardy writes one of sum, max, min
sharding.mesh @mesh = <["x"=2, "y"=2]>
func.func @product(%x: tensor<8xf32> {sharding.layout = #sharding.layout<@mesh, [{}], partial={prod: "y"}>}) {
  return
}

// -----

// Shardy has one kind for a tensor.
// CHECK: layout has partial terms of kind sum and max; Shardy writes one of sum, max, min
sharding.mesh @mesh = <["x"=2, "y"=2]>
func.func @two_kinds(%x: tensor<8xf32> {sharding.layout = #sharding.layout<@mesh, [{}], partial={sum: "x", max: "y"}>}) {
  return
}
