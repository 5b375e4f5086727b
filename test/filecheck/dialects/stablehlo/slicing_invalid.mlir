// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: slice of dimension 0 ends at 5, must not pass its size 4
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.slice %x [0:5] : (tensor<4xf32>) -> tensor<5xf32>
  func.return
}

// -----

// CHECK: slice of dimension 0 is 2:1, must begin at 0 or later and go up
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.slice %x [2:1] : (tensor<4xf32>) -> tensor<1xf32>
  func.return
}

// -----

// CHECK: slice of dimension 0 has stride 0, must be at least 1
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.slice %x [0:4:0] : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: result has shape [4], must have shape [2], the size of the slice
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.slice %x [0:4:2] : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: slice of dimension 0 has size 5, must be from 0 to 4
func.func @test(%x: tensor<4xf32>, %n: tensor<i32>) {
  %0 = stablehlo.dynamic_slice %x, %n, sizes = [5] : (tensor<4xf32>, tensor<i32>) -> tensor<5xf32>
  func.return
}

// -----

// CHECK: start_indices has 1 values, must have 2, one per dimension of operand
func.func @test(%n: tensor<i32>, %m: tensor<2x3xf32>) {
  %0 = stablehlo.dynamic_slice %m, %n, sizes = [1, 1] : (tensor<2x3xf32>, tensor<i32>) -> tensor<1x1xf32>
  func.return
}

// -----

// CHECK: start index 0 has elements of type f32, must be integers
func.func @test(%x: tensor<4xf32>, %c: tensor<f32>) {
  %0 = stablehlo.dynamic_slice %x, %c, sizes = [1] : (tensor<4xf32>, tensor<f32>) -> tensor<1xf32>
  func.return
}

// -----

// CHECK: update dimension 0 has size 5, must be at most 4 as in operand
func.func @test(%x: tensor<4xf32>, %y: tensor<5xf32>, %n: tensor<i32>) {
  %0 = stablehlo.dynamic_update_slice %x, %y, %n : (tensor<4xf32>, tensor<5xf32>, tensor<i32>) -> tensor<4xf32>
  func.return
}
