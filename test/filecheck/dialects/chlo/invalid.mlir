// RUN: eggshard-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s

// CHECK: operand has elements of type i32, must be float or complex
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.acos %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float or complex
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.acosh %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float or complex
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.asin %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float or complex
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.asinh %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float or complex
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.atan %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float or complex
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.atanh %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float or complex
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.bessel_i1e %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float or complex
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.conj %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float or complex
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.cosh %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.digamma %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.erf %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.erf_inv %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.erfc %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.is_inf %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.is_neg_inf %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.is_pos_inf %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.lgamma %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float or complex
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.sinh %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float or complex
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.square %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float or complex
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.tan %x : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type f32, must be complex
func.func @f(%x: tensor<4xf32>) {
  %0 = chlo._asin_acos_kernel %x : tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

// CHECK: result has shape [5], must have shape [4], like operand
func.func @f(%x: tensor<4xf32>) {
  %0 = chlo.erf %x : tensor<4xf32> -> tensor<5xf32>
  return
}

// -----

// CHECK: result has elements of type f32, must be i1
func.func @f(%x: tensor<4xf32>) {
  %0 = chlo.is_inf %x : tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.next_after %x, %x : tensor<4xi32>, tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.polygamma %x, %x : tensor<4xi32>, tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type i32, must be float
func.func @f(%x: tensor<4xi32>) {
  %0 = chlo.zeta %x, %x : tensor<4xi32>, tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

// CHECK: operand has elements of type f32, must be signed integer or unsigned integer
func.func @f(%x: tensor<4xf32>) {
  %0 = chlo.mulhi %x, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

// CHECK: result has shape [5], must have shape [4]
func.func @f(%x: tensor<4xf32>, %y: tensor<f32>) {
  %0 = chlo.broadcast_add %x, %y : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  return
}

// -----

// CHECK: result has shape [5], must have shape [4]
func.func @f(%x: tensor<4xf32>, %y: tensor<f32>) {
  %0 = chlo.broadcast_atan2 %x, %y : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  return
}

// -----

// CHECK: result has shape [5], must have shape [4]
func.func @f(%x: tensor<4xf32>, %y: tensor<f32>) {
  %0 = chlo.broadcast_divide %x, %y : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  return
}

// -----

// CHECK: result has shape [5], must have shape [4]
func.func @f(%x: tensor<4xf32>, %y: tensor<f32>) {
  %0 = chlo.broadcast_maximum %x, %y : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  return
}

// -----

// CHECK: result has shape [5], must have shape [4]
func.func @f(%x: tensor<4xf32>, %y: tensor<f32>) {
  %0 = chlo.broadcast_minimum %x, %y : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  return
}

// -----

// CHECK: result has shape [5], must have shape [4]
func.func @f(%x: tensor<4xf32>, %y: tensor<f32>) {
  %0 = chlo.broadcast_multiply %x, %y : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  return
}

// -----

// CHECK: result has shape [5], must have shape [4]
func.func @f(%x: tensor<4xf32>, %y: tensor<f32>) {
  %0 = chlo.broadcast_next_after %x, %y : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  return
}

// -----

// CHECK: result has shape [5], must have shape [4]
func.func @f(%x: tensor<4xf32>, %y: tensor<f32>) {
  %0 = chlo.broadcast_polygamma %x, %y : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  return
}

// -----

// CHECK: result has shape [5], must have shape [4]
func.func @f(%x: tensor<4xf32>, %y: tensor<f32>) {
  %0 = chlo.broadcast_power %x, %y : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  return
}

// -----

// CHECK: result has shape [5], must have shape [4]
func.func @f(%x: tensor<4xf32>, %y: tensor<f32>) {
  %0 = chlo.broadcast_remainder %x, %y : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  return
}

// -----

// CHECK: result has shape [5], must have shape [4]
func.func @f(%x: tensor<4xf32>, %y: tensor<f32>) {
  %0 = chlo.broadcast_subtract %x, %y : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  return
}

// -----

// CHECK: result has shape [5], must have shape [4]
func.func @f(%x: tensor<4xf32>, %y: tensor<f32>) {
  %0 = chlo.broadcast_zeta %x, %y : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  return
}

// -----

// CHECK: result has shape [5], must have shape [4]
func.func @f(%x: tensor<4xf32>, %y: tensor<f32>) {
  %0 = chlo.broadcast_shift_left %x, %y : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  return
}

// -----

// CHECK: result has shape [5], must have shape [4]
func.func @f(%x: tensor<4xf32>, %y: tensor<f32>) {
  %0 = chlo.broadcast_shift_right_arithmetic %x, %y : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  return
}

// -----

// CHECK: result has shape [5], must have shape [4]
func.func @f(%x: tensor<4xf32>, %y: tensor<f32>) {
  %0 = chlo.broadcast_shift_right_logical %x, %y : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  return
}

// -----

// CHECK: operand has elements of type f32, must be boolean, signed integer or unsigned integer
func.func @f(%x: tensor<4xf32>) {
  %0 = chlo.broadcast_and %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// CHECK: operand has elements of type f32, must be boolean, signed integer or unsigned integer
func.func @f(%x: tensor<4xf32>) {
  %0 = chlo.broadcast_or %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// CHECK: operand has elements of type f32, must be boolean, signed integer or unsigned integer
func.func @f(%x: tensor<4xf32>) {
  %0 = chlo.broadcast_xor %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// CHECK: operands have shapes [4] and [3], which cannot be broadcast in dimension 0
func.func @f(%x: tensor<4xf32>, %y: tensor<3xf32>) {
  %0 = chlo.broadcast_add %x, %y : (tensor<4xf32>, tensor<3xf32>) -> tensor<4xf32>
  return
}

// -----

// CHECK: broadcast_dimensions has 2 values, must have 1
func.func @f(%x: tensor<2x4xf32>, %y: tensor<4xf32>) {
  %0 = chlo.broadcast_add %x, %y {broadcast_dimensions = array<i64: 0, 1>} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return
}

// -----

// CHECK: result has elements of type f32, must be complex<f32>
func.func @f(%x: tensor<4xf32>) {
  %0 = chlo.broadcast_complex %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// CHECK: result has elements of type f32, must be i1
func.func @f(%x: tensor<4xf32>) {
  %0 = chlo.broadcast_compare %x, %x {comparison_direction = #chlo<comparison_direction LT>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// CHECK: chlo.comparison_direction must be one of EQ, NE, GE, GT, LE, LT
func.func @f(%x: tensor<4xf32>) {
  %0 = chlo.broadcast_compare %x, %x {comparison_direction = #chlo<comparison_direction LESS>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  return
}

// -----

// CHECK: on_false has elements of type i32, must be f32 like on_true
func.func @f(%p: tensor<4xi1>, %x: tensor<4xf32>, %y: tensor<4xi32>) {
  %0 = chlo.broadcast_select %p, %x, %y : (tensor<4xi1>, tensor<4xf32>, tensor<4xi32>) -> tensor<4xf32>
  return
}

// -----

// CHECK: output has type tensor<3xf32>, must be tensor<2xf32> like value
func.func @f() {
  %0 = "chlo.constant"() <{value = dense<1.0> : tensor<2xf32>}> : () -> tensor<3xf32>
  return
}

// -----

// CHECK: value is 1 : i32, must be of type f32 like the result
func.func @f(%x: tensor<4xf32>) {
  %0 = "chlo.constant_like"(%x) <{value = 1 : i32}> : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// CHECK: k is 4, must be from 0 to 3
func.func @f(%x: tensor<2x3xf32>) {
  %0, %1 = chlo.top_k(%x, k = 4) : tensor<2x3xf32> -> (tensor<2x4xf32>, tensor<2x4xi32>)
  return
}

// -----

// CHECK: indices has elements of type i64, must be i32
func.func @f(%x: tensor<2x3xf32>) {
  %0, %1 = chlo.top_k(%x, k = 2) : tensor<2x3xf32> -> (tensor<2x2xf32>, tensor<2x2xi64>)
  return
}

// -----

// CHECK: group dimension of rhs has size 3, must be 4 like group_sizes
func.func @f(%l: tensor<11x5xf32>, %r: tensor<3x5x7xf32>, %g: tensor<4xi64>) {
  %0 = "chlo.ragged_dot"(%l, %r, %g) <{ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]>}> : (tensor<11x5xf32>, tensor<3x5x7xf32>, tensor<4xi64>) -> tensor<11x7xf32>
  return
}

// -----

// CHECK: input 0 has shape [2, 3], must have shape [2, 4], as long as the scan
func.func @f(%x: tensor<2x3xf32>, %i: tensor<2xf32>) {
  %y, %c = chlo.scan(%x) inits (%i) dimension=1 attributes {scan_dim_size = 4 : i64} {
  ^bb0(%slice: tensor<2xf32>, %carry: tensor<2xf32>):
    stablehlo.return %slice, %carry : tensor<2xf32>, tensor<2xf32>
  } : (tensor<2x3xf32>, tensor<2xf32>) -> (tensor<2x3xf32>, tensor<2xf32>)
  return
}
