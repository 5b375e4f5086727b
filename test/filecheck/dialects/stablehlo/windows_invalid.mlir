// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: window_dimensions has 1 values, must have 2, one per dimension of input 0
func.func @test(%c: tensor<f32>, %m: tensor<2x3xf32>) {
  %0 = "stablehlo.reduce_window"(%m, %c) <{window_dimensions = array<i64: 2>}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %s = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<1x3xf32>
  func.return
}

// -----

// CHECK: result 0 has shape [2, 3], must have shape [1, 3], the positions of the window
func.func @test(%c: tensor<f32>, %m: tensor<2x3xf32>) {
  %0 = "stablehlo.reduce_window"(%m, %c) <{window_dimensions = array<i64: 2, 1>}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %s = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  func.return
}

// -----

// CHECK: window strides [0, 1] has a value below 1
func.func @test(%c: tensor<f32>, %m: tensor<2x3xf32>) {
  %0 = "stablehlo.reduce_window"(%m, %c) <{window_dimensions = array<i64: 2, 1>, window_strides = array<i64: 0, 1>}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %s = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<1x3xf32>
  func.return
}

// -----

// CHECK: source has shape [2, 3], must have shape [1, 3], the positions of the window
func.func @test(%c: tensor<f32>, %m: tensor<2x3xf32>) {
  %0 = "stablehlo.select_and_scatter"(%m, %m, %c) <{window_dimensions = array<i64: 2, 1>}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %s = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }, {
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %s = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  func.return
}

// -----

// The selection returns a boolean.
// CHECK: region select returns (tensor<f32>), must be (tensor<i1>)
func.func @test(%c: tensor<f32>, %m: tensor<2x3xf32>) {
  %0 = "stablehlo.select_and_scatter"(%m, %m, %c) ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %s = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }, {
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %s = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  func.return
}
