// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: output has elements of type f32, must be i32
func.func @test() {
  %0 = "stablehlo.constant"() <{value = dense<0> : tensor<4xi32>}> : () -> tensor<4xf32>
  func.return
}

// -----

// CHECK: output has shape [5], must have shape [4], like value
func.func @test() {
  %0 = "stablehlo.constant"() <{value = dense<0> : tensor<4xi32>}> : () -> tensor<5xi32>
  func.return
}

// -----

// CHECK: iota_dimension is 1, must be a dimension of a tensor of rank 1
func.func @test() {
  %0 = stablehlo.iota dim = 1 : tensor<4xi32>
  func.return
}

// -----

// CHECK: element type is i1, must be signed integer, unsigned integer, float, complex or quantized
func.func @test() {
  %0 = stablehlo.iota dim = 0 : tensor<4xi1>
  func.return
}
