// RUN: eggshard-opt %s -p form-reduce-scatter --split-input-file | filecheck %s

// An all_reduce of which only a slice is kept reduces and scatters.
// CHECK-LABEL: @hit
// CHECK-NEXT:    spmd.reduce_scatter %x {axes = ["a"], dim = 0, kind = sum, because = "loss"} : tensor<8x4xf32> -> tensor<4x4xf32>
// CHECK-NEXT:    func.return
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @hit(%x: tensor<8x4xf32>) -> tensor<4x4xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_reduce %x {axes = ["a"], kind = sum, because = "loss"} : tensor<8x4xf32> -> tensor<8x4xf32>
  %1 = spmd.slice %0 {axes = ["a"], dim = 0} : tensor<8x4xf32> -> tensor<4x4xf32>
  func.return %1 : tensor<4x4xf32>
}

// -----

// The slice moves across a transpose, to the dimension it comes from.
// CHECK-LABEL: @across_transpose
// CHECK-NEXT:    %0 = spmd.reduce_scatter %x {axes = ["a"], dim = 1, kind = sum} : tensor<8x4xf32> -> tensor<8x2xf32>
// CHECK-NEXT:    %1 = stablehlo.transpose %0, dims = [1, 0] : (tensor<8x2xf32>) -> tensor<2x8xf32>
// CHECK-NEXT:    func.return %1
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @across_transpose(%x: tensor<8x4xf32>) -> tensor<2x8xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_reduce %x {axes = ["a"], kind = sum} : tensor<8x4xf32> -> tensor<8x4xf32>
  %1 = stablehlo.transpose %0, dims = [1, 0] : (tensor<8x4xf32>) -> tensor<4x8xf32>
  %2 = spmd.slice %1 {axes = ["a"], dim = 0} : tensor<4x8xf32> -> tensor<2x8xf32>
  func.return %2 : tensor<2x8xf32>
}

// -----

// Axes that are reduced and not sliced are reduced afterwards, on less data.
// CHECK-LABEL: @some_axes
// CHECK-NEXT:    %0 = spmd.reduce_scatter %x {axes = ["b"], dim = 0, kind = max} : tensor<8x4xf32> -> tensor<4x4xf32>
// CHECK-NEXT:    %1 = spmd.all_reduce %0 {axes = ["a"], kind = max} : tensor<4x4xf32> -> tensor<4x4xf32>
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @some_axes(%x: tensor<8x4xf32>) -> tensor<4x4xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_reduce %x {axes = ["a", "b"], kind = max} : tensor<8x4xf32> -> tensor<8x4xf32>
  %1 = spmd.slice %0 {axes = ["b"], dim = 0} : tensor<8x4xf32> -> tensor<4x4xf32>
  func.return %1 : tensor<4x4xf32>
}

// -----

// Somebody else needs the whole: nothing changes.
// CHECK-LABEL: @used_whole
// CHECK-NEXT:    spmd.all_reduce
// CHECK-NEXT:    spmd.slice
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @used_whole(%x: tensor<8x4xf32>) -> (tensor<4x4xf32>, tensor<8x4xf32>) attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_reduce %x {axes = ["a"], kind = sum} : tensor<8x4xf32> -> tensor<8x4xf32>
  %1 = spmd.slice %0 {axes = ["a"], dim = 0} : tensor<8x4xf32> -> tensor<4x4xf32>
  func.return %1, %0 : tensor<4x4xf32>, tensor<8x4xf32>
}

// -----

// Another axis is sliced: nothing changes.
// CHECK-LABEL: @other_axis
// CHECK-NEXT:    spmd.all_reduce
// CHECK-NEXT:    spmd.slice
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @other_axis(%x: tensor<8x4xf32>) -> tensor<4x4xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_reduce %x {axes = ["a"], kind = sum} : tensor<8x4xf32> -> tensor<8x4xf32>
  %1 = spmd.slice %0 {axes = ["b"], dim = 0} : tensor<8x4xf32> -> tensor<4x4xf32>
  func.return %1 : tensor<4x4xf32>
}

// -----

// Tensors that travel together do so: one of them alone is not scattered.
// CHECK-LABEL: @combined
// CHECK-NEXT:    %0:2 = spmd.all_reduce %x, %y
// CHECK-NEXT:    spmd.slice %0#1
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @combined(%x: tensor<8x4xf32>, %y: tensor<8x4xf32>) -> (tensor<8x4xf32>, tensor<4x4xf32>) attributes {spmd.mesh = @mesh} {
  %0:2 = spmd.all_reduce %x, %y {axes = ["a"], kind = sum} : tensor<8x4xf32>, tensor<8x4xf32> -> tensor<8x4xf32>, tensor<8x4xf32>
  %1 = spmd.slice %0#1 {axes = ["a"], dim = 0} : tensor<8x4xf32> -> tensor<4x4xf32>
  func.return %0#0, %1 : tensor<8x4xf32>, tensor<4x4xf32>
}

// -----

// Across several ops each becomes smaller in the dimension that the slice has there.
// CHECK-LABEL: @across_several
// CHECK-NEXT:    %[[R:.*]] = spmd.reduce_scatter %x {axes = ["a"], dim = 2, kind = sum} : tensor<8x4x6xf32> -> tensor<8x4x3xf32>
// CHECK-NEXT:    %[[T:.*]] = stablehlo.transpose %[[R]], dims = [2, 0, 1] : (tensor<8x4x3xf32>) -> tensor<3x8x4xf32>
// CHECK-NEXT:    %[[N:.*]] = stablehlo.negate %[[T]] : tensor<3x8x4xf32>
// CHECK-NEXT:    stablehlo.transpose %[[N]], dims = [1, 0, 2] : (tensor<3x8x4xf32>) -> tensor<8x3x4xf32>
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @across_several(%x: tensor<8x4x6xf32>) -> tensor<8x3x4xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_reduce %x {axes = ["a"], kind = sum} : tensor<8x4x6xf32> -> tensor<8x4x6xf32>
  %1 = stablehlo.transpose %0, dims = [2, 0, 1] : (tensor<8x4x6xf32>) -> tensor<6x8x4xf32>
  %2 = stablehlo.negate %1 : tensor<6x8x4xf32>
  %3 = stablehlo.transpose %2, dims = [1, 0, 2] : (tensor<6x8x4xf32>) -> tensor<8x6x4xf32>
  %4 = spmd.slice %3 {axes = ["a"], dim = 1} : tensor<8x6x4xf32> -> tensor<8x3x4xf32>
  func.return %4 : tensor<8x3x4xf32>
}
