// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: output_dimensions has 1 elements, must have 2, one per dimension of result
func.func @test(%x: tensor<4xf32>, %s1: tensor<1xi64>) {
  %0 = stablehlo.dynamic_broadcast_in_dim %x, %s1, dims = [1] : (tensor<4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  func.return
}

// -----

// CHECK: output_shape has 2 elements, must have 1, one per dimension of result
func.func @test(%s2: tensor<2xi64>) {
  %0 = stablehlo.dynamic_iota %s2, dim = 0 : (tensor<2xi64>) -> tensor<?xi32>
  func.return
}

// -----

// CHECK: interior_padding has 2 elements, must have 1, one per dimension of operand
func.func @test(%c: tensor<f32>, %s2: tensor<2xi64>, %s1: tensor<1xi64>, %d: tensor<?xf32>) {
  %0 = stablehlo.dynamic_pad %d, %c, %s1, %s1, %s2 : (tensor<?xf32>, tensor<f32>, tensor<1xi64>, tensor<1xi64>, tensor<2xi64>) -> tensor<?xf32>
  func.return
}

// -----

// CHECK: output_shape has 1 elements, must have 2, one per dimension of result
func.func @test(%s1: tensor<1xi64>, %d: tensor<?xf32>) {
  %0 = stablehlo.dynamic_reshape %d, %s1 : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x?xf32>
  func.return
}

// -----

// CHECK: result has elements of type i32, must be f32 like operand
func.func @test(%s1: tensor<1xi64>, %d: tensor<?xf32>) {
  %0 = stablehlo.real_dynamic_slice %d, %s1, %s1, %s1 : (tensor<?xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi32>
  func.return
}

// -----

// CHECK: dimension is 1, must be a dimension of a tensor of rank 1
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.get_dimension_size %x, dim = 1 : (tensor<4xf32>) -> tensor<i32>
  func.return
}

// -----

// CHECK: result has type tensor<i64>, must be tensor<i32>
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.get_dimension_size %x, dim = 0 : (tensor<4xf32>) -> tensor<i64>
  func.return
}

// -----

// CHECK: size has elements of type f32, must be i32 like dimension sizes
func.func @test(%x: tensor<4xf32>, %c: tensor<f32>) {
  %0 = stablehlo.set_dimension_size %x, %c, dim = 0 : (tensor<4xf32>, tensor<f32>) -> tensor<?xf32>
  func.return
}
