// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: region body returns (tensor<4xf32>), must be (tensor<5xf32>)
func.func @test(%x: tensor<4xf32>) {
  %0 = "stablehlo.async_start"(%x) ({
  ^bb0(%a: tensor<4xf32>):
    stablehlo.return %a : tensor<4xf32>
  }) : (tensor<4xf32>) -> !stablehlo.future<tensor<5xf32>>
  func.return
}

// -----

// CHECK: async_done returns (tensor<5xf32>), must be (tensor<4xf32>)
func.func @test(%fu: !stablehlo.future<tensor<4xf32>>) {
  %0 = "stablehlo.async_done"(%fu) : (!stablehlo.future<tensor<4xf32>>) -> tensor<5xf32>
  func.return
}
