// RUN: eggshard-opt %s -p combine-collectives --split-input-file | filecheck %s
// RUN: eggshard-opt %s -p "combine-collectives{small=8}" --split-input-file | filecheck %s --check-prefix=LARGE

// Small reductions over the same axes travel together; larger ones than asked for do not.
// CHECK-LABEL: @together
// CHECK-NEXT:    %0:2 = spmd.all_reduce %x, %y {axes = ["a"], kind = sum, because = "one and 1 more"} : tensor<4xf32>, tensor<3xf32> -> tensor<4xf32>, tensor<3xf32>
// CHECK-NEXT:    func.return %0#0, %0#1
// LARGE-LABEL: @together
// LARGE-NEXT:    spmd.all_reduce %x
// LARGE-NEXT:    spmd.all_reduce %y
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @together(%x: tensor<4xf32>, %y: tensor<3xf32>) -> (tensor<4xf32>, tensor<3xf32>) attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_reduce %x {axes = ["a"], kind = sum, because = "one"} : tensor<4xf32> -> tensor<4xf32>
  %1 = spmd.all_reduce %y {axes = ["a"], kind = sum, because = "two"} : tensor<3xf32> -> tensor<3xf32>
  func.return %0, %1 : tensor<4xf32>, tensor<3xf32>
}

// -----

// The second needs the first.
// CHECK-LABEL: @dependent
// CHECK-NEXT:    spmd.all_reduce %x
// CHECK-NEXT:    stablehlo.negate
// CHECK-NEXT:    spmd.all_reduce
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @dependent(%x: tensor<4xf32>) -> tensor<4xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_reduce %x {axes = ["a"], kind = sum} : tensor<4xf32> -> tensor<4xf32>
  %1 = stablehlo.negate %0 : tensor<4xf32>
  %2 = spmd.all_reduce %1 {axes = ["a"], kind = sum} : tensor<4xf32> -> tensor<4xf32>
  func.return %2 : tensor<4xf32>
}

// -----

// Different axes do not combine.
// CHECK-LABEL: @axes
// CHECK-NEXT:    spmd.all_reduce %x {axes = ["a"]
// CHECK-NEXT:    spmd.all_reduce %y {axes = ["b"]
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @axes(%x: tensor<4xf32>, %y: tensor<3xf32>) -> (tensor<4xf32>, tensor<3xf32>) attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_reduce %x {axes = ["a"], kind = sum} : tensor<4xf32> -> tensor<4xf32>
  %1 = spmd.all_reduce %y {axes = ["b"], kind = sum} : tensor<3xf32> -> tensor<3xf32>
  func.return %0, %1 : tensor<4xf32>, tensor<3xf32>
}

// -----

// Neither do different kinds, nor different types of elements.
// CHECK-LABEL: @kinds
// CHECK-NEXT:    spmd.all_reduce %x {axes = ["a"], kind = sum} : tensor<4xf32>
// CHECK-NEXT:    spmd.all_reduce %x {axes = ["a"], kind = max} : tensor<4xf32>
// CHECK-NEXT:    spmd.all_reduce %y {axes = ["a"], kind = sum} : tensor<4xbf16>
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @kinds(%x: tensor<4xf32>, %y: tensor<4xbf16>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xbf16>) attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_reduce %x {axes = ["a"], kind = sum} : tensor<4xf32> -> tensor<4xf32>
  %1 = spmd.all_reduce %x {axes = ["a"], kind = max} : tensor<4xf32> -> tensor<4xf32>
  %2 = spmd.all_reduce %y {axes = ["a"], kind = sum} : tensor<4xbf16> -> tensor<4xbf16>
  func.return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xbf16>
}

// -----

// A use in a region counts where the op that holds it stands; of several members the first use ends the group.
// CHECK-LABEL: @nested
// CHECK-NEXT:    %0:2 = spmd.all_reduce %x, %y
// CHECK-NEXT:    stablehlo.while
// CHECK:         spmd.all_reduce %z
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @nested(%x: tensor<4xf32>, %y: tensor<3xf32>, %z: tensor<2xf32>, %p: tensor<i1>) -> (tensor<4xf32>, tensor<3xf32>, tensor<2xf32>) attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_reduce %x {axes = ["a"], kind = sum} : tensor<4xf32> -> tensor<4xf32>
  %1 = spmd.all_reduce %y {axes = ["a"], kind = sum} : tensor<3xf32> -> tensor<3xf32>
  %2 = stablehlo.while(%v = %x) : tensor<4xf32> cond {
    stablehlo.return %p : tensor<i1>
  } do {
    %4 = stablehlo.add %v, %0 : tensor<4xf32>
    stablehlo.return %4 : tensor<4xf32>
  }
  %3 = spmd.all_reduce %z {axes = ["a"], kind = sum} : tensor<2xf32> -> tensor<2xf32>
  func.return %2, %1, %3 : tensor<4xf32>, tensor<3xf32>, tensor<2xf32>
}
