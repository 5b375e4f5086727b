// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: exponent_bits is 0, must be at least 1
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.reduce_precision %x, format = e0m10 : tensor<4xf32>
  func.return
}
