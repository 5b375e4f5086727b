// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: result has shape [4], must have shape [4, 2], one element for each part of an operand element
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.bitcast_convert %x : (tensor<4xf32>) -> tensor<4xi16>
  func.return
}

// -----

// CHECK: elements of type f32 become complex<f32>, must both be complex or both not
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.bitcast_convert %x : (tensor<4xf32>) -> tensor<4xcomplex<f32>>
  func.return
}

// -----

// CHECK: min has shape [5], must have shape [4], like operand, or be a scalar
func.func @test(%x: tensor<4xf32>, %y: tensor<5xf32>) {
  %0 = stablehlo.clamp %y, %x, %x : (tensor<5xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: rhs has elements of type f16, must be f32 like lhs
func.func @test(%x: tensor<4xf32>, %h: tensor<4xf16>) {
  %0 = stablehlo.compare LT, %x, %h : (tensor<4xf32>, tensor<4xf16>) -> tensor<4xi1>
  func.return
}

// -----

// CHECK: element type is f32, must be boolean
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.compare LT, %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: property 'comparison_direction' expected in operation 'stablehlo.compare'
func.func @test(%x: tensor<4xf32>) {
  %0 = "stablehlo.compare"(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  func.return
}

// -----

// CHECK: lhs has elements of type f32, must be f64 like the parts of result
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.complex %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xcomplex<f64>>
  func.return
}

// -----

// CHECK: result has shape [5], must have shape [4], like operand
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.convert %x : (tensor<4xf32>) -> tensor<5xi32>
  func.return
}

// -----

// CHECK: element type is i32, must be float or quantized
func.func @test(%i: tensor<4xi32>) {
  %0 = stablehlo.is_finite %i : (tensor<4xi32>) -> tensor<4xi1>
  func.return
}

// -----

// CHECK: pred has shape [4], must have shape [5], like on_true, or be a scalar
func.func @test(%y: tensor<5xf32>, %b: tensor<4xi1>) {
  %0 = stablehlo.select %b, %y, %y : tensor<4xi1>, tensor<5xf32>
  func.return
}

// -----

// CHECK: on_false has shape [5], must have shape [4], like on_true
func.func @test(%x: tensor<4xf32>, %y: tensor<5xf32>, %p: tensor<i1>) {
  %0 = stablehlo.select %p, %x, %y : (tensor<i1>, tensor<4xf32>, tensor<5xf32>) -> tensor<4xf32>
  func.return
}
