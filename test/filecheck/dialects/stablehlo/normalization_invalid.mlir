// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: offset has shape [4], must have shape [3], one value per feature
func.func @test(%x: tensor<4xf32>, %m: tensor<2x3xf32>, %f3: tensor<3xf32>) {
  %0, %1, %2 = "stablehlo.batch_norm_training"(%m, %f3, %x) <{epsilon = 1.000000e-03 : f32, feature_index = 1 : i64}> : (tensor<2x3xf32>, tensor<3xf32>, tensor<4xf32>) -> (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>)
  func.return
}

// -----

// CHECK: feature_index is 2, must be a dimension of a tensor of rank 2
func.func @test(%m: tensor<2x3xf32>, %f3: tensor<3xf32>) {
  %0 = "stablehlo.batch_norm_inference"(%m, %f3, %f3, %f3, %f3) <{epsilon = 1.000000e-03 : f32, feature_index = 2 : i64}> : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

// CHECK: grad_output has shape [3, 4], must have shape [2, 3], like operand
func.func @test(%m: tensor<2x3xf32>, %w: tensor<3x4xf32>, %f3: tensor<3xf32>) {
  %0, %1, %2 = "stablehlo.batch_norm_grad"(%m, %f3, %f3, %f3, %w) <{epsilon = 1.000000e-03 : f32, feature_index = 1 : i64}> : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3x4xf32>) -> (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>)
  func.return
}
