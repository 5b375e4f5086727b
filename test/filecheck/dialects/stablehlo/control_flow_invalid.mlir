// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: region branch 0 returns (tensor<5xf32>), must be (tensor<4xf32>)
func.func @test(%y: tensor<5xf32>, %n: tensor<i32>) {
  %0 = "stablehlo.case"(%n) ({
    stablehlo.return %y : tensor<5xf32>
  }) : (tensor<i32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: index has elements of type f32, must be i32
func.func @test(%x: tensor<4xf32>, %c: tensor<f32>) {
  %0 = "stablehlo.case"(%c) ({
    stablehlo.return %x : tensor<4xf32>
  }) : (tensor<f32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: case has no branches, must have at least one
func.func @test(%n: tensor<i32>) {
  %0 = "stablehlo.case"(%n) : (tensor<i32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: pred has type tensor<i32>, must be tensor<i1>
func.func @test(%x: tensor<4xf32>, %n: tensor<i32>) {
  %0 = "stablehlo.if"(%n) ({
    stablehlo.return %x : tensor<4xf32>
  }, {
    stablehlo.return %x : tensor<4xf32>
  }) : (tensor<i32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: region false_branch returns (), must be (tensor<4xf32>)
func.func @test(%x: tensor<4xf32>, %p: tensor<i1>) {
  %0 = "stablehlo.if"(%p) ({
    stablehlo.return %x : tensor<4xf32>
  }, {
    stablehlo.return
  }) : (tensor<i1>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: region cond returns (tensor<i32>), must be (tensor<i1>)
func.func @test(%n: tensor<i32>) {
  %0 = stablehlo.while(%a = %n) : tensor<i32> cond {
    stablehlo.return %a : tensor<i32>
  } do {
    stablehlo.return %a : tensor<i32>
  }
  func.return
}

// -----

// CHECK: region body returns (tensor<4xf32>), must be (tensor<i32>)
func.func @test(%x: tensor<4xf32>, %n: tensor<i32>, %p: tensor<i1>) {
  %0 = stablehlo.while(%a = %n) : tensor<i32> cond {
    stablehlo.return %p : tensor<i1>
  } do {
    stablehlo.return %x : tensor<4xf32>
  }
  func.return
}

// -----

// CHECK: optimization_barrier returns (tensor<5xf32>), must be (tensor<4xf32>)
func.func @test(%x: tensor<4xf32>) {
  %0 = "stablehlo.optimization_barrier"(%x) : (tensor<4xf32>) -> tensor<5xf32>
  func.return
}

// -----

// Nothing comes after the end of a region.
// CHECK: 'stablehlo.return' must be the last operation in its parent block
func.func @test(%x: tensor<4xf32>) {
  stablehlo.return %x : tensor<4xf32>
  func.return
}
