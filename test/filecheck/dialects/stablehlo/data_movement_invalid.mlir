// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: result has shape [4, 2], must have shape [2, 4], the sizes before the operand's
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.broadcast %x, sizes = [2] : (tensor<4xf32>) -> tensor<4x2xf32>
  func.return
}

// -----

// CHECK: operand dimension 0 has size 4, must be 1 or 3 like result dimension 1
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.broadcast_in_dim %x, dims = [1] : (tensor<4xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

// CHECK: broadcast_dimensions [2] has 2, which is no dimension of a tensor of rank 2
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.broadcast_in_dim %x, dims = [2] : (tensor<4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

// CHECK: broadcast_dimensions [1, 1] names a dimension twice
func.func @test(%m: tensor<2x3xf32>) {
  %0 = stablehlo.broadcast_in_dim %m, dims = [1, 1] : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

// CHECK: broadcast_dimensions has 1 values, must have 2, one per dimension of operand
func.func @test(%m: tensor<2x3xf32>) {
  %0 = stablehlo.broadcast_in_dim %m, dims = [1] : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

// CHECK: input 1 has rank 2, must have rank 1 like input 0
func.func @test(%x: tensor<4xf32>, %m: tensor<2x3xf32>) {
  %0 = stablehlo.concatenate %x, %m, dim = 0 : (tensor<4xf32>, tensor<2x3xf32>) -> tensor<6xf32>
  func.return
}

// -----

// CHECK: result has shape [9], must have shape [8], the inputs joined
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.concatenate %x, %x, dim = 0 : (tensor<4xf32>, tensor<4xf32>) -> tensor<9xf32>
  func.return
}

// -----

// CHECK: dimension is 1, must be a dimension of a tensor of rank 1
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.concatenate %x, %x, dim = 1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  func.return
}

// -----

// CHECK: result has shape [4], must have shape [5], the operand's and the padding
func.func @test(%x: tensor<4xf32>, %c: tensor<f32>) {
  %0 = stablehlo.pad %x, %c, low = [1], high = [0], interior = [0] : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: interior_padding [-1] has a negative size
func.func @test(%x: tensor<4xf32>, %c: tensor<f32>) {
  %0 = stablehlo.pad %x, %c, low = [1], high = [0], interior = [-1] : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: padding_value has rank 1, must have rank 0
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.pad %x, %x, low = [0], high = [0], interior = [0] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: result has 5 elements, must have 4 like operand
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.reshape %x : (tensor<4xf32>) -> tensor<5xf32>
  func.return
}

// -----

// CHECK: result has elements of type i32, must be f32 like operand
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.reshape %x : (tensor<4xf32>) -> tensor<4xi32>
  func.return
}

// -----

// CHECK: dimensions [0, 0] names a dimension twice
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.reverse %x, dims = [0, 0] : tensor<4xf32>
  func.return
}

// -----

// CHECK: result has shape [3, 2], must have shape [2, 3], the operand's permuted
func.func @test(%m: tensor<2x3xf32>) {
  %0 = stablehlo.transpose %m, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  func.return
}

// -----

// CHECK: permutation has 1 values, must have 2, one per dimension of operand
func.func @test(%m: tensor<2x3xf32>) {
  %0 = stablehlo.transpose %m, dims = [0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  func.return
}
