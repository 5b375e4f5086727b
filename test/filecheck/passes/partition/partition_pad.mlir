// RUN: eggshard-opt %s -p choose-strategies,insert-reshards,partition --split-input-file | filecheck %s

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// Padding moves every element by one: each device gets the last one of the device before it, and the fill at both ends.
// CHECK-LABEL: @pad
// CHECK-NEXT:  %[[LAST:.*]] = stablehlo.slice %a [3:4]
// CHECK-NEXT:  %[[LEFT:.*]] = spmd.collective_permute %[[LAST]] {axes = ["y"], pairs = [0->1, 1->2, 2->3, 4->5, 5->6, 6->7], because = "halo of pad"}
// CHECK-NEXT:  %[[JOINED:.*]] = stablehlo.concatenate %[[LEFT]], %a
// CHECK-NEXT:  %[[MINE:.*]] = stablehlo.slice %[[JOINED]] [0:4]
// CHECK:       %[[FILL:.*]] = stablehlo.broadcast_in_dim %f
// CHECK-NEXT:  stablehlo.select %{{.*}}, %[[MINE]], %[[FILL]]
func.func @pad(%a: tensor<14xf32> {sharding.layout = #y}, %f: tensor<f32>) -> (tensor<16xf32> {sharding.layout = #y}) {
  %0 = stablehlo.pad %a, %f, low = [1], high = [1], interior = [0] {sharding.layouts = [#y]} : (tensor<14xf32>, tensor<f32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"y"}, {}]>

// Padding of another dimension is local.
// CHECK-LABEL: @pad_other
// CHECK-NEXT:  stablehlo.pad %a, %f, low = [0, 2], high = [0, -1], interior = [0, 1] {{.*}} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x8xf32>
func.func @pad_other(%a: tensor<8x4xf32> {sharding.layout = #rows}, %f: tensor<f32>) -> (tensor<8x8xf32> {sharding.layout = #rows}) {
  %0 = stablehlo.pad %a, %f, low = [0, 2], high = [0, -1], interior = [0, 1] {sharding.layouts = [#rows]} : (tensor<8x4xf32>, tensor<f32>) -> tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// So is a slice, the other way round; what lies in the padding of its result is of no interest.
// CHECK-LABEL: @slice
// CHECK-NEXT:  %[[FIRST:.*]] = stablehlo.slice %a [0:1]
// CHECK-NEXT:  %[[RIGHT:.*]] = spmd.collective_permute %[[FIRST]] {axes = ["y"], pairs = [1->0, 2->1, 3->2, 5->4, 6->5, 7->6], because = "halo of slice"}
// CHECK-NEXT:  %[[JOINED:.*]] = stablehlo.concatenate %a, %[[RIGHT]]
// CHECK-NEXT:  %[[MINE:.*]] = stablehlo.slice %[[JOINED]] [1:5]
// CHECK-NEXT:  stablehlo.slice %[[MINE]] [0:4]
func.func @slice(%a: tensor<16xf32> {sharding.layout = #y}) -> (tensor<14xf32> {sharding.layout = #y}) {
  %0 = stablehlo.slice %a [1:15] {sharding.layouts = [#y]} : (tensor<16xf32>) -> tensor<14xf32>
  return %0 : tensor<14xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// A slice that leaves half of a dimension moves nearly all of it: it is gathered.
// CHECK-LABEL: @half
// CHECK-NEXT:  %[[WHOLE:.*]] = spmd.all_gather %a
// CHECK-NEXT:  %[[HALF:.*]] = stablehlo.slice %[[WHOLE]] [0:8]
// CHECK-NEXT:  spmd.slice %[[HALF]] {axes = ["y"], dim = 0
func.func @half(%a: tensor<16xf32> {sharding.layout = #y}) -> (tensor<8xf32> {sharding.layout = #y}) {
  %0 = stablehlo.slice %a [0:8] {sharding.layouts = [#y]} : (tensor<16xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
