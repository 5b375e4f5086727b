// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// The format names the bits of exponent and mantissa.
// CHECK-LABEL: @reduce_precision(
// CHECK-NEXT:    %0 = stablehlo.reduce_precision %x, format = e5m10 : tensor<4xf32>
// CHECK-NEXT:    %1 = stablehlo.reduce_precision %x, format = e8m0 {a} : tensor<4xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @reduce_precision(%x: tensor<4xf32>) {
  %0 = stablehlo.reduce_precision %x, format = e5m10 : tensor<4xf32>
  %1 = stablehlo.reduce_precision %x, format = e8m0 {a} : tensor<4xf32>
  func.return
}
