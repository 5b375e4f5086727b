// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// Both operands have one shape.
// CHECK: rhs has shape [5], must have shape [4], like lhs
func.func @test(%x: tensor<4xf32>, %y: tensor<5xf32>) {
  %0 = stablehlo.add %x, %y : (tensor<4xf32>, tensor<5xf32>) -> tensor<4xf32>
  func.return
}

// -----

// And one element type.
// CHECK: rhs has elements of type f16, must be f32 like lhs
func.func @test(%x: tensor<4xf32>, %h: tensor<4xf16>) {
  %0 = stablehlo.add %x, %h : (tensor<4xf32>, tensor<4xf16>) -> tensor<4xf32>
  func.return
}

// -----

// As has the result.
// CHECK: result has elements of type f16, must be f32 like lhs
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.add %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf16>
  func.return
}

// -----

// CHECK: operand has elements of type f32, must be boolean, signed integer or unsigned integer
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.and %x, %x : tensor<4xf32>
  func.return
}

// -----

// CHECK: operand has elements of type f32, must be boolean, signed integer or unsigned integer
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.or %x, %x : tensor<4xf32>
  func.return
}

// -----

// CHECK: operand has elements of type f32, must be boolean, signed integer or unsigned integer
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.xor %x, %x : tensor<4xf32>
  func.return
}

// -----

// CHECK: operand has elements of type f32, must be signed integer or unsigned integer
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.shift_left %x, %x : tensor<4xf32>
  func.return
}

// -----

// CHECK: operand has elements of type f32, must be signed integer or unsigned integer
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.shift_right_arithmetic %x, %x : tensor<4xf32>
  func.return
}

// -----

// CHECK: operand has elements of type f32, must be signed integer or unsigned integer
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.shift_right_logical %x, %x : tensor<4xf32>
  func.return
}

// -----

// CHECK: operand has elements of type i32, must be float, complex or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.atan2 %i, %i : tensor<4xi32>
  func.return
}

// -----

// CHECK: operand has elements of type i1, must be signed integer, unsigned integer, float, complex or quantized
func.func @test(%b: tensor<4xi1>) {
  %0 = stablehlo.divide %b, %b : tensor<4xi1>
  func.return
}

// -----

// CHECK: operand has elements of type i1, must be signed integer, unsigned integer, float, complex or quantized
func.func @test(%b: tensor<4xi1>) {
  %0 = stablehlo.power %b, %b : tensor<4xi1>
  func.return
}

// -----

// CHECK: operand has elements of type i1, must be signed integer, unsigned integer, float, complex or quantized
func.func @test(%b: tensor<4xi1>) {
  %0 = stablehlo.remainder %b, %b : tensor<4xi1>
  func.return
}

// -----

// CHECK: operand has elements of type i1, must be signed integer, unsigned integer, float, complex or quantized
func.func @test(%b: tensor<4xi1>) {
  %0 = stablehlo.subtract %b, %b : tensor<4xi1>
  func.return
}

// -----

// CHECK: rhs has shape [5], must have shape [4], like lhs
func.func @test(%x: tensor<4xf32>, %y: tensor<5xf32>) {
  %0 = stablehlo.maximum %x, %y : (tensor<4xf32>, tensor<5xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: rhs has shape [5], must have shape [4], like lhs
func.func @test(%x: tensor<4xf32>, %y: tensor<5xf32>) {
  %0 = stablehlo.minimum %x, %y : (tensor<4xf32>, tensor<5xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: rhs has shape [5], must have shape [4], like lhs
func.func @test(%x: tensor<4xf32>, %y: tensor<5xf32>) {
  %0 = stablehlo.multiply %x, %y : (tensor<4xf32>, tensor<5xf32>) -> tensor<4xf32>
  func.return
}
