// RUN: eggshard-opt %s -p emit-collectives --split-input-file | filecheck %s

// Axes become groups of device ids; each collective gets a channel of its own.
// CHECK:         builtin.module attributes {mhlo.num_partitions = 4 : i32, mhlo.num_replicas = 1 : i32, sharding.mesh = {{.*}}=2, {{.*}}=2]"}
// CHECK-NOT:     spmd.
// CHECK:         "stablehlo.all_gather"(%x) <{{.*}}dense<{{\[\[}}0, 2], [1, 3]]>{{.*}}handle = 1, type = 1>
// CHECK:         "stablehlo.all_reduce"(%0) <{{.*}}dense<{{\[\[}}0, 1], [2, 3]]>{{.*}}handle = 2, type = 1>
// CHECK:           stablehlo.add
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @main(%x: tensor<4xf32>) -> tensor<8xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_gather %x {axes = ["a"], dim = 0} : tensor<4xf32> -> tensor<8xf32>
  %1 = spmd.all_reduce %0 {axes = ["b"], kind = sum} : tensor<8xf32> -> tensor<8xf32>
  func.return %1 : tensor<8xf32>
}

// -----

// A slice is a dynamic_slice at the device's own place.
// CHECK:         stablehlo.partition_id
// CHECK:         stablehlo.dynamic_slice %x
// CHECK-NOT:     spmd.
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @main(%x: tensor<8xf32>) -> tensor<4xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.slice %x {axes = ["a"], dim = 0} : tensor<8xf32> -> tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// -----

// Channels begin behind those that the program's author took.
// CHECK:         "stablehlo.all_gather"(%x) {{.*}}handle = 8, type = 1>
// CHECK:         "stablehlo.all_reduce"(%{{.*}}) {{.*}}handle = 7, type = 1>
// CHECK:         "stablehlo.all_gather"(%{{.*}}) {{.*}}handle = 9, type = 1>
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @main(%x: tensor<4xf32>) -> tensor<16xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_gather %x {axes = ["a"], dim = 0} : tensor<4xf32> -> tensor<8xf32>
  %1 = "stablehlo.all_reduce"(%0) <{replica_groups = dense<[[0, 1, 2, 3]]> : tensor<1x4xi64>, channel_handle = #stablehlo.channel_handle<handle = 7, type = 1>, use_global_device_ids}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %s = stablehlo.add %p, %q : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<8xf32>) -> tensor<8xf32>
  %2 = spmd.all_gather %1 {axes = ["b"], dim = 0} : tensor<8xf32> -> tensor<16xf32>
  func.return %2 : tensor<16xf32>
}
