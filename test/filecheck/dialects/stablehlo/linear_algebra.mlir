// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// The upper factor is the default.
// CHECK-LABEL: @matrices(
// CHECK-NEXT:    %0 = stablehlo.cholesky %a, lower = true : tensor<5x3x3xf32>
// CHECK-NEXT:    %1 = stablehlo.cholesky %a : tensor<5x3x3xf32>
// CHECK-NEXT:    %2 = "stablehlo.triangular_solve"(%a, %b) <{left_side = true, lower = true, transpose_a = #stablehlo<transpose NO_TRANSPOSE>, unit_diagonal = false}> : (tensor<5x3x3xf32>, tensor<5x3x2xf32>) -> tensor<5x3x2xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @matrices(%a: tensor<5x3x3xf32>, %b: tensor<5x3x2xf32>) {
  %0 = stablehlo.cholesky %a, lower = true : tensor<5x3x3xf32>
  %1 = "stablehlo.cholesky"(%a) <{lower = false}> : (tensor<5x3x3xf32>) -> tensor<5x3x3xf32>
  %2 = "stablehlo.triangular_solve"(%a, %b) <{left_side = true, lower = true, transpose_a = #stablehlo<transpose NO_TRANSPOSE>, unit_diagonal = false}> : (tensor<5x3x3xf32>, tensor<5x3x2xf32>) -> tensor<5x3x2xf32>
  func.return
}
