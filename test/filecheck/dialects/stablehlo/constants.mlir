// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// Constants print as MLIR prints them; equal elements become a splat.
// CHECK-LABEL: @numbers(
// CHECK-NEXT:    %cst = stablehlo.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK-NEXT:    %cst_0 = stablehlo.constant {a = 1 : i32} dense<[1.500000e+00, 3.14159274, 0xFF800000, 1.17549435E-38]> : tensor<4xf32>
// CHECK-NEXT:    %c = stablehlo.constant dense<{{\[\[}}1, 2], [3, -4]]> : tensor<2x2xi64>
// CHECK-NEXT:    %c_1 = stablehlo.constant dense<[true, false]> : tensor<2xi1>
// CHECK-NEXT:    %cst_2 = stablehlo.constant dense<(1.000000e+00,-2.000000e+00)> : tensor<complex<f32>>
// CHECK-NEXT:    %cst_3 = stablehlo.constant dense<[(1.000000e+00,0.000000e+00), (0x7FC00000,1.000000e-01)]> : tensor<2xcomplex<f32>>
// CHECK-NEXT:    %cst_4 = stablehlo.constant dense<[1.015630e+00, 0x7F80]> : tensor<2xbf16>
// CHECK-NEXT:    %cst_5 = stablehlo.constant dense<[4.480000e+02, 0x7F]> : tensor<2xf8E4M3FN>
// CHECK-NEXT:    %c_6 = stablehlo.constant dense<[7, -8]> : tensor<2xi4>
// CHECK-NEXT:    %c_7 = stablehlo.constant dense<18446744073709551615> : tensor<ui64>
// CHECK-NEXT:    %cst_8 = stablehlo.constant dense<> : tensor<0x2xf32>
// CHECK-NEXT:    %c_9 = stablehlo.constant dense<5> : tensor<2xi32>
// CHECK-NEXT:    %cst_10 = stablehlo.constant dense<0x419D6F3454000000> : tensor<f64>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @numbers() {
  %0 = stablehlo.constant dense<1.000000e+00> : tensor<4xf32>
  %1 = stablehlo.constant {a = 1 : i32} dense<[1.500000e+00, 3.14159274, 0xFF800000, 1.17549435E-38]> : tensor<4xf32>
  %2 = stablehlo.constant dense<[[1, 2], [3, -4]]> : tensor<2x2xi64>
  %3 = stablehlo.constant dense<[true, false]> : tensor<2xi1>
  %4 = stablehlo.constant dense<(1.000000e+00,-2.000000e+00)> : tensor<complex<f32>>
  %5 = stablehlo.constant dense<[(1.000000e+00,0.000000e+00), (0x7FC00000,1.000000e-01)]> : tensor<2xcomplex<f32>>
  %6 = stablehlo.constant dense<[1.015630e+00, 0x7F80]> : tensor<2xbf16>
  %7 = stablehlo.constant dense<[4.480000e+02, 0x7F]> : tensor<2xf8E4M3FN>
  %8 = stablehlo.constant dense<[7, -8]> : tensor<2xi4>
  %9 = stablehlo.constant dense<18446744073709551615> : tensor<ui64>
  %10 = stablehlo.constant dense<> : tensor<0x2xf32>
  %11 = stablehlo.constant dense<[5, 5]> : tensor<2xi32>
  %12 = stablehlo.constant dense<0x419D6F3454000000> : tensor<f64>
  func.return
}

// Many elements are one string of their bytes.
// CHECK-LABEL: @many(
// CHECK-NEXT:    %c = stablehlo.constant dense<"0x0100010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101"> : tensor<101xi1>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @many() {
  %0 = stablehlo.constant dense<"0x0100010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101"> : tensor<101xi1>
  func.return
}

// A count along one dimension.
// CHECK-LABEL: @iota(
// CHECK-NEXT:    %0 = stablehlo.iota dim = 1 : tensor<2x3xi32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @iota() {
  %0 = stablehlo.iota dim = 1 : tensor<2x3xi32>
  func.return
}
