// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: contracting dimension 0 of rhs has size 3, must be 2 like dimension 0 of lhs
func.func @test(%m: tensor<2x3xf32>, %w: tensor<3x4xf32>) {
  %0 = stablehlo.dot_general %m, %w, contracting_dims = [0] x [0] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  func.return
}

// -----

// CHECK: result has shape [4, 2], must have shape [2, 4], the batching, lhs and rhs dimensions that are left
func.func @test(%m: tensor<2x3xf32>, %w: tensor<3x4xf32>) {
  %0 = stablehlo.dot_general %m, %w, contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<4x2xf32>
  func.return
}

// -----

// CHECK: lhs_batching_dimensions and lhs_contracting_dimensions have dimension 1 in common
func.func @test(%m: tensor<2x3xf32>, %w: tensor<3x4xf32>) {
  %0 = stablehlo.dot_general %m, %w, batching_dims = [1] x [0], contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

// CHECK: lhs_contracting_dimensions [2] has 2, which is no dimension of a tensor of rank 2
func.func @test(%m: tensor<2x3xf32>, %w: tensor<3x4xf32>) {
  %0 = stablehlo.dot_general %m, %w, contracting_dims = [2] x [0] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

// CHECK: precision_config has 3 values, must have one per operand at most
func.func @test(%m: tensor<2x3xf32>, %w: tensor<3x4xf32>) {
  %0 = stablehlo.dot_general %m, %w, contracting_dims = [1] x [0], precision = [HIGH, HIGH, HIGH] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

// CHECK: rhs has shape [5], its first size must be 4, the last of lhs
func.func @test(%x: tensor<4xf32>, %y: tensor<5xf32>) {
  %0 = stablehlo.dot %x, %y : (tensor<4xf32>, tensor<5xf32>) -> tensor<f32>
  func.return
}

// -----

// CHECK: operand 1 has size 3 in dimension 'i', must be 2
func.func @test(%m: tensor<2x3xf32>, %w: tensor<3x4xf32>) {
  %0 = stablehlo.einsum %m, %w, config = "ij,ik->jk" : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  func.return
}

// -----

// CHECK: einsum_config is 'ij->i', must have 2 terms before '->' and one after
func.func @test(%m: tensor<2x3xf32>, %w: tensor<3x4xf32>) {
  %0 = stablehlo.einsum %m, %w, config = "ij->i" : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2xf32>
  func.return
}

// -----

// CHECK: einsum_config 'ij->k' has 'k' in its result only
func.func @test(%m: tensor<2x3xf32>) {
  %0 = stablehlo.unary_einsum %m, config = "ij->k" : (tensor<2x3xf32>) -> tensor<2xf32>
  func.return
}
