// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// What is started in one place is waited for in another.
// CHECK-LABEL: @asynchronous(
// CHECK-NEXT:    %0 = "stablehlo.async_start"(%x) ({
// CHECK-NEXT:    ^bb0(%a: tensor<8x4xf32>):
// CHECK-NEXT:      %2 = "stablehlo.all_gather"(%a) <{all_gather_dim = 1 : i64, replica_groups = dense<{{\[\[}}0, 1], [2, 3]]> : tensor<2x2xi64>}> : (tensor<8x4xf32>) -> tensor<8x8xf32>
// CHECK-NEXT:      stablehlo.return %2 : tensor<8x8xf32>
// CHECK-NEXT:    }) : (tensor<8x4xf32>) -> !stablehlo.future<tensor<8x8xf32>>
// CHECK-NEXT:    %1 = "stablehlo.async_done"(%0) : (!stablehlo.future<tensor<8x8xf32>>) -> tensor<8x8xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @asynchronous(%x: tensor<8x4xf32>) {
  %0 = "stablehlo.async_start"(%x) ({
  ^bb0(%a: tensor<8x4xf32>):
    %1 = "stablehlo.all_gather"(%a) <{all_gather_dim = 1 : i64, replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>}> : (tensor<8x4xf32>) -> tensor<8x8xf32>
    stablehlo.return %1 : tensor<8x8xf32>
  }) : (tensor<8x4xf32>) -> !stablehlo.future<tensor<8x8xf32>>
  %2 = "stablehlo.async_done"(%0) : (!stablehlo.future<tensor<8x8xf32>>) -> tensor<8x8xf32>
  func.return
}
