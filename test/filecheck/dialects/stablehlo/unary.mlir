// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// Functions of one element, of every kind of element they are defined for.
// CHECK-LABEL: @unary(
// CHECK-NEXT:    %0 = stablehlo.abs %x : tensor<4xf32>
// CHECK-NEXT:    %1 = stablehlo.abs %z : (tensor<4xcomplex<f32>>) -> tensor<4xf32>
// CHECK-NEXT:    %2 = stablehlo.cbrt %x : tensor<4xf32>
// CHECK-NEXT:    %3 = stablehlo.ceil %x : tensor<4xf32>
// CHECK-NEXT:    %4 = stablehlo.cosine %z : tensor<4xcomplex<f32>>
// CHECK-NEXT:    %5 = stablehlo.count_leading_zeros %i : tensor<4xi32>
// CHECK-NEXT:    %6 = stablehlo.exponential %x : tensor<4xf32>
// CHECK-NEXT:    %7 = stablehlo.exponential_minus_one %x : tensor<4xf32>
// CHECK-NEXT:    %8 = stablehlo.floor %x : tensor<4xf32>
// CHECK-NEXT:    %9 = stablehlo.imag %z : (tensor<4xcomplex<f32>>) -> tensor<4xf32>
// CHECK-NEXT:    %10 = stablehlo.imag %x : tensor<4xf32>
// CHECK-NEXT:    %11 = stablehlo.log %x : tensor<4xf32>
// CHECK-NEXT:    %12 = stablehlo.log_plus_one %x : tensor<4xf32>
// CHECK-NEXT:    %13 = stablehlo.logistic %x : tensor<4xf32>
// CHECK-NEXT:    %14 = stablehlo.negate %u : tensor<4xui8>
// CHECK-NEXT:    %15 = stablehlo.not %b : tensor<4xi1>
// CHECK-NEXT:    %16 = stablehlo.popcnt %u : tensor<4xui8>
// CHECK-NEXT:    %17 = stablehlo.real %z : (tensor<4xcomplex<f32>>) -> tensor<4xf32>
// CHECK-NEXT:    %18 = stablehlo.round_nearest_afz %x : tensor<4xf32>
// CHECK-NEXT:    %19 = stablehlo.round_nearest_even %x : tensor<4xf32>
// CHECK-NEXT:    %20 = stablehlo.rsqrt %x : tensor<4xf32>
// CHECK-NEXT:    %21 = stablehlo.sign %i : tensor<4xi32>
// CHECK-NEXT:    %22 = stablehlo.sine %x : tensor<4xf32>
// CHECK-NEXT:    %23 = stablehlo.sqrt %x : tensor<4xf32>
// CHECK-NEXT:    %24 = stablehlo.tan %x : tensor<4xf32>
// CHECK-NEXT:    %25 = stablehlo.tanh %x : tensor<4xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @unary(%x: tensor<4xf32>, %i: tensor<4xi32>, %u: tensor<4xui8>, %z: tensor<4xcomplex<f32>>, %b: tensor<4xi1>) {
  %0 = stablehlo.abs %x : tensor<4xf32>
  %1 = stablehlo.abs %z : (tensor<4xcomplex<f32>>) -> tensor<4xf32>
  %2 = stablehlo.cbrt %x : tensor<4xf32>
  %3 = stablehlo.ceil %x : tensor<4xf32>
  %4 = stablehlo.cosine %z : tensor<4xcomplex<f32>>
  %5 = stablehlo.count_leading_zeros %i : tensor<4xi32>
  %6 = stablehlo.exponential %x : tensor<4xf32>
  %7 = stablehlo.exponential_minus_one %x : tensor<4xf32>
  %8 = stablehlo.floor %x : tensor<4xf32>
  %9 = stablehlo.imag %z : (tensor<4xcomplex<f32>>) -> tensor<4xf32>
  %10 = stablehlo.imag %x : tensor<4xf32>
  %11 = stablehlo.log %x : tensor<4xf32>
  %12 = stablehlo.log_plus_one %x : tensor<4xf32>
  %13 = stablehlo.logistic %x : tensor<4xf32>
  %14 = stablehlo.negate %u : tensor<4xui8>
  %15 = stablehlo.not %b : tensor<4xi1>
  %16 = stablehlo.popcnt %u : tensor<4xui8>
  %17 = stablehlo.real %z : (tensor<4xcomplex<f32>>) -> tensor<4xf32>
  %18 = stablehlo.round_nearest_afz %x : tensor<4xf32>
  %19 = stablehlo.round_nearest_even %x : tensor<4xf32>
  %20 = stablehlo.rsqrt %x : tensor<4xf32>
  %21 = stablehlo.sign %i : tensor<4xi32>
  %22 = stablehlo.sine %x : tensor<4xf32>
  %23 = stablehlo.sqrt %x : tensor<4xf32>
  %24 = stablehlo.tan %x : tensor<4xf32>
  %25 = stablehlo.tanh %x : tensor<4xf32>
  func.return
}

// A precision that is asked for is printed, the default one is not; attributes stand before the type.
// CHECK-LABEL: @accuracy(
// CHECK-NEXT:    %0 = stablehlo.exponential %x {result_accuracy = #stablehlo.result_accuracy<mode = #stablehlo.result_accuracy_mode<HIGHEST>>} : tensor<4xf32>
// CHECK-NEXT:    %1 = stablehlo.tanh %x : tensor<4xf32>
// CHECK-NEXT:    %2 = stablehlo.log %x {result_accuracy = #stablehlo.result_accuracy<atol = 1.000000e-05, ulps = 10, mode = #stablehlo.result_accuracy_mode<TOLERANCE>>} : tensor<4xf32>
// CHECK-NEXT:    %3 = stablehlo.sqrt %x {a = 1 : i64, my.name = "s"} : tensor<4xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @accuracy(%x: tensor<4xf32>) {
  %0 = stablehlo.exponential %x {result_accuracy = #stablehlo.result_accuracy<mode = #stablehlo.result_accuracy_mode<HIGHEST>>} : tensor<4xf32>
  %1 = "stablehlo.tanh"(%x) <{result_accuracy = #stablehlo.result_accuracy<mode = #stablehlo.result_accuracy_mode<DEFAULT>>}> : (tensor<4xf32>) -> tensor<4xf32>
  %2 = stablehlo.log %x {result_accuracy = #stablehlo.result_accuracy<atol = 1.000000e-05, ulps = 10, mode = #stablehlo.result_accuracy_mode<TOLERANCE>>} : tensor<4xf32>
  %3 = stablehlo.sqrt %x {a = 1 : i64, my.name = "s"} : tensor<4xf32>
  func.return
}

// Sizes that are not known may differ between operand and result.
// CHECK-LABEL: @dynamic(
// CHECK-NEXT:    %0 = stablehlo.abs %d : (tensor<?xf32>) -> tensor<4xf32>
// CHECK-NEXT:    %1 = stablehlo.abs %e : tensor<2x?xf32, #stablehlo.bounds<?, 4>>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @dynamic(%x: tensor<4xf32>, %d: tensor<?xf32>, %e: tensor<2x?xf32, #stablehlo.bounds<?, 4>>) {
  %0 = stablehlo.abs %d : (tensor<?xf32>) -> tensor<4xf32>
  %1 = stablehlo.abs %e : tensor<2x?xf32, #stablehlo.bounds<?, 4>>
  func.return
}
