// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: dimensions [2] has 2, which is no dimension of a tensor of rank 2
func.func @test(%c: tensor<f32>, %m: tensor<2x3xf32>) {
  %0 = stablehlo.reduce(%m init: %c) applies stablehlo.add across dimensions = [2] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  func.return
}

// -----

// CHECK: result 0 has shape [3], must have shape [2], the dimensions that are left
func.func @test(%c: tensor<f32>, %m: tensor<2x3xf32>) {
  %0 = stablehlo.reduce(%m init: %c) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3xf32>
  func.return
}

// -----

// CHECK: init value 0 has elements of type i32, must be f32 like input 0
func.func @test(%n: tensor<i32>, %m: tensor<2x3xf32>) {
  %0 = stablehlo.reduce(%m init: %n) across dimensions = [1] : (tensor<2x3xf32>, tensor<i32>) -> tensor<2xf32> reducer(%l: tensor<f32>, %r: tensor<f32>) {
    stablehlo.return %l : tensor<f32>
  }
  func.return
}

// -----

// CHECK: region body cannot accumulate f32 in i32
func.func @test(%c: tensor<f32>, %m: tensor<2x3xf32>) {
  %0 = stablehlo.reduce(%m init: %c) across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32> reducer(%l: tensor<i32>, %r: tensor<i32>) {
    stablehlo.return %l : tensor<i32>
  }
  func.return
}

// -----

// CHECK: region body takes 1 values, must take 2
func.func @test(%c: tensor<f32>, %m: tensor<2x3xf32>) {
  %0 = "stablehlo.reduce"(%m, %c) <{dimensions = array<i64: 1>}> ({
  ^bb0(%l: tensor<f32>):
    stablehlo.return %l : tensor<f32>
  }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  func.return
}
