// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: a has elements of type f32, must be i32 like result
func.func @test(%c: tensor<f32>, %s1: tensor<1xi64>) {
  %0 = stablehlo.rng %c, %c, %s1, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<4xi32>
  func.return
}

// -----

// CHECK: result has elements of type i32, must be floats for a NORMAL distribution
func.func @test(%n: tensor<i32>, %s1: tensor<1xi64>) {
  %0 = stablehlo.rng %n, %n, %s1, distribution = NORMAL : (tensor<i32>, tensor<i32>, tensor<1xi64>) -> tensor<4xi32>
  func.return
}

// -----

// CHECK: initial_state has 3 elements of type ui64, must have 2 words of 64 bits for THREE_FRY
func.func @test(%st: tensor<3xui64>) {
  %0, %1 = stablehlo.rng_bit_generator %st, algorithm = THREE_FRY : (tensor<3xui64>) -> (tensor<3xui64>, tensor<4xui32>)
  func.return
}
