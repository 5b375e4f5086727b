// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: dimensions are [1], must be 0 to 0
func.func @test(%x: tensor<4xf32>) {
  %0 = "stablehlo.map"(%x) <{dimensions = array<i64: 1>}> ({
  ^bb0(%l: tensor<f32>):
    stablehlo.return %l : tensor<f32>
  }) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: region computation takes (tensor<i32>), must be (tensor<f32>)
func.func @test(%x: tensor<4xf32>) {
  %0 = "stablehlo.map"(%x) <{dimensions = array<i64: 0>}> ({
  ^bb0(%l: tensor<i32>):
    stablehlo.return %l : tensor<i32>
  }) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
