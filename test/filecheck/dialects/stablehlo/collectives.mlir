// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// Collectives, in generic form.
// CHECK-LABEL: @collectives(
// CHECK-NEXT:    %0 = "stablehlo.all_gather"(%x) <{all_gather_dim = 1 : i64, channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, replica_groups = dense<{{\[\[}}0, 1], [2, 3]]> : tensor<2x2xi64>, use_global_device_ids}> : (tensor<8x4xf32>) -> tensor<8x8xf32>
// CHECK-NEXT:    %1 = "stablehlo.all_reduce"(%x) <{replica_groups = dense<{{\[\[}}0, 1, 4], [2, 3, -1]]> : tensor<2x3xi64>}> ({
// CHECK-NEXT:    ^bb0(%l: tensor<f32>, %r: tensor<f32>):
// CHECK-NEXT:      %7 = stablehlo.add %l, %r : tensor<f32>
// CHECK-NEXT:      stablehlo.return %7 : tensor<f32>
// CHECK-NEXT:    }) : (tensor<8x4xf32>) -> tensor<8x4xf32>
// CHECK-NEXT:    %2 = "stablehlo.reduce_scatter"(%x) <{replica_groups = dense<{{\[\[}}0, 1], [2, 3]]> : tensor<2x2xi64>, scatter_dimension = 0 : i64}> ({
// CHECK-NEXT:    ^bb0(%l: tensor<f32>, %r: tensor<f32>):
// CHECK-NEXT:      %7 = stablehlo.add %l, %r : tensor<f32>
// CHECK-NEXT:      stablehlo.return %7 : tensor<f32>
// CHECK-NEXT:    }) : (tensor<8x4xf32>) -> tensor<4x4xf32>
// CHECK-NEXT:    %3 = "stablehlo.all_to_all"(%x) <{concat_dimension = 1 : i64, replica_groups = dense<{{\[\[}}0, 1], [2, 3]]> : tensor<2x2xi64>, split_count = 2 : i64, split_dimension = 0 : i64}> : (tensor<8x4xf32>) -> tensor<4x8xf32>
// CHECK-NEXT:    %4 = "stablehlo.collective_broadcast"(%x) <{replica_groups = dense<{{\[\[}}0, 1], [2, 3]]> : tensor<2x2xi64>}> : (tensor<8x4xf32>) -> tensor<8x4xf32>
// CHECK-NEXT:    %5 = "stablehlo.collective_permute"(%x) <{source_target_pairs = dense<{{\[\[}}0, 1], [1, 0]]> : tensor<2x2xi64>}> : (tensor<8x4xf32>) -> tensor<8x4xf32>
// CHECK-NEXT:    %6 = "stablehlo.cross-replica-sum"(%x) <{replica_groups = dense<{{\[\[}}0, 1], [2, 3]]> : tensor<2x2xi64>}> : (tensor<8x4xf32>) -> tensor<8x4xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @collectives(%x: tensor<8x4xf32>) {
  %0 = "stablehlo.all_gather"(%x) <{all_gather_dim = 1 : i64, channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>, use_global_device_ids}> : (tensor<8x4xf32>) -> tensor<8x8xf32>
  %1 = "stablehlo.all_reduce"(%x) <{replica_groups = dense<[[0, 1, 4], [2, 3, -1]]> : tensor<2x3xi64>}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %2 = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %2 : tensor<f32>
  }) : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %3 = "stablehlo.reduce_scatter"(%x) <{replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>, scatter_dimension = 0 : i64}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %4 = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %4 : tensor<f32>
  }) : (tensor<8x4xf32>) -> tensor<4x4xf32>
  %5 = "stablehlo.all_to_all"(%x) <{concat_dimension = 1 : i64, replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>, split_count = 2 : i64, split_dimension = 0 : i64}> : (tensor<8x4xf32>) -> tensor<4x8xf32>
  %6 = "stablehlo.collective_broadcast"(%x) <{replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>}> : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %7 = "stablehlo.collective_permute"(%x) <{source_target_pairs = dense<[[0, 1], [1, 0]]> : tensor<2x2xi64>}> : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %8 = "stablehlo.cross-replica-sum"(%x) <{replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>}> : (tensor<8x4xf32>) -> tensor<8x4xf32>
  func.return
}

// Groups given by the axes of a mesh.
// CHECK-LABEL: @mesh_groups(
// CHECK-NEXT:    %0 = "stablehlo.all_gather"(%x) <{all_gather_dim = 0 : i64, replica_groups = #stablehlo.replica_group_mesh_axes<mesh = #stablehlo.mesh<axes=[#stablehlo.mesh_axis<name = "x", size = 4>]>, axes = [#stablehlo.axis_ref<name = "x", sub_axis_info = (1)2>]>}> : (tensor<8x4xf32>) -> tensor<16x4xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @mesh_groups(%x: tensor<8x4xf32>) {
  %0 = "stablehlo.all_gather"(%x) <{all_gather_dim = 0 : i64, replica_groups = #stablehlo.replica_group_mesh_axes<mesh = #stablehlo.mesh<axes=[#stablehlo.mesh_axis<name = "x", size = 4>]>, axes = [#stablehlo.axis_ref<name = "x", sub_axis_info = (1)2>]>}> : (tensor<8x4xf32>) -> tensor<16x4xf32>
  func.return
}
