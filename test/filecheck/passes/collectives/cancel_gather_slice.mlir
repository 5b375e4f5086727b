// RUN: eggshard-opt %s -p cancel-gather-slice --split-input-file | filecheck %s

// A slice of what was gathered along the same axes is what was there.
// CHECK-LABEL: @slice_of_gather
// CHECK-NEXT:    func.return %x
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @slice_of_gather(%x: tensor<4xf32>) -> tensor<4xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_gather %x {axes = ["a"], dim = 0} : tensor<4xf32> -> tensor<8xf32>
  %1 = spmd.slice %0 {axes = ["a"], dim = 0} : tensor<8xf32> -> tensor<4xf32>
  func.return %1 : tensor<4xf32>
}

// -----

// So is a gather of what was sliced.
// CHECK-LABEL: @gather_of_slice
// CHECK-NEXT:    func.return %x
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @gather_of_slice(%x: tensor<8xf32>) -> tensor<8xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.slice %x {axes = ["a"], dim = 0} : tensor<8xf32> -> tensor<4xf32>
  %1 = spmd.all_gather %0 {axes = ["a"], dim = 0} : tensor<4xf32> -> tensor<8xf32>
  func.return %1 : tensor<8xf32>
}

// -----

// A slice along the major axis leaves the minor one to gather.
// CHECK-LABEL: @major_axis
// CHECK-NEXT:    spmd.all_gather %x {axes = ["b"], dim = 0} : tensor<2xf32> -> tensor<4xf32>
// CHECK-NEXT:    func.return
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @major_axis(%x: tensor<2xf32>) -> tensor<4xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_gather %x {axes = ["a", "b"], dim = 0} : tensor<2xf32> -> tensor<8xf32>
  %1 = spmd.slice %0 {axes = ["a"], dim = 0} : tensor<8xf32> -> tensor<4xf32>
  func.return %1 : tensor<4xf32>
}

// -----

// Along the minor axis the elements are others: nothing changes.
// CHECK-LABEL: @minor_axis
// CHECK-NEXT:    spmd.all_gather
// CHECK-NEXT:    spmd.slice
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @minor_axis(%x: tensor<2xf32>) -> tensor<4xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_gather %x {axes = ["a", "b"], dim = 0} : tensor<2xf32> -> tensor<8xf32>
  %1 = spmd.slice %0 {axes = ["b"], dim = 0} : tensor<8xf32> -> tensor<4xf32>
  func.return %1 : tensor<4xf32>
}

// -----

// In another dimension, or along another axis, neither undoes the other.
// CHECK-LABEL: @others
// CHECK-NEXT:    %[[A:.*]] = spmd.all_gather %x {axes = ["a"], dim = 0}
// CHECK-NEXT:    %[[B:.*]] = spmd.slice %[[A]] {axes = ["a"], dim = 1}
// CHECK-NEXT:    %[[C:.*]] = spmd.slice %x {axes = ["a"], dim = 1}
// CHECK-NEXT:    %[[D:.*]] = spmd.all_gather %[[C]] {axes = ["a"], dim = 0}
// CHECK-NEXT:    %[[E:.*]] = spmd.slice %x {axes = ["a"], dim = 0}
// CHECK-NEXT:    %[[F:.*]] = spmd.all_gather %[[E]] {axes = ["b"], dim = 0}
// CHECK-NEXT:    func.return %[[B]], %[[D]], %[[F]]
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @others(%x: tensor<4x4xf32>) -> (tensor<8x2xf32>, tensor<8x2xf32>, tensor<4x4xf32>) attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_gather %x {axes = ["a"], dim = 0} : tensor<4x4xf32> -> tensor<8x4xf32>
  %1 = spmd.slice %0 {axes = ["a"], dim = 1} : tensor<8x4xf32> -> tensor<8x2xf32>
  %2 = spmd.slice %x {axes = ["a"], dim = 1} : tensor<4x4xf32> -> tensor<4x2xf32>
  %3 = spmd.all_gather %2 {axes = ["a"], dim = 0} : tensor<4x2xf32> -> tensor<8x2xf32>
  %4 = spmd.slice %x {axes = ["a"], dim = 0} : tensor<4x4xf32> -> tensor<2x4xf32>
  %5 = spmd.all_gather %4 {axes = ["b"], dim = 0} : tensor<2x4xf32> -> tensor<4x4xf32>
  func.return %1, %3, %5 : tensor<8x2xf32>, tensor<8x2xf32>, tensor<4x4xf32>
}
