// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: result stands for f16, must stand for f32 like operand
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.uniform_quantize %x : (tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f16, 1.000000e-01>>
  func.return
}

// -----

// CHECK: element type is i8, must be quantized
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.uniform_quantize %x : (tensor<4xf32>) -> tensor<4xi8>
  func.return
}

// -----

// CHECK: result has elements of type f16, must be f32
func.func @test(%q: tensor<4x!quant.uniform<i8:f32, 1.000000e-01>>) {
  %0 = stablehlo.uniform_dequantize %q : (tensor<4x!quant.uniform<i8:f32, 1.000000e-01>>) -> tensor<4xf16>
  func.return
}
