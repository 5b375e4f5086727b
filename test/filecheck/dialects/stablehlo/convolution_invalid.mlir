// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// The kernel has as many features as the input.
// CHECK: kernel input feature dimension has size 4, must be 2
func.func @test(%img: tensor<1x8x8x4xf32>, %k: tensor<3x3x4x16xf32>) {
  %0 = "stablehlo.convolution"(%img, %k) <{dimension_numbers = #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>, batch_group_count = 1 : i64, feature_group_count = 2 : i64}> : (tensor<1x8x8x4xf32>, tensor<3x3x4x16xf32>) -> tensor<1x6x6x16xf32>
  func.return
}

// -----

// CHECK: result, in its spatial dimensions, has shape [8, 8], must have shape [6, 6], the positions of the window
func.func @test(%img: tensor<1x8x8x4xf32>, %k: tensor<3x3x4x16xf32>) {
  %0 = "stablehlo.convolution"(%img, %k) <{dimension_numbers = #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>, batch_group_count = 1 : i64, feature_group_count = 1 : i64}> : (tensor<1x8x8x4xf32>, tensor<3x3x4x16xf32>) -> tensor<1x8x8x16xf32>
  func.return
}

// -----

// CHECK: window strides has 1 values, must have 2, one per dimension of the window
func.func @test(%img: tensor<1x8x8x4xf32>, %k: tensor<3x3x4x16xf32>) {
  %0 = "stablehlo.convolution"(%img, %k) <{dimension_numbers = #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>, batch_group_count = 1 : i64, feature_group_count = 1 : i64, window_strides = array<i64: 1>}> : (tensor<1x8x8x4xf32>, tensor<3x3x4x16xf32>) -> tensor<1x6x6x16xf32>
  func.return
}

// -----

// CHECK: padding has shape [3, 2], must be [2, 2], low and high per dimension
func.func @test(%img: tensor<1x8x8x4xf32>, %k: tensor<3x3x4x16xf32>) {
  %0 = "stablehlo.convolution"(%img, %k) <{dimension_numbers = #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>, batch_group_count = 1 : i64, feature_group_count = 1 : i64, padding = dense<0> : tensor<3x2xi64>}> : (tensor<1x8x8x4xf32>, tensor<3x3x4x16xf32>) -> tensor<1x6x6x16xf32>
  func.return
}

// -----

// CHECK: input dimension numbers has 3 values, must have 4, one per dimension of lhs
func.func @test(%img: tensor<1x8x8x4xf32>, %k: tensor<3x3x4x16xf32>) {
  %0 = "stablehlo.convolution"(%img, %k) <{dimension_numbers = #stablehlo.conv<[b, 0, f]x[0, i, o]->[b, 0, f]>, batch_group_count = 1 : i64, feature_group_count = 1 : i64}> : (tensor<1x8x8x4xf32>, tensor<3x3x4x16xf32>) -> tensor<1x6x6x16xf32>
  func.return
}

// -----

// CHECK: padding has shape [2, 3], must have shape [2, 2], low and high per spatial dimension
func.func @test(%img: tensor<1x8x8x4xf32>, %k: tensor<3x3x4x16xf32>, %pad: tensor<2x3xi64>) {
  %0 = "stablehlo.dynamic_conv"(%img, %k, %pad) <{dimension_numbers = #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>, batch_group_count = 1 : i64, feature_group_count = 1 : i64}> : (tensor<1x8x8x4xf32>, tensor<3x3x4x16xf32>, tensor<2x3xi64>) -> tensor<1x?x?x16xf32>
  func.return
}
