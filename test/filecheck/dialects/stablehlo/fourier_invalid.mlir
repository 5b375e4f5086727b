// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: operand has elements of type f32, must be complex for this transform
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.fft %x, type = FFT, length = [4] : (tensor<4xf32>) -> tensor<4xcomplex<f32>>
  func.return
}

// -----

// CHECK: result has shape [4], must have shape [3], as fft_length says
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.fft %x, type = RFFT, length = [4] : (tensor<4xf32>) -> tensor<4xcomplex<f32>>
  func.return
}

// -----

// CHECK: fft_length has 2 values, must have 1 to 1
func.func @test(%z: tensor<4xcomplex<f32>>) {
  %0 = stablehlo.fft %z, type = FFT, length = [4, 4] : (tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>>
  func.return
}
