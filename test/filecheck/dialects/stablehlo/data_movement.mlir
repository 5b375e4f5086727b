// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// Dimensions and paddings are written as keys.
// CHECK-LABEL: @movement(
// CHECK-NEXT:    %0 = stablehlo.broadcast %v, sizes = [2] : (tensor<3xf32>) -> tensor<2x3xf32>
// CHECK-NEXT:    %1 = stablehlo.broadcast_in_dim %v, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
// CHECK-NEXT:    %2 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
// CHECK-NEXT:    %3 = stablehlo.concatenate %x, %x, dim = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
// CHECK-NEXT:    %4 = stablehlo.concatenate %x, dim = 1 {a} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK-NEXT:    %5 = stablehlo.pad %x, %c, low = [0, -1], high = [2, 1], interior = [0, 2] : (tensor<2x3xf32>, tensor<f32>) -> tensor<4x7xf32>
// CHECK-NEXT:    %6 = stablehlo.reshape %x : (tensor<2x3xf32>) -> tensor<6xf32>
// CHECK-NEXT:    %7 = stablehlo.reverse %x, dims = [0, 1] : tensor<2x3xf32>
// CHECK-NEXT:    %8 = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
// CHECK-NEXT:    %9 = stablehlo.concatenate %v, %d, dim = 0 : (tensor<3xf32>, tensor<?xf32>) -> tensor<?xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @movement(%x: tensor<2x3xf32>, %v: tensor<3xf32>, %c: tensor<f32>, %d: tensor<?xf32>) {
  %0 = stablehlo.broadcast %v, sizes = [2] : (tensor<3xf32>) -> tensor<2x3xf32>
  %1 = stablehlo.broadcast_in_dim %v, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
  %2 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
  %3 = stablehlo.concatenate %x, %x, dim = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  %4 = stablehlo.concatenate %x, dim = 1 {a} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %5 = stablehlo.pad %x, %c, low = [0, -1], high = [2, 1], interior = [0, 2] : (tensor<2x3xf32>, tensor<f32>) -> tensor<4x7xf32>
  %6 = stablehlo.reshape %x : (tensor<2x3xf32>) -> tensor<6xf32>
  %7 = stablehlo.reverse %x, dims = [0, 1] : tensor<2x3xf32>
  %8 = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %9 = stablehlo.concatenate %v, %d, dim = 0 : (tensor<3xf32>, tensor<?xf32>) -> tensor<?xf32>
  func.return
}
