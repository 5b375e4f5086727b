// RUN: eggshard-opt %s -p partition --split-input-file | filecheck %s

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"x"}, {}]>
#columns = #sharding.layout<@mesh, [{}, {"x"}]>
#whole = #sharding.layout<@mesh, [{}, {}]>

// One collective each, with the cause of the reshard.
// CHECK-LABEL: @moves
// CHECK-NEXT:  spmd.all_gather %a {axes = ["x"], dim = 0, because = "gathered"} : tensor<4x16xf32> -> tensor<8x16xf32>
// CHECK-NEXT:  spmd.slice %b {axes = ["x"], dim = 0, because = "sliced"} : tensor<8x16xf32> -> tensor<4x16xf32>
// CHECK-NEXT:  spmd.all_to_all %a {axes = ["x"], split_dim = 1, concat_dim = 0, because = "moved"} : tensor<4x16xf32> -> tensor<8x8xf32>
// CHECK-NEXT:  return
func.func @moves(%a: tensor<8x16xf32> {sharding.layout = #rows}, %b: tensor<8x16xf32>) -> (tensor<8x16xf32>, tensor<8x16xf32> {sharding.layout = #rows}, tensor<8x16xf32> {sharding.layout = #columns}) {
  %0 = sharding.reshard %a : #rows -> #whole because "gathered" : tensor<8x16xf32>
  %1 = sharding.reshard %b : #whole -> #rows because "sliced" : tensor<8x16xf32>
  %2 = sharding.reshard %a : #rows -> #columns because "moved" : tensor<8x16xf32>
  return %0, %1, %2 : tensor<8x16xf32>, tensor<8x16xf32>, tensor<8x16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=2, "z"=2]>
#xy = #sharding.layout<@mesh, [{"x"}, {"y"}]>
#yx = #sharding.layout<@mesh, [{"y"}, {"x"}]>

// Axes that change places: each device sends its shard to the one that holds it afterwards; along z all do the same.
// CHECK-LABEL: @permuted
// CHECK-NEXT:  spmd.collective_permute %a {axes = ["x", "y"], pairs = [0->0, 1->1, 2->4, 3->5, 4->2, 5->3, 6->6, 7->7]} : tensor<4x8xf32> -> tensor<4x8xf32>
func.func @permuted(%a: tensor<8x16xf32> {sharding.layout = #xy}) -> (tensor<8x16xf32> {sharding.layout = #yx}) {
  %0 = sharding.reshard %a : #xy -> #yx : tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#whole = #sharding.layout<@mesh, [{}, {}]>
#columns = #sharding.layout<@mesh, [{}, {"x"}]>
#sums = #sharding.layout<@mesh, [{}, {}], partial={sum: "x"}>
#largest = #sharding.layout<@mesh, [{}, {}], partial={max: "x"}>

// Terms are combined, with the slice that follows in one; a whole value becomes a term on the first device.
// CHECK-LABEL: @partial
// CHECK-NEXT:  %[[D:.*]] = spmd.device_index {axes = ["x"]}
// CHECK:       %[[FIRST:.*]] = stablehlo.compare EQ, %[[D]]
// CHECK:       %[[SUMS:.*]] = stablehlo.select %{{.*}}, %a
// CHECK-NEXT:  spmd.all_reduce %[[SUMS]] {axes = ["x"], kind = sum}
// CHECK-NEXT:  spmd.reduce_scatter %[[SUMS]] {axes = ["x"], dim = 1, kind = sum}
// CHECK-NEXT:  %[[MAX:.*]] = stablehlo.negate
// CHECK-NEXT:  spmd.all_reduce %[[MAX]] {axes = ["x"], kind = max}
func.func @partial(%a: tensor<8x16xf32>) -> (tensor<8x16xf32>, tensor<8x16xf32> {sharding.layout = #columns}, tensor<8x16xf32>) {
  %0 = sharding.reshard %a : #whole -> #sums : tensor<8x16xf32>
  %1 = sharding.reshard %0 : #sums -> #whole : tensor<8x16xf32>
  %2 = sharding.reshard %0 : #sums -> #columns : tensor<8x16xf32>
  %3 = stablehlo.negate %a {sharding.layouts = [#largest]} : tensor<8x16xf32>
  %4 = sharding.reshard %3 : #largest -> #whole : tensor<8x16xf32>
  return %1, %2, %4 : tensor<8x16xf32>, tensor<8x16xf32>, tensor<8x16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#x = #sharding.layout<@mesh, [{"x"}]>
#y = #sharding.layout<@mesh, [{"y"}]>
#whole = #sharding.layout<@mesh, [{}]>

// What is gathered loses its padding, and what is sliced gets some first.
// CHECK-LABEL: @padded
// CHECK-NEXT:  %[[EVEN:.*]] = spmd.all_gather %a {axes = ["y"], dim = 0} : tensor<2xf32> -> tensor<8xf32>
// CHECK-NEXT:  stablehlo.slice %[[EVEN]] [0:6]
// CHECK:       %[[PADDED:.*]] = stablehlo.pad %b, %{{.*}}, low = [0], high = [2]
// CHECK-NEXT:  spmd.slice %[[PADDED]] {axes = ["y"], dim = 0} : tensor<8xf32> -> tensor<2xf32>
func.func @padded(%a: tensor<6xf32> {sharding.layout = #y}, %b: tensor<6xf32>) -> (tensor<6xf32>, tensor<6xf32> {sharding.layout = #y}) {
  %0 = sharding.reshard %a : #y -> #whole : tensor<6xf32>
  %1 = sharding.reshard %b : #whole -> #y : tensor<6xf32>
  return %0, %1 : tensor<6xf32>, tensor<6xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#x = #sharding.layout<@mesh, [{"x"}]>
#y = #sharding.layout<@mesh, [{"y"}]>

// Shards padded to different widths do not line up, so nothing but the whole will do; shards that divide do.
// CHECK-LABEL: @padded_differently
// CHECK-NEXT:  %[[EVEN:.*]] = spmd.all_gather %a
// CHECK-NEXT:  %[[WHOLE:.*]] = stablehlo.slice %[[EVEN]] [0:6]
// CHECK-NEXT:  spmd.slice %[[WHOLE]] {axes = ["x"], dim = 0} : tensor<6xf32> -> tensor<3xf32>
// CHECK-NEXT:  %[[P:.*]] = spmd.collective_permute %b
// CHECK-NEXT:  spmd.all_gather %[[P]] {axes = ["y":(2)2], dim = 0} : tensor<2xf32> -> tensor<4xf32>
func.func @padded_differently(%a: tensor<6xf32> {sharding.layout = #y}, %b: tensor<8xf32> {sharding.layout = #y}) -> (tensor<6xf32> {sharding.layout = #x}, tensor<8xf32> {sharding.layout = #x}) {
  %0 = sharding.reshard %a : #y -> #x : tensor<6xf32>
  %1 = sharding.reshard %b : #y -> #x : tensor<8xf32>
  return %0, %1 : tensor<6xf32>, tensor<8xf32>
}
