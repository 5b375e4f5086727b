// RUN: eggshard-opt %s | eggshard-opt | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// CHECK-LABEL: @constants
func.func @constants(%x: tensor<4xf32>) {
  // CHECK-NEXT: %c = chlo.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
  %c = chlo.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
  // CHECK-NEXT: %n = chlo.constant {note} dense<0xFF800000> : tensor<2xf32>
  %n = chlo.constant {note} dense<0xFF800000> : tensor<2xf32>
  // CHECK-NEXT: %l = "chlo.constant_like"(%x) <{value = 1.000000e+00 : f32}> : (tensor<4xf32>) -> tensor<4xf32>
  %l = "chlo.constant_like"(%x) <{value = 1.000000e+00 : f32}> : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// CHECK-LABEL: @top_k
func.func @top_k(%x: tensor<2x3xf32>) {
  // CHECK-NEXT: %v:2 = chlo.top_k(%x, k = 2) {note} : tensor<2x3xf32> -> (tensor<2x2xf32>, tensor<2x2xi32>)
  %v, %i = chlo.top_k(%x, k = 2) {note} : tensor<2x3xf32> -> (tensor<2x2xf32>, tensor<2x2xi32>)
  return
}

// CHECK-LABEL: @ragged_dot
func.func @ragged_dot(%l: tensor<11x5xf32>, %r: tensor<3x5x7xf32>, %g: tensor<3xi64>) {
  // CHECK-NEXT: "chlo.ragged_dot"(%l, %r, %g) <{{.*}}ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]>
  // CHECK-SAME: precision_config = [#chlo<precision DEFAULT>, #chlo<precision HIGHEST>]
  %0 = "chlo.ragged_dot"(%l, %r, %g) <{ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]>, precision_config = [#chlo<precision DEFAULT>, #chlo<precision HIGHEST>]}> : (tensor<11x5xf32>, tensor<3x5x7xf32>, tensor<3xi64>) -> tensor<11x7xf32>
  return
}

// CHECK-LABEL: @scan
func.func @scan(%x: tensor<2x3xf32>, %i: tensor<2xf32>) {
  // CHECK-NEXT: %y:2 = chlo.scan(%x) inits (%i) dimension=1 attributes {is_reverse = true, note} {
  // CHECK-NEXT: ^{{.*}}(%slice: tensor<2xf32>, %carry: tensor<2xf32>):
  // CHECK:        stablehlo.return %slice, %carry : tensor<2xf32>, tensor<2xf32>
  // CHECK-NEXT: } : (tensor<2x3xf32>, tensor<2xf32>) -> (tensor<2x3xf32>, tensor<2xf32>)
  %y, %c = chlo.scan(%x) inits (%i) dimension=1 attributes {is_reverse = true, note} {
  ^bb0(%slice: tensor<2xf32>, %carry: tensor<2xf32>):
    stablehlo.return %slice, %carry : tensor<2xf32>, tensor<2xf32>
  } : (tensor<2x3xf32>, tensor<2xf32>) -> (tensor<2x3xf32>, tensor<2xf32>)
  return
}
