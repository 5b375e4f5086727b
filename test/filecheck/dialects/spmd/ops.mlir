// RUN: eggshard-opt %s | eggshard-opt | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// Every op in its own syntax, and back from the generic one.
// CHECK-LABEL: @ops
// CHECK-NEXT:    %0 = spmd.all_gather %x {axes = ["a"], dim = 1, because = "operand 0 of dot_general, gpt.py:88"} : tensor<4x8xf32> -> tensor<4x16xf32>
// CHECK-NEXT:    %1:2 = spmd.all_reduce %x, %y {axes = ["a", "b"], kind = sum} : tensor<4x8xf32>, tensor<f32> -> tensor<4x8xf32>, tensor<f32>
// CHECK-NEXT:    %2 = spmd.reduce_scatter %x {axes = ["b"], dim = 0, kind = max} : tensor<4x8xf32> -> tensor<1x8xf32>
// CHECK-NEXT:    %3 = spmd.all_to_all %x {axes = ["b":(1)2], split_dim = 0, concat_dim = 1} : tensor<4x8xf32> -> tensor<2x16xf32>
// CHECK-NEXT:    %4 = spmd.collective_permute %x {axes = ["a"], pairs = [0->4, 4->0]} : tensor<4x8xf32> -> tensor<4x8xf32>
// CHECK-NEXT:    %5 = spmd.slice %x {axes = ["a"], dim = 0} : tensor<4x8xf32> -> tensor<2x8xf32>
// CHECK-NEXT:    %6 = spmd.device_index {axes = ["a", "b"]} : tensor<i32>
sharding.mesh @mesh = <["a"=2, "b"=4]>
func.func @ops(%x: tensor<4x8xf32>, %y: tensor<f32>) attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_gather %x {axes = ["a"], dim = 1, because = "operand 0 of dot_general, gpt.py:88"} : tensor<4x8xf32> -> tensor<4x16xf32>
  %1:2 = spmd.all_reduce %x, %y {axes = ["a", "b"], kind = sum} : tensor<4x8xf32>, tensor<f32> -> tensor<4x8xf32>, tensor<f32>
  %2 = spmd.reduce_scatter %x {axes = ["b"], dim = 0, kind = max} : tensor<4x8xf32> -> tensor<1x8xf32>
  %3 = spmd.all_to_all %x {axes = ["b":(1)2], split_dim = 0, concat_dim = 1} : tensor<4x8xf32> -> tensor<2x16xf32>
  %4 = spmd.collective_permute %x {axes = ["a"], pairs = [0->4, 4->0]} : tensor<4x8xf32> -> tensor<4x8xf32>
  %5 = spmd.slice %x {axes = ["a"], dim = 0} : tensor<4x8xf32> -> tensor<2x8xf32>
  %6 = spmd.device_index {axes = ["a", "b"]} : tensor<i32>
  func.return
}
