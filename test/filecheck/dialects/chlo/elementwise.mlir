// RUN: eggshard-opt %s | eggshard-opt | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// CHECK-LABEL: @unary
func.func @unary(%x: tensor<4xf32>, %z: tensor<4xcomplex<f32>>) {
  // CHECK-NEXT: %acos = chlo.acos %x : tensor<4xf32> -> tensor<4xf32>
  %acos = chlo.acos %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %acosh = chlo.acosh %x : tensor<4xf32> -> tensor<4xf32>
  %acosh = chlo.acosh %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %asin = chlo.asin %x : tensor<4xf32> -> tensor<4xf32>
  %asin = chlo.asin %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %asinh = chlo.asinh %x : tensor<4xf32> -> tensor<4xf32>
  %asinh = chlo.asinh %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %atan = chlo.atan %x : tensor<4xf32> -> tensor<4xf32>
  %atan = chlo.atan %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %atanh = chlo.atanh %x : tensor<4xf32> -> tensor<4xf32>
  %atanh = chlo.atanh %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %bessel_i1e = chlo.bessel_i1e %x : tensor<4xf32> -> tensor<4xf32>
  %bessel_i1e = chlo.bessel_i1e %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %conj = chlo.conj %x : tensor<4xf32> -> tensor<4xf32>
  %conj = chlo.conj %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %cosh = chlo.cosh %x : tensor<4xf32> -> tensor<4xf32>
  %cosh = chlo.cosh %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %digamma = chlo.digamma %x : tensor<4xf32> -> tensor<4xf32>
  %digamma = chlo.digamma %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %erf = chlo.erf %x : tensor<4xf32> -> tensor<4xf32>
  %erf = chlo.erf %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %erf_inv = chlo.erf_inv %x : tensor<4xf32> -> tensor<4xf32>
  %erf_inv = chlo.erf_inv %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %erfc = chlo.erfc %x : tensor<4xf32> -> tensor<4xf32>
  %erfc = chlo.erfc %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %lgamma = chlo.lgamma %x : tensor<4xf32> -> tensor<4xf32>
  %lgamma = chlo.lgamma %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %sinh = chlo.sinh %x : tensor<4xf32> -> tensor<4xf32>
  %sinh = chlo.sinh %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %square = chlo.square %x : tensor<4xf32> -> tensor<4xf32>
  %square = chlo.square %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %tan = chlo.tan %x : tensor<4xf32> -> tensor<4xf32>
  %tan = chlo.tan %x : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %is_inf = chlo.is_inf %x : tensor<4xf32> -> tensor<4xi1>
  %is_inf = chlo.is_inf %x : tensor<4xf32> -> tensor<4xi1>
  // CHECK-NEXT: %is_neg_inf = chlo.is_neg_inf %x : tensor<4xf32> -> tensor<4xi1>
  %is_neg_inf = chlo.is_neg_inf %x : tensor<4xf32> -> tensor<4xi1>
  // CHECK-NEXT: %is_pos_inf = chlo.is_pos_inf %x : tensor<4xf32> -> tensor<4xi1>
  %is_pos_inf = chlo.is_pos_inf %x : tensor<4xf32> -> tensor<4xi1>
  // CHECK-NEXT: %kernel = chlo._asin_acos_kernel %z : tensor<4xcomplex<f32>> -> tensor<4xcomplex<f32>>
  %kernel = chlo._asin_acos_kernel %z : tensor<4xcomplex<f32>> -> tensor<4xcomplex<f32>>
  // CHECK-NEXT: %noted = chlo.erf %x {note} : tensor<4xf32> -> tensor<4xf32>
  %noted = chlo.erf %x {note} : tensor<4xf32> -> tensor<4xf32>
  return
}

// CHECK-LABEL: @binary
func.func @binary(%x: tensor<4xf32>, %i: tensor<4xi32>) {
  // CHECK-NEXT: %next_after = chlo.next_after %x, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %next_after = chlo.next_after %x, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %polygamma = chlo.polygamma %x, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %polygamma = chlo.polygamma %x, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %zeta = chlo.zeta %x, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %zeta = chlo.zeta %x, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  // CHECK-NEXT: %mulhi = chlo.mulhi %i, %i : tensor<4xi32>, tensor<4xi32> -> tensor<4xi32>
  %mulhi = chlo.mulhi %i, %i : tensor<4xi32>, tensor<4xi32> -> tensor<4xi32>
  return
}
