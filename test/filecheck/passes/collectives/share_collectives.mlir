// RUN: eggshard-opt %s -p share-collectives --split-input-file | filecheck %s
// RUN: eggshard-opt %s -p "share-collectives{window=1}" --split-input-file | filecheck %s --check-prefix=NEAR

// Equal collectives of one value run once, whatever needed them.
// CHECK-LABEL: @equal
// CHECK-NEXT:    %0 = spmd.all_reduce %x
// CHECK-NEXT:    func.return %0, %0
// NEAR-LABEL: @equal
// NEAR-NEXT:    %0 = spmd.all_reduce %x
// NEAR-NEXT:    func.return %0, %0
sharding.mesh @mesh = <["a"=2]>
func.func @equal(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_reduce %x {axes = ["a"], kind = sum, because = "one"} : tensor<4xf32> -> tensor<4xf32>
  %1 = spmd.all_reduce %x {axes = ["a"], kind = sum, because = "two"} : tensor<4xf32> -> tensor<4xf32>
  func.return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// Another kind is another collective.
// CHECK-LABEL: @kinds
// CHECK-NEXT:    spmd.all_reduce %x {axes = ["a"], kind = sum}
// CHECK-NEXT:    spmd.all_reduce %x {axes = ["a"], kind = max}
sharding.mesh @mesh = <["a"=2]>
func.func @kinds(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_reduce %x {axes = ["a"], kind = sum} : tensor<4xf32> -> tensor<4xf32>
  %1 = spmd.all_reduce %x {axes = ["a"], kind = max} : tensor<4xf32> -> tensor<4xf32>
  func.return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// A gathered copy is kept within the window only.
// CHECK-LABEL: @gathers
// CHECK-NEXT:    spmd.all_gather
// CHECK-NEXT:    stablehlo.negate
// CHECK-NEXT:    stablehlo.add
// NEAR-LABEL: @gathers
// NEAR-NEXT:    spmd.all_gather
// NEAR-NEXT:    stablehlo.negate
// NEAR-NEXT:    spmd.all_gather
// NEAR-NEXT:    stablehlo.add
sharding.mesh @mesh = <["a"=2]>
func.func @gathers(%x: tensor<4xf32>) -> tensor<8xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_gather %x {axes = ["a"], dim = 0} : tensor<4xf32> -> tensor<8xf32>
  %1 = stablehlo.negate %0 : tensor<8xf32>
  %2 = spmd.all_gather %x {axes = ["a"], dim = 0} : tensor<4xf32> -> tensor<8xf32>
  %3 = stablehlo.add %1, %2 : tensor<8xf32>
  func.return %3 : tensor<8xf32>
}

// -----

// The window begins anew at each gather that was shared.
// CHECK-LABEL: @near_each_other
// NEAR-LABEL: @near_each_other
// NEAR-NEXT:    %[[G:.*]] = spmd.all_gather %x
// NEAR-NEXT:    return %[[G]], %[[G]], %[[G]]
sharding.mesh @mesh = <["a"=2]>
func.func @near_each_other(%x: tensor<4xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_gather %x {axes = ["a"], dim = 0} : tensor<4xf32> -> tensor<8xf32>
  %1 = spmd.all_gather %x {axes = ["a"], dim = 0} : tensor<4xf32> -> tensor<8xf32>
  %2 = spmd.all_gather %x {axes = ["a"], dim = 0} : tensor<4xf32> -> tensor<8xf32>
  return %0, %1, %2 : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}
