// RUN: eggshard-opt %s -p fold-dynamic-shapes,drop-dead-ops --split-input-file | filecheck %s

// Sizes that constants give become attributes; those that types give need no constant.
// CHECK-LABEL: @constants
// CHECK-NEXT:  stablehlo.broadcast_in_dim %v, dims = [1] {keep = "me"} : (tensor<6xf32>) -> tensor<9x6xf32>
// CHECK-NEXT:  stablehlo.reshape %x : (tensor<9x6xf32>) -> tensor<54xf32>
// CHECK-NEXT:  stablehlo.iota dim = 1 : tensor<9x6xi32>
// CHECK-NEXT:  stablehlo.pad %x, %s, low = [1, 0], high = [2, 2], interior = [0, 0]
// CHECK-NEXT:  stablehlo.slice %x [1:9, 0:6:2]
// CHECK-NEXT:  "stablehlo.gather"(%x, %i) <{{.*}}slice_sizes = array<i64: 1, 6>
// CHECK-NEXT:  stablehlo.constant dense<9> : tensor<i32>
// CHECK-NEXT:  stablehlo.convolution(%a, %k) {{.*}}pad = {{\[\[}}1, 2]]
// CHECK-NEXT:  func.return
func.func @constants(%v: tensor<6xf32>, %x: tensor<9x6xf32>, %s: tensor<f32>, %i: tensor<5x1xi32>, %a: tensor<1x2x16xf32>, %k: tensor<3x2x3xf32>, %n: tensor<2xi64>)
    -> (tensor<9x6xf32>, tensor<54xf32>, tensor<9x6xi32>, tensor<12x8xf32>, tensor<8x3xf32>, tensor<5x6xf32>, tensor<i32>, tensor<1x3x17xf32>) {
  %low = stablehlo.constant dense<[1, 0]> : tensor<2xi64>
  %high = stablehlo.constant dense<2> : tensor<2xi64>
  %none = stablehlo.constant dense<0> : tensor<2xi64>
  %start = stablehlo.constant dense<[1, 0]> : tensor<2xi32>
  %limit = stablehlo.constant dense<[9, 6]> : tensor<2xi32>
  %step = stablehlo.constant dense<[1, 2]> : tensor<2xi32>
  %sizes = stablehlo.constant dense<[1, 6]> : tensor<2xi32>
  %pad = stablehlo.constant dense<[[1, 2]]> : tensor<1x2xi64>
  %flat = stablehlo.constant dense<54> : tensor<1xi64>
  %0 = stablehlo.dynamic_broadcast_in_dim %v, %n, dims = [1] {keep = "me"} : (tensor<6xf32>, tensor<2xi64>) -> tensor<9x6xf32>
  %1 = stablehlo.dynamic_reshape %x, %flat : (tensor<9x6xf32>, tensor<1xi64>) -> tensor<54xf32>
  %2 = stablehlo.dynamic_iota %n, dim = 1 : (tensor<2xi64>) -> tensor<9x6xi32>
  %3 = stablehlo.dynamic_pad %x, %s, %low, %high, %none : (tensor<9x6xf32>, tensor<f32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> tensor<12x8xf32>
  %4 = stablehlo.real_dynamic_slice %x, %start, %limit, %step : (tensor<9x6xf32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<8x3xf32>
  %5 = "stablehlo.dynamic_gather"(%x, %i, %sizes) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>}> : (tensor<9x6xf32>, tensor<5x1xi32>, tensor<2xi32>) -> tensor<5x6xf32>
  %6 = stablehlo.get_dimension_size %x, dim = 0 : (tensor<9x6xf32>) -> tensor<i32>
  %7 = "stablehlo.dynamic_conv"(%a, %k, %pad) <{dimension_numbers = #stablehlo.conv<[b, f, 0]x[o, i, 0]->[b, f, 0]>, batch_group_count = 1 : i64, feature_group_count = 1 : i64}> : (tensor<1x2x16xf32>, tensor<3x2x3xf32>, tensor<1x2xi64>) -> tensor<1x3x17xf32>
  func.return %0, %1, %2, %3, %4, %5, %6, %7 : tensor<9x6xf32>, tensor<54xf32>, tensor<9x6xi32>, tensor<12x8xf32>, tensor<8x3xf32>, tensor<5x6xf32>, tensor<i32>, tensor<1x3x17xf32>
}

// -----

// What the program computes, and sizes that are unknown, stay.
// CHECK-LABEL: @computed
// CHECK:       stablehlo.dynamic_pad
// CHECK:       stablehlo.dynamic_conv
// CHECK:       stablehlo.dynamic_reshape
// CHECK:       stablehlo.get_dimension_size
func.func @computed(%x: tensor<9xf32>, %s: tensor<f32>, %n: tensor<1xi64>, %a: tensor<1x2x16xf32>, %k: tensor<3x2x3xf32>, %p: tensor<1x2xi64>, %u: tensor<?xf32>)
    -> (tensor<10xf32>, tensor<1x3x16xf32>, tensor<?xf32>, tensor<i32>) {
  %one = stablehlo.constant dense<1> : tensor<1xi64>
  %0 = stablehlo.dynamic_pad %x, %s, %one, %one, %n : (tensor<9xf32>, tensor<f32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<10xf32>
  %1 = "stablehlo.dynamic_conv"(%a, %k, %p) <{dimension_numbers = #stablehlo.conv<[b, f, 0]x[o, i, 0]->[b, f, 0]>, batch_group_count = 1 : i64, feature_group_count = 1 : i64}> : (tensor<1x2x16xf32>, tensor<3x2x3xf32>, tensor<1x2xi64>) -> tensor<1x3x16xf32>
  %2 = stablehlo.dynamic_reshape %x, %one : (tensor<9xf32>, tensor<1xi64>) -> tensor<?xf32>
  %3 = stablehlo.get_dimension_size %u, dim = 0 : (tensor<?xf32>) -> tensor<i32>
  func.return %0, %1, %2, %3 : tensor<10xf32>, tensor<1x3x16xf32>, tensor<?xf32>, tensor<i32>
}
