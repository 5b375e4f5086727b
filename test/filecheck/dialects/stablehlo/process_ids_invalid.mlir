// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: result has type tensor<i32>, must be tensor<ui32>
func.func @test() {
  %0 = stablehlo.partition_id : tensor<i32>
  func.return
}

// -----

// CHECK: result has type tensor<1xui32>, must be tensor<ui32>
func.func @test() {
  %0 = stablehlo.replica_id : tensor<1xui32>
  func.return
}
