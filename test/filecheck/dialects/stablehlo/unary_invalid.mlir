// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// The result has the shape of the operand.
// CHECK: result has shape [5], must have shape [4], like operand
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.abs %x : (tensor<4xf32>) -> tensor<5xf32>
  func.return
}

// -----

// The magnitude of a complex number is real.
// CHECK: result has elements of type complex<f32>, must be f32 like the real part of operand
func.func @test(%z: tensor<4xcomplex<f32>>) {
  %0 = stablehlo.abs %z : tensor<4xcomplex<f32>>
  func.return
}

// -----

// Booleans have no magnitude.
// CHECK: operand has elements of type i1, must be signed integer, float, complex or quantized
func.func @test(%b: tensor<4xi1>) {
  %0 = stablehlo.abs %b : tensor<4xi1>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float, complex or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.cbrt %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.ceil %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float, complex or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.cosine %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float, complex or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.exponential %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float, complex or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.exponential_minus_one %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.floor %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float or complex
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.imag %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float, complex or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.log %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float, complex or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.log_plus_one %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float, complex or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.logistic %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float or complex
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.real %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.round_nearest_afz %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.round_nearest_even %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float, complex or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.rsqrt %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float, complex or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.sine %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float, complex or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.sqrt %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float, complex or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.tan %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float, complex or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.tanh %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type f32, must be signed integer or unsigned integer
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.count_leading_zeros %x : tensor<4xf32>
  func.return
}

// -----

// CHECK: operand has elements of type i1, must be signed integer or unsigned integer
func.func @test(%b: tensor<4xi1>) {
  %0 = stablehlo.popcnt %b : tensor<4xi1>
  func.return
}

// -----

// CHECK: operand has elements of type f32, must be boolean, signed integer or unsigned integer
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.not %x : tensor<4xf32>
  func.return
}

// -----

// CHECK: operand has elements of type i1, must be signed integer, unsigned integer, float, complex or quantized
func.func @test(%b: tensor<4xi1>) {
  %0 = stablehlo.negate %b : tensor<4xi1>
  func.return
}

// -----

// CHECK: operand has elements of type i1, must be signed integer, float, complex or quantized
func.func @test(%b: tensor<4xi1>) {
  %0 = stablehlo.sign %b : tensor<4xi1>
  func.return
}

// -----

// Operands are tensors.
// CHECK: type is !stablehlo.token, must be a ranked tensor
func.func @test(%t: !stablehlo.token) {
  %0 = "stablehlo.abs"(%t) : (!stablehlo.token) -> tensor<4xf32>
  func.return
}

// -----

// Elements are of the types that StableHLO has.
// CHECK: element type is index, must be boolean, signed integer, unsigned integer, float, complex or quantized
func.func @test(%x: tensor<4xf32>) {
  %0 = "stablehlo.abs"(%x) : (tensor<4xf32>) -> tensor<4xindex>
  func.return
}

// -----

// Operands have their number.
// CHECK: Expected 1 operand, but got 2
func.func @test(%x: tensor<4xf32>) {
  %0 = "stablehlo.tanh"(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}
