// RUN: eggshard-opt %s | eggshard-opt | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// CHECK-LABEL: @broadcast
func.func @broadcast(%x: tensor<2x4xf32>, %y: tensor<2xf32>, %s: tensor<f32>, %i: tensor<2x4xi32>, %j: tensor<4xi32>, %p: tensor<i1>) {
  // CHECK-NEXT: %add = chlo.broadcast_add %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  %add = chlo.broadcast_add %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  // CHECK-NEXT: %atan2 = chlo.broadcast_atan2 %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  %atan2 = chlo.broadcast_atan2 %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  // CHECK-NEXT: %divide = chlo.broadcast_divide %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  %divide = chlo.broadcast_divide %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  // CHECK-NEXT: %maximum = chlo.broadcast_maximum %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  %maximum = chlo.broadcast_maximum %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  // CHECK-NEXT: %minimum = chlo.broadcast_minimum %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  %minimum = chlo.broadcast_minimum %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  // CHECK-NEXT: %multiply = chlo.broadcast_multiply %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  %multiply = chlo.broadcast_multiply %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  // CHECK-NEXT: %next_after = chlo.broadcast_next_after %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  %next_after = chlo.broadcast_next_after %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  // CHECK-NEXT: %polygamma = chlo.broadcast_polygamma %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  %polygamma = chlo.broadcast_polygamma %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  // CHECK-NEXT: %power = chlo.broadcast_power %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  %power = chlo.broadcast_power %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  // CHECK-NEXT: %remainder = chlo.broadcast_remainder %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  %remainder = chlo.broadcast_remainder %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  // CHECK-NEXT: %subtract = chlo.broadcast_subtract %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  %subtract = chlo.broadcast_subtract %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  // CHECK-NEXT: %zeta = chlo.broadcast_zeta %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  %zeta = chlo.broadcast_zeta %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  // CHECK-NEXT: %and = chlo.broadcast_and %i, %j : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  %and = chlo.broadcast_and %i, %j : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  // CHECK-NEXT: %or = chlo.broadcast_or %i, %j : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  %or = chlo.broadcast_or %i, %j : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  // CHECK-NEXT: %xor = chlo.broadcast_xor %i, %j : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  %xor = chlo.broadcast_xor %i, %j : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  // CHECK-NEXT: %shift_left = chlo.broadcast_shift_left %i, %j : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  %shift_left = chlo.broadcast_shift_left %i, %j : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  // CHECK-NEXT: %shift_right_arithmetic = chlo.broadcast_shift_right_arithmetic %i, %j : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  %shift_right_arithmetic = chlo.broadcast_shift_right_arithmetic %i, %j : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  // CHECK-NEXT: %shift_right_logical = chlo.broadcast_shift_right_logical %i, %j : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  %shift_right_logical = chlo.broadcast_shift_right_logical %i, %j : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  // CHECK-NEXT: %complex = chlo.broadcast_complex %x, %s : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xcomplex<f32>>
  %complex = chlo.broadcast_complex %x, %s : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xcomplex<f32>>
  // CHECK-NEXT: %compare = chlo.broadcast_compare %x, %s {comparison_direction = #chlo<comparison_direction LT>} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi1>
  %compare = chlo.broadcast_compare %x, %s {comparison_direction = #chlo<comparison_direction LT>} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi1>
  // CHECK-NEXT: %total = chlo.broadcast_compare %x, %s {broadcast_dimensions = array<i64>, compare_type = #chlo<comparison_type TOTALORDER>, comparison_direction = #chlo<comparison_direction GE>} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi1>
  %total = chlo.broadcast_compare %x, %s {broadcast_dimensions = array<i64>, compare_type = #chlo<comparison_type TOTALORDER>, comparison_direction = #chlo<comparison_direction GE>} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi1>
  // CHECK-NEXT: %select = chlo.broadcast_select %p, %x, %s : (tensor<i1>, tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
  %select = chlo.broadcast_select %p, %x, %s : (tensor<i1>, tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
  return
}
