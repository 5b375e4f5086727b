// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: operand 0 has size 3 in dimension 1, 2 times which must be 9
func.func @test(%m: tensor<2x3xf32>) {
  %0 = "stablehlo.all_gather"(%m) <{all_gather_dim = 1 : i64, replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>}> : (tensor<2x3xf32>) -> tensor<2x9xf32>
  func.return
}

// -----

// CHECK: all_gather_dim is 2, must be a dimension of a tensor of rank 2
func.func @test(%m: tensor<2x3xf32>) {
  %0 = "stablehlo.all_gather"(%m) <{all_gather_dim = 2 : i64, replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>}> : (tensor<2x3xf32>) -> tensor<2x6xf32>
  func.return
}

// -----

// CHECK: use_global_device_ids is set, which needs a channel_handle above 0
func.func @test(%m: tensor<2x3xf32>) {
  %0 = "stablehlo.all_gather"(%m) <{all_gather_dim = 1 : i64, replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>, use_global_device_ids}> : (tensor<2x3xf32>) -> tensor<2x6xf32>
  func.return
}

// -----

// CHECK: replica_groups has a process twice
func.func @test(%m: tensor<2x3xf32>) {
  %0 = "stablehlo.all_gather"(%m) <{all_gather_dim = 1 : i64, replica_groups = dense<[[0, 1], [1, 2]]> : tensor<2x2xi64>}> : (tensor<2x3xf32>) -> tensor<2x6xf32>
  func.return
}

// -----

// CHECK: result 0 has shape [3, 2], must have shape [2, 3], like operand 0
func.func @test(%m: tensor<2x3xf32>) {
  %0 = "stablehlo.all_reduce"(%m) <{replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %s = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<2x3xf32>) -> tensor<3x2xf32>
  func.return
}

// -----

// CHECK: replica_groups is dense<[0, 1]> : tensor<2xi64>, must be a constant of rank 2, one row per group
func.func @test(%m: tensor<2x3xf32>) {
  %0 = "stablehlo.all_reduce"(%m) <{replica_groups = dense<[0, 1]> : tensor<2xi64>}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %s = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

// CHECK: result has size 1 in dimension 1, 2 times which must be 3
func.func @test(%m: tensor<2x3xf32>) {
  %0 = "stablehlo.reduce_scatter"(%m) <{replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>, scatter_dimension = 1 : i64}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %s = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<2x3xf32>) -> tensor<2x1xf32>
  func.return
}

// -----

// CHECK: split_count is 3, must be the size 2 of the replica groups
func.func @test(%m: tensor<2x3xf32>) {
  %0 = "stablehlo.all_to_all"(%m) <{concat_dimension = 0 : i64, replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>, split_count = 3 : i64, split_dimension = 1 : i64}> : (tensor<2x3xf32>) -> tensor<6x1xf32>
  func.return
}

// -----

// CHECK: split_dimension has size 3, must be divisible by 2
func.func @test(%m: tensor<2x3xf32>) {
  %0 = "stablehlo.all_to_all"(%m) <{concat_dimension = 0 : i64, replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>, split_count = 2 : i64, split_dimension = 1 : i64}> : (tensor<2x3xf32>) -> tensor<4x1xf32>
  func.return
}

// -----

// CHECK: result has shape [5], must have shape [4], like operand
func.func @test(%x: tensor<4xf32>) {
  %0 = "stablehlo.collective_broadcast"(%x) <{replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>}> : (tensor<4xf32>) -> tensor<5xf32>
  func.return
}

// -----

// CHECK: source_target_pairs has a source twice
func.func @test(%x: tensor<4xf32>) {
  %0 = "stablehlo.collective_permute"(%x) <{source_target_pairs = dense<[[0, 1], [0, 2]]> : tensor<2x2xi64>}> : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: result has elements of type f16, must be f32 like operand
func.func @test(%x: tensor<4xf32>) {
  %0 = "stablehlo.cross-replica-sum"(%x) <{replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>}> : (tensor<4xf32>) -> tensor<4xf16>
  func.return
}
