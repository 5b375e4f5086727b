// RUN: eggshard-opt %s -p choose-strategies,insert-reshards,partition --split-input-file | filecheck %s

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// Shards of a reversed dimension change places, each reversed by itself.
// CHECK-LABEL: @reverse
// CHECK-NEXT:  %[[P:.*]] = spmd.collective_permute %a {axes = ["y"], pairs = [0->3, 1->2, 2->1, 3->0, 4->7, 5->6, 6->5, 7->4], because = "mirrored shard of reverse"} : tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT:  %[[R:.*]] = stablehlo.reverse %[[P]], dims = [0] : tensor<4xf32>
// CHECK-NEXT:  return %[[R]]
func.func @reverse(%a: tensor<16xf32> {sharding.layout = #y}) -> (tensor<16xf32> {sharding.layout = #y}) {
  %0 = stablehlo.reverse %a, dims = [0] {sharding.layouts = [#y]} : tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// Padding of the last shard would come first: elements move by its width before that.
// CHECK-LABEL: @reverse_uneven
// CHECK-NEXT:  %[[LAST:.*]] = stablehlo.slice %a [2:4]
// CHECK-NEXT:  %[[LEFT:.*]] = spmd.collective_permute %[[LAST]] {{.*}}0->1, 1->2, 2->3
// CHECK-NEXT:  stablehlo.concatenate %[[LEFT]], %a
// CHECK:       spmd.collective_permute %{{.*}}0->3
func.func @reverse_uneven(%a: tensor<14xf32> {sharding.layout = #y}) -> (tensor<14xf32> {sharding.layout = #y}) {
  %0 = stablehlo.reverse %a, dims = [0] {sharding.layouts = [#y]} : tensor<14xf32>
  return %0 : tensor<14xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// One row in front of many: the many move by one, and the row is cut out of its copy.
// CHECK-LABEL: @concatenate
// CHECK-NOT:   all_gather
// CHECK:       %[[PIECE:.*]] = stablehlo.slice %a
// CHECK-NEXT:  spmd.collective_permute %[[PIECE]]
// CHECK-NOT:   all_gather
// CHECK:       stablehlo.pad %one
// CHECK:       return
func.func @concatenate(%one: tensor<1xf32>, %a: tensor<15xf32> {sharding.layout = #y}) -> (tensor<16xf32> {sharding.layout = #y}) {
  %0 = stablehlo.concatenate %one, %a, dim = 0 {sharding.layouts = [#y]} : (tensor<1xf32>, tensor<15xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// Shards of two halves would move far: they are gathered.
// CHECK-LABEL: @halves
// CHECK-NEXT:  spmd.all_gather %a
// CHECK-NEXT:  spmd.all_gather %b
// CHECK-NEXT:  stablehlo.concatenate
func.func @halves(%a: tensor<8xf32> {sharding.layout = #y}, %b: tensor<8xf32> {sharding.layout = #y}) -> (tensor<16xf32> {sharding.layout = #y}) {
  %0 = stablehlo.concatenate %a, %b, dim = 0 {sharding.layouts = [#y]} : (tensor<8xf32>, tensor<8xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// Windows that lie inside a shard scatter inside it.
// CHECK-LABEL: @pool_gradient
// CHECK-NOT:   = spmd.
// CHECK:       "stablehlo.select_and_scatter"(%a, %b, %{{.*}})
// CHECK:       (tensor<4xf32>, tensor<2xf32>, tensor<f32>) -> tensor<4xf32>
// CHECK-NOT:   = spmd.
// CHECK:       return
func.func @pool_gradient(%a: tensor<16xf32> {sharding.layout = #y}, %b: tensor<8xf32> {sharding.layout = #y}) -> (tensor<16xf32> {sharding.layout = #y}) {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %0 = "stablehlo.select_and_scatter"(%a, %b, %zero) <{window_dimensions = array<i64: 2>, window_strides = array<i64: 2>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %c = stablehlo.compare GE, %p, %q, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }, {
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %c = stablehlo.add %p, %q : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) {sharding.layouts = [#y]} : (tensor<16xf32>, tensor<8xf32>, tensor<f32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// Windows that overlap see a neighbour's element, whose own device runs them as well.
// CHECK-LABEL: @overlapping
// CHECK:       spmd.collective_permute {{.*}}because = "halo of select_and_scatter"
// CHECK-NOT:   all_gather
// CHECK:       "stablehlo.select_and_scatter"(%{{.*}}) <{{.*}}padding = dense<0>
// CHECK:       (tensor<7xf32>, tensor<3xf32>, tensor<f32>) -> tensor<7xf32>
// CHECK:       stablehlo.pad %{{.*}}, low = [-2], high = [-1]
func.func @overlapping(%a: tensor<16xf32> {sharding.layout = #y}, %b: tensor<8xf32> {sharding.layout = #y}) -> (tensor<16xf32> {sharding.layout = #y}) {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %0 = "stablehlo.select_and_scatter"(%a, %b, %zero) <{window_dimensions = array<i64: 3>, window_strides = array<i64: 2>, padding = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %c = stablehlo.compare GE, %p, %q, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }, {
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %c = stablehlo.add %p, %q : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) {sharding.layouts = [#y]} : (tensor<16xf32>, tensor<8xf32>, tensor<f32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}
