// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

sharding.mesh @mesh = <["a"=2]>
func.func @shape(%x: tensor<4xf32>) attributes {spmd.mesh = @mesh} {
  // CHECK: spmd.all_gather: result is tensor<4xf32>, required shape [8] of f32
  %0 = spmd.all_gather %x {axes = ["a"], dim = 0} : tensor<4xf32> -> tensor<4xf32>
  func.return
}

// -----

sharding.mesh @mesh = <["a"=2]>
func.func @dim(%x: tensor<4xf32>) attributes {spmd.mesh = @mesh} {
  // CHECK: spmd.slice: dimension 1 is out of range for tensor<4xf32>
  %0 = spmd.slice %x {axes = ["a"], dim = 1} : tensor<4xf32> -> tensor<2xf32>
  func.return
}

// -----

sharding.mesh @mesh = <["a"=2]>
func.func @divide(%x: tensor<3xf32>) attributes {spmd.mesh = @mesh} {
  // CHECK: spmd.reduce_scatter: dimension 0 of size 3 does not divide by 2
  %0 = spmd.reduce_scatter %x {axes = ["a"], dim = 0, kind = sum} : tensor<3xf32> -> tensor<1xf32>
  func.return
}

// -----

sharding.mesh @mesh = <["a"=2]>
func.func @kind(%x: tensor<4xf32>) attributes {spmd.mesh = @mesh} {
  // CHECK: reduction kind is 'mean', required one of sum, prod, max, min, and, or, xor
  %0 = spmd.all_reduce %x {axes = ["a"], kind = mean} : tensor<4xf32> -> tensor<4xf32>
  func.return
}

// -----

sharding.mesh @mesh = <["a"=2]>
func.func @same_dim(%x: tensor<4xf32>) attributes {spmd.mesh = @mesh} {
  // CHECK: spmd.all_to_all: split and concat dimension are both 0
  %0 = spmd.all_to_all %x {axes = ["a"], split_dim = 0, concat_dim = 0} : tensor<4xf32> -> tensor<4xf32>
  func.return
}

// -----

sharding.mesh @mesh = <["a"=2]>
func.func @pairs(%x: tensor<4xf32>) attributes {spmd.mesh = @mesh} {
  // CHECK: spmd.collective_permute: a device occurs twice as source or as target
  %0 = spmd.collective_permute %x {axes = ["a"], pairs = [0->1, 0->0]} : tensor<4xf32> -> tensor<4xf32>
  func.return
}

// -----

sharding.mesh @mesh = <["a"=2]>
func.func @axis() attributes {spmd.mesh = @mesh} {
  // CHECK: axis "b" is not in the mesh
  %0 = spmd.device_index {axes = ["b"]} : tensor<i32>
  func.return
}

// -----

func.func @outside(%x: tensor<4xf32>) {
  // CHECK: spmd.slice stands outside a per-device function
  %0 = spmd.slice %x {axes = ["a"], dim = 0} : tensor<4xf32> -> tensor<2xf32>
  func.return
}
