// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// Functions of two elements.
// CHECK-LABEL: @binary(
// CHECK-NEXT:    %0 = stablehlo.add %x, %x : tensor<4xf32>
// CHECK-NEXT:    %1 = stablehlo.and %b, %b : tensor<4xi1>
// CHECK-NEXT:    %2 = stablehlo.atan2 %x, %x : tensor<4xf32>
// CHECK-NEXT:    %3 = stablehlo.divide %x, %x : tensor<4xf32>
// CHECK-NEXT:    %4 = stablehlo.maximum %x, %x : tensor<4xf32>
// CHECK-NEXT:    %5 = stablehlo.minimum %x, %x : tensor<4xf32>
// CHECK-NEXT:    %6 = stablehlo.multiply %x, %x {my.name = 1 : i64} : tensor<4xf32>
// CHECK-NEXT:    %7 = stablehlo.or %i, %i : tensor<4xi32>
// CHECK-NEXT:    %8 = stablehlo.power %x, %x : tensor<4xf32>
// CHECK-NEXT:    %9 = stablehlo.remainder %x, %x : tensor<4xf32>
// CHECK-NEXT:    %10 = stablehlo.shift_left %i, %i : tensor<4xi32>
// CHECK-NEXT:    %11 = stablehlo.shift_right_arithmetic %i, %i : tensor<4xi32>
// CHECK-NEXT:    %12 = stablehlo.shift_right_logical %i, %i : tensor<4xi32>
// CHECK-NEXT:    %13 = stablehlo.subtract %x, %d : (tensor<4xf32>, tensor<?xf32>) -> tensor<4xf32>
// CHECK-NEXT:    %14 = stablehlo.xor %b, %b : tensor<4xi1>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @binary(%x: tensor<4xf32>, %i: tensor<4xi32>, %b: tensor<4xi1>, %d: tensor<?xf32>) {
  %0 = stablehlo.add %x, %x : tensor<4xf32>
  %1 = stablehlo.and %b, %b : tensor<4xi1>
  %2 = stablehlo.atan2 %x, %x : tensor<4xf32>
  %3 = stablehlo.divide %x, %x : tensor<4xf32>
  %4 = stablehlo.maximum %x, %x : tensor<4xf32>
  %5 = stablehlo.minimum %x, %x : tensor<4xf32>
  %6 = stablehlo.multiply %x, %x {my.name = 1 : i64} : tensor<4xf32>
  %7 = stablehlo.or %i, %i : tensor<4xi32>
  %8 = stablehlo.power %x, %x : tensor<4xf32>
  %9 = stablehlo.remainder %x, %x : tensor<4xf32>
  %10 = stablehlo.shift_left %i, %i : tensor<4xi32>
  %11 = stablehlo.shift_right_arithmetic %i, %i : tensor<4xi32>
  %12 = stablehlo.shift_right_logical %i, %i : tensor<4xi32>
  %13 = stablehlo.subtract %x, %d : (tensor<4xf32>, tensor<?xf32>) -> tensor<4xf32>
  %14 = stablehlo.xor %b, %b : tensor<4xi1>
  func.return
}
