// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// A stride is written only if it is not 1.
// CHECK-LABEL: @slices(
// CHECK-NEXT:    %0 = stablehlo.slice %x [0:2, 1:5:2] : (tensor<2x5xf32>) -> tensor<2x2xf32>
// CHECK-NEXT:    %1 = stablehlo.slice %c [] : (tensor<f32>) -> tensor<f32>
// CHECK-NEXT:    %2 = stablehlo.dynamic_slice %x, %i, %i, sizes = [1, 2] : (tensor<2x5xf32>, tensor<i32>, tensor<i32>) -> tensor<1x2xf32>
// CHECK-NEXT:    %3 = stablehlo.dynamic_update_slice %x, %u, %i, %i : (tensor<2x5xf32>, tensor<1x2xf32>, tensor<i32>, tensor<i32>) -> tensor<2x5xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @slices(%x: tensor<2x5xf32>, %u: tensor<1x2xf32>, %c: tensor<f32>, %i: tensor<i32>) {
  %0 = stablehlo.slice %x [0:2, 1:5:2] : (tensor<2x5xf32>) -> tensor<2x2xf32>
  %1 = stablehlo.slice %c [] : (tensor<f32>) -> tensor<f32>
  %2 = stablehlo.dynamic_slice %x, %i, %i, sizes = [1, 2] : (tensor<2x5xf32>, tensor<i32>, tensor<i32>) -> tensor<1x2xf32>
  %3 = stablehlo.dynamic_update_slice %x, %u, %i, %i : (tensor<2x5xf32>, tensor<1x2xf32>, tensor<i32>, tensor<i32>) -> tensor<2x5xf32>
  func.return
}
