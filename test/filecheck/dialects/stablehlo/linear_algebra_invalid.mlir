// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: a has shape [2, 3], must be square in its last two dimensions
func.func @test(%m: tensor<2x3xf32>) {
  %0 = stablehlo.cholesky %m : tensor<2x3xf32>
  func.return
}

// -----

// CHECK: b has size 2 in dimension 0, must be 3 like a
func.func @test(%m: tensor<2x3xf32>, %sq: tensor<3x3xf32>) {
  %0 = "stablehlo.triangular_solve"(%sq, %m) <{left_side = true, lower = true, transpose_a = #stablehlo<transpose NO_TRANSPOSE>, unit_diagonal = false}> : (tensor<3x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

// CHECK: transpose_a is TRANSPOSE_INVALID, must be NO_TRANSPOSE, TRANSPOSE or ADJOINT
func.func @test(%sq: tensor<3x3xf32>) {
  %0 = "stablehlo.triangular_solve"(%sq, %sq) <{left_side = true, lower = true, transpose_a = #stablehlo<transpose TRANSPOSE_INVALID>, unit_diagonal = false}> : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
  func.return
}
