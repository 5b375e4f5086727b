// RUN: eggshard-opt %s -p form-all-to-all --split-input-file | filecheck %s

// Gathered in one dimension and sliced in another.
// CHECK-LABEL: @hit
// CHECK-NEXT:    spmd.all_to_all %x {axes = ["a"], split_dim = 1, concat_dim = 0} : tensor<4x8xf32> -> tensor<8x4xf32>
// CHECK-NEXT:    func.return
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @hit(%x: tensor<4x8xf32>) -> tensor<8x4xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_gather %x {axes = ["a"], dim = 0} : tensor<4x8xf32> -> tensor<8x8xf32>
  %1 = spmd.slice %0 {axes = ["a"], dim = 1} : tensor<8x8xf32> -> tensor<8x4xf32>
  func.return %1 : tensor<8x4xf32>
}

// -----

// Across a conversion too: it then runs on less data.
// CHECK-LABEL: @across_convert
// CHECK-NEXT:    %0 = spmd.all_to_all %x {axes = ["a"], split_dim = 1, concat_dim = 0} : tensor<4x8xf32> -> tensor<8x4xf32>
// CHECK-NEXT:    stablehlo.convert %0 : (tensor<8x4xf32>) -> tensor<8x4xbf16>
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @across_convert(%x: tensor<4x8xf32>) -> tensor<8x4xbf16> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_gather %x {axes = ["a"], dim = 0} : tensor<4x8xf32> -> tensor<8x8xf32>
  %1 = stablehlo.convert %0 : (tensor<8x8xf32>) -> tensor<8x8xbf16>
  %2 = spmd.slice %1 {axes = ["a"], dim = 1} : tensor<8x8xbf16> -> tensor<8x4xbf16>
  func.return %2 : tensor<8x4xbf16>
}

// -----

// Different axes: nothing changes.
// CHECK-LABEL: @other_axis
// CHECK-NEXT:    spmd.all_gather
// CHECK-NEXT:    spmd.slice
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @other_axis(%x: tensor<4x8xf32>) -> tensor<8x4xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_gather %x {axes = ["a"], dim = 0} : tensor<4x8xf32> -> tensor<8x8xf32>
  %1 = spmd.slice %0 {axes = ["b"], dim = 1} : tensor<8x8xf32> -> tensor<8x4xf32>
  func.return %1 : tensor<8x4xf32>
}

// -----

// Across a transpose the dimensions are those above it: here both are the same, and nothing is exchanged.
// CHECK-LABEL: @same_dimension_above
// CHECK-NEXT:    spmd.all_gather
// CHECK-NEXT:    stablehlo.transpose
// CHECK-NEXT:    spmd.slice
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @same_dimension_above(%x: tensor<4x8xf32>) -> tensor<8x4xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_gather %x {axes = ["a"], dim = 0} : tensor<4x8xf32> -> tensor<8x8xf32>
  %1 = stablehlo.transpose %0, dims = [1, 0] : (tensor<8x8xf32>) -> tensor<8x8xf32>
  %2 = spmd.slice %1 {axes = ["a"], dim = 1} : tensor<8x8xf32> -> tensor<8x4xf32>
  func.return %2 : tensor<8x4xf32>
}

// -----

// And here they differ, though below it they are the same.
// CHECK-LABEL: @other_dimension_above
// CHECK-NEXT:    %[[E:.*]] = spmd.all_to_all %x {axes = ["a"], split_dim = 1, concat_dim = 0} : tensor<4x8xf32> -> tensor<8x4xf32>
// CHECK-NEXT:    stablehlo.transpose %[[E]], dims = [1, 0] : (tensor<8x4xf32>) -> tensor<4x8xf32>
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @other_dimension_above(%x: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_gather %x {axes = ["a"], dim = 0} : tensor<4x8xf32> -> tensor<8x8xf32>
  %1 = stablehlo.transpose %0, dims = [1, 0] : (tensor<8x8xf32>) -> tensor<8x8xf32>
  %2 = spmd.slice %1 {axes = ["a"], dim = 0} : tensor<8x8xf32> -> tensor<4x8xf32>
  func.return %2 : tensor<4x8xf32>
}
