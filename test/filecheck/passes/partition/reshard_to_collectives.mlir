// RUN: eggshard-opt %s -p reshard-to-collectives | filecheck %s
// RUN: eggshard-opt %s -p import-sdy,reshard-to-collectives,export-sdy | filecheck %s

sdy.mesh @mesh = <["x"=2, "y"=2, "z"=4]>
sdy.mesh @reordered = <["x"=2, "y"=2, "z"=4], device_ids=[15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]>
sdy.mesh @other = <["a"=4]>

// A reshard to what is there is dropped.
// CHECK-LABEL: @redundant
// CHECK-NEXT:  return %a
func.func @redundant(%a: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}]>}) -> tensor<16x8xf32> {
  %0 = sdy.reshard %a <@mesh, [{"x", ?}, {?}]> : tensor<16x8xf32>
  return %0 : tensor<16x8xf32>
}

// Minor axes that go are gathered.
// CHECK-LABEL: @gather
// CHECK-NEXT:  sdy.all_gather [{"y"}, {"z":(2)2}] %a out_sharding=<@mesh, [{"x"}, {"z":(1)2}]>
func.func @gather(%a: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x", "y"}, {"z"}]>}) -> tensor<16x8xf32> {
  %0 = sdy.reshard %a <@mesh, [{"x"}, {"z":(1)2}]> : tensor<16x8xf32>
  return %0 : tensor<16x8xf32>
}

// Minor axes that come are sliced, with no layout before it too.
// CHECK-LABEL: @slice
// CHECK-NEXT:  sdy.all_slice [{"x"}, {"y", "z"}] %a out_sharding=<@mesh, [{"x"}, {"y", "z"}]>
func.func @slice(%a: tensor<16x8xf32>) -> tensor<16x8xf32> {
  %0 = sdy.reshard %a <@mesh, [{"x"}, {"y", "z"}]> : tensor<16x8xf32>
  return %0 : tensor<16x8xf32>
}

// An axis that changes its dimension moves.
// CHECK-LABEL: @move
// CHECK-NEXT:  sdy.all_to_all [{"x"}: 0->1] %a out_sharding=<@mesh, [{}, {"x"}]>
func.func @move(%a: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}]>}) -> tensor<16x8xf32> {
  %0 = sdy.reshard %a <@mesh, [{}, {"x"}]> : tensor<16x8xf32>
  return %0 : tensor<16x8xf32>
}

// Axes that change places are renamed.
// CHECK-LABEL: @swap
// CHECK-NEXT:  sdy.collective_permute %a out_sharding=<@mesh, [{"y"}, {"x"}]>
// CHECK-NEXT:  return
func.func @swap(%a: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {"y"}]>}) -> tensor<16x8xf32> {
  %0 = sdy.reshard %a <@mesh, [{"y"}, {"x"}]> : tensor<16x8xf32>
  return %0 : tensor<16x8xf32>
}

// A slice first makes all that follows smaller; here on the dimension that the axes leave, to move both at once.
// CHECK-LABEL: @slice_ahead
// CHECK-NEXT:  %[[S:.*]] = sdy.all_slice [{}, {"y"}] %a out_sharding=<@mesh, [{}, {"x", "y"}]>
// CHECK-NEXT:  sdy.all_to_all [{"x", "y"}: 1->0] %[[S]] out_sharding=<@mesh, [{"x", "y"}, {}]>
func.func @slice_ahead(%a: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {"x"}]>}) -> tensor<16x8xf32> {
  %0 = sdy.reshard %a <@mesh, [{"x", "y"}, {}]> : tensor<16x8xf32>
  return %0 : tensor<16x8xf32>
}

// Not if that dimension does not divide.
// CHECK-LABEL: @not_ahead
// CHECK-NEXT:  sdy.all_slice [{"y"}, {}] %a out_sharding=<@mesh, [{"y"}, {"x"}]>
// CHECK-NEXT:  sdy.collective_permute
// CHECK-NEXT:  sdy.all_to_all
func.func @not_ahead(%a: tensor<16x2xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {"x"}]>}) -> tensor<16x2xf32> {
  %0 = sdy.reshard %a <@mesh, [{"x", "y"}, {}]> : tensor<16x2xf32>
  return %0 : tensor<16x2xf32>
}

// Another order of devices is a permute.
// CHECK-LABEL: @devices
// CHECK-NEXT:  sdy.collective_permute %a out_sharding=<@reordered, [{"x"}, {}]>
func.func @devices(%a: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}]>}) -> tensor<16x8xf32> {
  %0 = sdy.reshard %a <@reordered, [{"x"}, {}]> : tensor<16x8xf32>
  return %0 : tensor<16x8xf32>
}

// What has other axes cannot be spelled out.
// CHECK-LABEL: @other_axes
// CHECK-NEXT:  sdy.reshard %a <@other, [{"a"}, {}]>
func.func @other_axes(%a: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}]>}) -> tensor<16x8xf32> {
  %0 = sdy.reshard %a <@other, [{"a"}, {}]> : tensor<16x8xf32>
  return %0 : tensor<16x8xf32>
}

// Barriers do not hide where a tensor lies.
// CHECK-LABEL: @barrier
// CHECK:       sdy.all_gather [{"x"}, {}] %a out_sharding=<@mesh, [{}, {}]>
func.func @barrier(%a: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}]>}) -> tensor<16x8xf32> {
  %0 = sdy.propagation_barrier %a allowed_direction=NONE : tensor<16x8xf32>
  %1 = sdy.reshard %0 <@mesh, [{}, {}]> : tensor<16x8xf32>
  return %1 : tensor<16x8xf32>
}

// Terms are added up and sliced at once.
// CHECK-LABEL: @unreduced_to_sharded
// CHECK-NEXT:  sdy.reduce_scatter [{}, {"y"}] %a out_sharding=<@mesh, [{"x"}, {"y"}]>
func.func @unreduced_to_sharded(%a: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}], unreduced={"y"}>}) -> tensor<16x8xf32> {
  %0 = sdy.reshard %a <@mesh, [{"x"}, {"y"}]> : tensor<16x8xf32>
  return %0 : tensor<16x8xf32>
}

// Terms are added up before anything is gathered.
// CHECK-LABEL: @unreduced_to_replicated
// CHECK-NEXT:  %[[R:.*]] = sdy.all_reduce {"y"} %a out_sharding=<@mesh, [{"x"}, {}]>
// CHECK-NEXT:  sdy.all_gather [{"x"}, {}] %[[R]] out_sharding=<@mesh, [{}, {}]>
func.func @unreduced_to_replicated(%a: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}], unreduced={"y"}>}) -> tensor<16x8xf32> {
  %0 = sdy.reshard %a <@mesh, [{}, {}]> : tensor<16x8xf32>
  return %0 : tensor<16x8xf32>
}

// CHECK-LABEL: @replicated_to_unreduced
// CHECK-NEXT:  sdy.replicated_to_unreduced {"y"} %a out_sharding=<@mesh, [{"x"}, {}], unreduced={"y"}>
func.func @replicated_to_unreduced(%a: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}]>}) -> tensor<16x8xf32> {
  %0 = sdy.reshard %a <@mesh, [{"x"}, {}], unreduced={"y"}> : tensor<16x8xf32>
  return %0 : tensor<16x8xf32>
}

// Shards become terms where they lie: zeros stand in for the shards of the others, and nothing is sent.
// CHECK-LABEL: @sharded_to_unreduced
// CHECK-NEXT:  sdy.sharded_to_unreduced [{"y"}, {"z":(2)2}] %a out_sharding=<@mesh, [{"x"}, {"z":(1)2}], unreduced={"y", "z":(2)2}>
// CHECK-NEXT:  return
func.func @sharded_to_unreduced(%a: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x", "y"}, {"z"}]>}) -> tensor<16x8xf32> {
  %0 = sdy.reshard %a <@mesh, [{"x"}, {"z":(1)2}], unreduced={"y", "z":(2)2}> : tensor<16x8xf32>
  return %0 : tensor<16x8xf32>
}

// Only minor axes of a dimension can: here the dimension is gathered.
// CHECK-LABEL: @major_to_unreduced
// CHECK-NEXT:  %[[G:.*]] = sdy.all_gather
// CHECK-NOT:   sharded_to_unreduced
// CHECK:       sdy.replicated_to_unreduced {"x"}
func.func @major_to_unreduced(%a: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x", "y"}, {}]>}) -> tensor<16x8xf32> {
  %0 = sdy.reshard %a <@mesh, [{}, {}], unreduced={"x"}> : tensor<16x8xf32>
  return %0 : tensor<16x8xf32>
}

sdy.mesh @twin = <["x"=2, "y"=2, "z"=4]>

// Which of two equal meshes a layout names makes no difference.
// CHECK-LABEL: @equal_meshes
// CHECK-NEXT:  sdy.all_to_all [{"x"}: 0->1] %a out_sharding=<@mesh, [{}, {"x"}]>
// CHECK-NEXT:  return
func.func @equal_meshes(%a: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}]>}) -> tensor<16x8xf32> {
  %0 = sdy.reshard %a <@twin, [{}, {"x"}]> : tensor<16x8xf32>
  return %0 : tensor<16x8xf32>
}
