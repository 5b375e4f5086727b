// RUN: eggshard-opt %s -p choose-strategies,insert-reshards,partition --split-input-file | filecheck %s

sharding.mesh @mesh = <["x"=2, "y"=4]>
#w = #sharding.layout<@mesh, [{}, {}, {"y"}]>

// A window of three looks at one element of each neighbour; what lies beyond the tensor is zero, and no padding is left.
// CHECK-LABEL: @convolution
// CHECK-NEXT:  %[[LAST:.*]] = stablehlo.slice %a [0:1, 0:2, 3:4]
// CHECK-NEXT:  %[[LEFT:.*]] = spmd.collective_permute %[[LAST]] {axes = ["y"], pairs = [0->1, 1->2, 2->3, 4->5, 5->6, 6->7], because = "halo of convolution"}
// CHECK-NEXT:  %[[FIRST:.*]] = stablehlo.slice %a [0:1, 0:2, 0:1]
// CHECK-NEXT:  %[[RIGHT:.*]] = spmd.collective_permute %[[FIRST]] {axes = ["y"], pairs = [1->0, 2->1, 3->2, 5->4, 6->5, 7->6]
// CHECK-NEXT:  %[[JOINED:.*]] = stablehlo.concatenate %[[LEFT]], %a, %[[RIGHT]], dim = 2
// CHECK:       %[[MASKED:.*]] = stablehlo.select %{{.*}}, %[[JOINED]], %{{.*}} : tensor<1x2x6xi1>
// CHECK-NEXT:  stablehlo.convolution(%[[MASKED]], %k) {{.*}}pad = {{\[\[}}0, 0]]{{.*}} -> tensor<1x3x4xf32>
func.func @convolution(%a: tensor<1x2x16xf32> {sharding.layout = #w}, %k: tensor<3x2x3xf32>) -> (tensor<1x3x16xf32> {sharding.layout = #w}) {
  %0 = stablehlo.convolution(%a, %k) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {pad = [[1, 1]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64, sharding.layouts = [#w]} : (tensor<1x2x16xf32>, tensor<3x2x3xf32>) -> tensor<1x3x16xf32>
  return %0 : tensor<1x3x16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#w = #sharding.layout<@mesh, [{}, {}, {"y"}]>

// Windows that do not cross the border of a shard look at no neighbour.
// CHECK-LABEL: @patches
// CHECK-NEXT:  stablehlo.convolution(%a, %k) {{.*}} : (tensor<1x2x4xf32>, tensor<3x2x2xf32>) -> tensor<1x3x2xf32>
// CHECK-NEXT:  return
func.func @patches(%a: tensor<1x2x16xf32> {sharding.layout = #w}, %k: tensor<3x2x2xf32>) -> (tensor<1x3x8xf32> {sharding.layout = #w}) {
  %0 = stablehlo.convolution(%a, %k) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {stride = [2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64, sharding.layouts = [#w]} : (tensor<1x2x16xf32>, tensor<3x2x2xf32>) -> tensor<1x3x8xf32>
  return %0 : tensor<1x3x8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#channels = #sharding.layout<@mesh, [{}, {"x"}, {}]>
#outputs = #sharding.layout<@mesh, [{"x"}, {}, {}]>

// A device has two of four groups.
// CHECK-LABEL: @groups
// CHECK-NEXT:  stablehlo.convolution(%a, %k) {{.*}}feature_group_count = 2{{.*}} : (tensor<1x2x16xf32>, tensor<2x1x3xf32>) -> tensor<1x2x14xf32>
func.func @groups(%a: tensor<1x4x16xf32> {sharding.layout = #channels}, %k: tensor<4x1x3xf32> {sharding.layout = #outputs}) -> (tensor<1x4x14xf32> {sharding.layout = #channels}) {
  %0 = stablehlo.convolution(%a, %k) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {} {batch_group_count = 1 : i64, feature_group_count = 4 : i64, sharding.layouts = [#channels]} : (tensor<1x4x16xf32>, tensor<4x1x3xf32>) -> tensor<1x4x14xf32>
  return %0 : tensor<1x4x14xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#channels = #sharding.layout<@mesh, [{}, {"x"}, {}]>

// Contracted channels leave sums.
// CHECK-LABEL: @channels
// CHECK-NEXT:  %[[P:.*]] = stablehlo.convolution(%a, %k) {{.*}} : (tensor<1x1x16xf32>, tensor<3x1x3xf32>) -> tensor<1x3x14xf32>
// CHECK-NEXT:  spmd.all_reduce %[[P]] {axes = ["x"], kind = sum
func.func @channels(%a: tensor<1x2x16xf32> {sharding.layout = #channels}, %k: tensor<3x2x3xf32> {sharding.layout = #channels}) -> tensor<1x3x14xf32> {
  %0 = stablehlo.convolution(%a, %k) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x2x16xf32>, tensor<3x2x3xf32>) -> tensor<1x3x14xf32>
  return %0 : tensor<1x3x14xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// Pooling looks to one side only; beyond the tensor lies what changes no maximum.
// CHECK-LABEL: @pooling
// CHECK-NEXT:  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
// CHECK-NEXT:  %[[LOW:.*]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
// CHECK-NEXT:  %[[FIRST:.*]] = stablehlo.slice %a [0:1]
// CHECK-NEXT:  %[[RIGHT:.*]] = spmd.collective_permute %[[FIRST]] {axes = ["y"], pairs = [1->0, 2->1, 3->2, 5->4, 6->5, 7->6], because = "halo of reduce_window"}
// CHECK-NEXT:  %[[JOINED:.*]] = stablehlo.concatenate %a, %[[RIGHT]], dim = 0
// CHECK:       %[[OUTSIDE:.*]] = stablehlo.broadcast_in_dim %[[LOW]]
// CHECK-NEXT:  %[[MASKED:.*]] = stablehlo.select %{{.*}}, %[[JOINED]], %[[OUTSIDE]]
// CHECK-NEXT:  "stablehlo.reduce_window"(%[[MASKED]], %low) <{window_dimensions = array<i64: 2>, padding = dense<0>
func.func @pooling(%a: tensor<16xf32> {sharding.layout = #y}) -> (tensor<16xf32> {sharding.layout = #y}) {
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %0 = "stablehlo.reduce_window"(%a, %low) <{window_dimensions = array<i64: 2>, padding = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %m = stablehlo.maximum %p, %q : tensor<f32>
    stablehlo.return %m : tensor<f32>
  }) {sharding.layouts = [#y]} : (tensor<16xf32>, tensor<f32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// A window that reaches over more than two neighbours, as of a running sum, is cut out of the gathered dimension.
// CHECK-LABEL: @far
// CHECK:       %[[WHOLE:.*]] = spmd.all_gather %a {axes = ["y"], dim = 0, because = "halo of reduce_window"}
// CHECK:       stablehlo.pad %[[WHOLE]], %{{.*}}, low = [7], high = [0]
// CHECK:       stablehlo.dynamic_slice %{{.*}}, sizes = [9]
// CHECK:       "stablehlo.reduce_window"{{.*}}
func.func @far(%a: tensor<8xf32> {sharding.layout = #y}) -> (tensor<8xf32> {sharding.layout = #y}) {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %0 = "stablehlo.reduce_window"(%a, %zero) <{window_dimensions = array<i64: 8>, padding = dense<[[7, 0]]> : tensor<1x2xi64>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %m = stablehlo.add %p, %q : tensor<f32>
    stablehlo.return %m : tensor<f32>
  }) {sharding.layouts = [#y]} : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>

// Holes of the input are made before a halo is fetched; none are left to make, and a hole behind the last element too
// keeps shards equally wide.
// CHECK-LABEL: @dilated
// CHECK:       stablehlo.pad %a, %{{.*}}, low = [0, 0, 0], high = [0, 0, 1], interior = [0, 0, 1]
// CHECK:       stablehlo.convolution({{.*}}window = {pad = {{\[\[}}0, 0]], lhs_dilate = [1]}
func.func @dilated(%a: tensor<1x2x8xf32> {sharding.layout = #sharding.layout<@mesh, [{}, {}, {"y"}]>}, %k: tensor<3x2x3xf32>) -> (tensor<1x3x13xf32> {sharding.layout = #sharding.layout<@mesh, [{}, {}, {"y"}]>}) {
  %0 = stablehlo.convolution(%a, %k) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {lhs_dilate = [2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64, sharding.layouts = [#sharding.layout<@mesh, [{}, {}, {"y"}]>]} : (tensor<1x2x8xf32>, tensor<3x2x3xf32>) -> tensor<1x3x13xf32>
  return %0 : tensor<1x3x13xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#w = #sharding.layout<@mesh, [{}, {}, {"y"}]>

// What lies before the first element is zero on the first device only.
// CHECK-LABEL: @causal
// CHECK:       %[[AFTER:.*]] = stablehlo.compare LT
// CHECK:       %[[BEFORE:.*]] = stablehlo.compare GE
// CHECK-NEXT:  %[[INSIDE:.*]] = stablehlo.and %[[AFTER]], %[[BEFORE]]
// CHECK-NEXT:  %[[ZERO:.*]] = stablehlo.constant dense<0.000000e+00>
// CHECK-NEXT:  stablehlo.select %[[INSIDE]], %{{.*}}, %[[ZERO]]
func.func @causal(%a: tensor<1x2x16xf32> {sharding.layout = #w}, %k: tensor<3x2x3xf32>) -> (tensor<1x3x16xf32> {sharding.layout = #w}) {
  %0 = stablehlo.convolution(%a, %k) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {pad = [[2, 0]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64, sharding.layouts = [#w]} : (tensor<1x2x16xf32>, tensor<3x2x3xf32>) -> tensor<1x3x16xf32>
  return %0 : tensor<1x3x16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#w = #sharding.layout<@mesh, [{}, {}, {"y"}]>

// A kernel that is cut leaves sums; what lies in its padding is zero, whatever the input is there.
// CHECK-LABEL: @kernel
// CHECK:       %[[ZERO:.*]] = stablehlo.constant dense<0.000000e+00> : tensor<3x2x4xf32>
// CHECK-NEXT:  %[[K:.*]] = stablehlo.select %{{.*}}, %k, %[[ZERO]]
// CHECK:       %[[P:.*]] = stablehlo.convolution(%{{.*}}, %[[K]])
// CHECK-NEXT:  spmd.all_reduce %[[P]]
func.func @kernel(%a: tensor<1x2x16xf32> {sharding.layout = #w}, %k: tensor<3x2x14xf32> {sharding.layout = #w}) -> tensor<1x3x3xf32> {
  %0 = stablehlo.convolution(%a, %k) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x2x16xf32>, tensor<3x2x14xf32>) -> tensor<1x3x3xf32>
  return %0 : tensor<1x3x3xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#w = #sharding.layout<@mesh, [{}, {}, {"y"}]>

// One that is read backwards is not cut.
// CHECK-LABEL: @reversed_kernel
// CHECK-NEXT:  spmd.all_gather %a
// CHECK-NEXT:  spmd.all_gather %k
func.func @reversed_kernel(%a: tensor<1x2x16xf32> {sharding.layout = #w}, %k: tensor<3x2x14xf32> {sharding.layout = #w}) -> tensor<1x3x3xf32> {
  %0 = stablehlo.convolution(%a, %k) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {reverse = [true]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x2x16xf32>, tensor<3x2x14xf32>) -> tensor<1x3x3xf32>
  return %0 : tensor<1x3x3xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// Padding alone moves elements, and so do holes alone; a body of no known kind sees its starting value beyond the tensor.
// CHECK-LABEL: @padded
// CHECK:       spmd.collective_permute
// CHECK:       "stablehlo.reduce_window"(%{{.*}}, %low) <{{.*}}padding = dense<0>
// CHECK:       %[[H:.*]] = stablehlo.pad %a, {{.*}} interior = [1]
// CHECK-NEXT:  "stablehlo.reduce_window"(%[[H]], %low) <{{.*}}base_dilations = array<i64: 1>
// CHECK:       %[[S:.*]] = stablehlo.broadcast_in_dim %s
// CHECK-NEXT:  %[[M:.*]] = stablehlo.select %{{.*}}, %{{.*}}, %[[S]]
// CHECK-NEXT:  "stablehlo.reduce_window"(%[[M]], %s)
func.func @padded(%a: tensor<16xf32> {sharding.layout = #y}, %s: tensor<f32>) -> (tensor<16xf32> {sharding.layout = #y}, tensor<31xf32> {sharding.layout = #y}, tensor<16xf32> {sharding.layout = #y}) {
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %0 = "stablehlo.reduce_window"(%a, %low) <{window_dimensions = array<i64: 1>, padding = dense<[[1, -1]]> : tensor<1x2xi64>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %m = stablehlo.maximum %p, %q : tensor<f32>
    stablehlo.return %m : tensor<f32>
  }) {sharding.layouts = [#y]} : (tensor<16xf32>, tensor<f32>) -> tensor<16xf32>
  %1 = "stablehlo.reduce_window"(%a, %low) <{window_dimensions = array<i64: 1>, base_dilations = array<i64: 2>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %m = stablehlo.maximum %p, %q : tensor<f32>
    stablehlo.return %m : tensor<f32>
  }) {sharding.layouts = [#y]} : (tensor<16xf32>, tensor<f32>) -> tensor<31xf32>
  %2 = "stablehlo.reduce_window"(%a, %s) <{window_dimensions = array<i64: 2>, padding = dense<[[1, 0]]> : tensor<1x2xi64>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %m = stablehlo.atan2 %p, %q : tensor<f32>
    stablehlo.return %m : tensor<f32>
  }) {sharding.layouts = [#y]} : (tensor<16xf32>, tensor<f32>) -> tensor<16xf32>
  return %0, %1, %2 : tensor<16xf32>, tensor<31xf32>, tensor<16xf32>
}
