// RUN: eggshard-opt %s -p import-sdy,propagate-shardings,export-sdy | filecheck %s

sdy.mesh @mesh = <["a"=2, "b"=2]>

// An edge that the program spells out keeps the layout; the op that it stands on does not.
// CHECK-LABEL: @spelled_out
// CHECK:         "stablehlo.case"(%i) ({
// CHECK-NOT:     sdy.sharding
// CHECK:         sdy.data_flow_edge %{{.*}} sharding=<@mesh, [{"a", ?}]>
func.func @spelled_out(%i: tensor<i32>, %x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}, %y: tensor<8xf32>) -> tensor<8xf32> {
  %0 = "stablehlo.case"(%i) ({
    stablehlo.return %x : tensor<8xf32>
  }, {
    stablehlo.return %y : tensor<8xf32>
  }) : (tensor<i32>) -> tensor<8xf32>
  %1 = sdy.data_flow_edge %0 : tensor<8xf32>
  return %1 : tensor<8xf32>
}

// A program with such ops was prepared for propagation: its constants are taken as they are.
// CHECK-LABEL: @one_constant
// CHECK-NEXT:    sdy.constant {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"a", ?}]>]>}
// CHECK-NEXT:    stablehlo.add %x
// CHECK-NEXT:    stablehlo.add %y
func.func @one_constant(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}, %y: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %c = sdy.constant dense<1.0> : tensor<8xf32>
  %0 = stablehlo.add %x, %c : tensor<8xf32>
  %1 = stablehlo.add %y, %c : tensor<8xf32>
  return %0, %1 : tensor<8xf32>, tensor<8xf32>
}
