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

// -----

// The number of a shard has a digit for each axis, major to minor; each block asks for it itself.
// CHECK-LABEL: @digits
// CHECK:       stablehlo.while
// CHECK:       %[[ID:.*]] = stablehlo.partition_id
// CHECK-NEXT:  %[[D:.*]] = stablehlo.convert %[[ID]]
// CHECK-NEXT:  %[[EIGHT:.*]] = stablehlo.constant dense<8>
// CHECK-NEXT:  %[[Q:.*]] = stablehlo.divide %[[D]], %[[EIGHT]]
// CHECK-NEXT:  %[[THREE:.*]] = stablehlo.constant dense<3>
// CHECK-NEXT:  %[[A:.*]] = stablehlo.remainder %[[Q]], %[[THREE]]
// CHECK-NEXT:  %[[TWO:.*]] = stablehlo.constant dense<2>
// CHECK-NEXT:  %[[P:.*]] = stablehlo.divide %[[D]], %[[TWO]]
// CHECK-NEXT:  %[[FOUR:.*]] = stablehlo.constant dense<4>
// CHECK-NEXT:  %[[B:.*]] = stablehlo.remainder %[[P]], %[[FOUR]]
// CHECK-NEXT:  %[[BY:.*]] = stablehlo.constant dense<4>
// CHECK-NEXT:  %[[M:.*]] = stablehlo.multiply %[[A]], %[[BY]]
// CHECK-NEXT:  stablehlo.add %[[M]], %[[B]]
// CHECK:       stablehlo.return
// CHECK:       stablehlo.partition_id
sharding.mesh @mesh = <["a"=3, "b"=4, "c"=2]>
func.func @digits(%x: tensor<24xf32>, %y: tensor<2xf32>, %p: tensor<i1>) -> (tensor<2xf32>, tensor<2xf32>) attributes {spmd.mesh = @mesh} {
  %0 = stablehlo.while(%v = %y) : tensor<2xf32> cond {
    stablehlo.return %p : tensor<i1>
  } do {
    %1 = spmd.slice %x {axes = ["a", "b"], dim = 0} : tensor<24xf32> -> tensor<2xf32>
    stablehlo.return %1 : tensor<2xf32>
  }
  %2 = spmd.slice %x {axes = ["a", "b"], dim = 0} : tensor<24xf32> -> tensor<2xf32>
  func.return %0, %2 : tensor<2xf32>, tensor<2xf32>
}

// -----

// Where devices are renumbered a table says which position a device has.
// CHECK:       stablehlo.partition_id
// CHECK:       %[[TABLE:.*]] = stablehlo.constant dense<[2, 0, 1]> : tensor<3xi32>
// CHECK:       stablehlo.dynamic_slice %[[TABLE]]
sharding.mesh @mesh = <["a"=3], device_ids=[1, 2, 0]>
func.func @main(%x: tensor<6xf32>) -> tensor<2xf32> attributes {spmd.mesh = @mesh} {
  %0 = spmd.slice %x {axes = ["a"], dim = 0} : tensor<6xf32> -> tensor<2xf32>
  func.return %0 : tensor<2xf32>
}

// -----

// The largest and the smallest are found among integers of the same order, NaN being the last in either direction; a
// sum is not.
// CHECK-LABEL: @ordered
// CHECK:       %[[BITS:.*]] = stablehlo.bitcast_convert %x : (tensor<4xf32>) -> tensor<4xi32>
// CHECK:       stablehlo.compare EQ, %x, %x, FLOAT
// CHECK:       %[[FLIPPED:.*]] = stablehlo.xor %[[BITS]]
// CHECK:       %[[POSITIVE:.*]] = stablehlo.compare GE
// CHECK-NEXT:  stablehlo.select %[[POSITIVE]], %[[BITS]], %[[FLIPPED]] : tensor<4xi1>, tensor<4xi32>
// CHECK-NEXT:  stablehlo.constant dense<2147483647> : tensor<4xi32>
// CHECK:       "stablehlo.all_reduce"
// CHECK:       stablehlo.maximum {{.*}} : tensor<i32>
// CHECK:       stablehlo.constant dense<-2147483648> : tensor<4xi32>
// CHECK:       stablehlo.minimum {{.*}} : tensor<i32>
// CHECK:       stablehlo.add {{.*}} : tensor<f32>
sharding.mesh @mesh = <["a"=2]>
func.func @ordered(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_reduce %x {axes = ["a"], kind = max} : tensor<4xf32> -> tensor<4xf32>
  %1 = spmd.all_reduce %x {axes = ["a"], kind = min} : tensor<4xf32> -> tensor<4xf32>
  %2 = spmd.all_reduce %x {axes = ["a"], kind = sum} : tensor<4xf32> -> tensor<4xf32>
  func.return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// Bits of integers, and the exclusive or of booleans, are gathered and reduced by each device.
// CHECK-LABEL: @bits
// CHECK:       "stablehlo.all_gather"(%{{.*}}) {{.*}} : (tensor<1x4xi32>) -> tensor<2x4xi32>
// CHECK:       stablehlo.reduce(%{{.*}}) applies stablehlo.and
// CHECK:       "stablehlo.all_reduce"(%p)
// CHECK:       "stablehlo.all_gather"(%{{.*}}) {{.*}} : (tensor<1x4xi1>) -> tensor<2x4xi1>
// CHECK:       stablehlo.reduce(%{{.*}}) applies stablehlo.xor
sharding.mesh @mesh = <["a"=2]>
func.func @bits(%x: tensor<4xi32>, %p: tensor<4xi1>) -> (tensor<4xi32>, tensor<4xi1>, tensor<4xi1>) attributes {spmd.mesh = @mesh} {
  %0 = spmd.all_reduce %x {axes = ["a"], kind = and} : tensor<4xi32> -> tensor<4xi32>
  %1 = spmd.all_reduce %p {axes = ["a"], kind = and} : tensor<4xi1> -> tensor<4xi1>
  %2 = spmd.all_reduce %p {axes = ["a"], kind = xor} : tensor<4xi1> -> tensor<4xi1>
  func.return %0, %1, %2 : tensor<4xi32>, tensor<4xi1>, tensor<4xi1>
}
