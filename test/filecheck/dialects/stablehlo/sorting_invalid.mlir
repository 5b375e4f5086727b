// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: dimension is 1, must be from -1 to 0
func.func @test(%x: tensor<4xf32>) {
  %0 = "stablehlo.sort"(%x) <{dimension = 1 : i64}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %1 = stablehlo.compare GT, %l, %r : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %1 : tensor<i1>
  }) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: region comparator returns (tensor<f32>), must be (tensor<i1>)
func.func @test(%x: tensor<4xf32>) {
  %0 = "stablehlo.sort"(%x) <{dimension = 0 : i64}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    stablehlo.return %l : tensor<f32>
  }) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
