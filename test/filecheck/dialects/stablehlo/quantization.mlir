// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// One step for the whole tensor, one per index along a dimension, one per block.
// CHECK-LABEL: @quantized(
// CHECK-NEXT:    %0 = stablehlo.uniform_quantize %x : (tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32, 1.000000e-01:2>>
// CHECK-NEXT:    %1 = stablehlo.uniform_dequantize %0 : (tensor<4x!quant.uniform<i8:f32, 1.000000e-01:2>>) -> tensor<4xf32>
// CHECK-NEXT:    %2 = stablehlo.add %0, %0 : tensor<4x!quant.uniform<i8:f32, 1.000000e-01:2>>
// CHECK-NEXT:    %3 = stablehlo.uniform_quantize %y : (tensor<2x2xf32>) -> tensor<2x2x!quant.uniform<u8<0:250>:f32:1, {1.000000e-01:2, 5.000000e+00}>>
// CHECK-NEXT:    %4 = stablehlo.uniform_quantize %y : (tensor<2x2xf32>) -> tensor<2x2x!quant.uniform<i4:f32:{0:1, 1:2}, {{[{][{]}}1.000000e-01}, {2.000000e-01:-1}}>>
// CHECK-NEXT:    %cst = stablehlo.constant() <{value = dense<1> : tensor<4xi8>}> : () -> tensor<4x!quant.uniform<i8:f32, 1.000000e-01:2>>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @quantized(%x: tensor<4xf32>, %y: tensor<2x2xf32>) {
  %0 = stablehlo.uniform_quantize %x : (tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32, 1.000000e-01:2>>
  %1 = stablehlo.uniform_dequantize %0 : (tensor<4x!quant.uniform<i8:f32, 1.000000e-01:2>>) -> tensor<4xf32>
  %2 = stablehlo.add %0, %0 : tensor<4x!quant.uniform<i8:f32, 1.000000e-01:2>>
  %3 = stablehlo.uniform_quantize %y : (tensor<2x2xf32>) -> tensor<2x2x!quant.uniform<u8<0:250>:f32:1, {1.000000e-01:2, 5.000000e+00}>>
  %4 = stablehlo.uniform_quantize %y : (tensor<2x2xf32>) -> tensor<2x2x!quant.uniform<i4:f32:{0:1, 1:2}, {{1.000000e-01}, {2.000000e-01:-1}}>>
  %5 = stablehlo.constant() <{value = dense<1> : tensor<4xi8>}> : () -> tensor<4x!quant.uniform<i8:f32, 1.000000e-01:2>>
  func.return
}
