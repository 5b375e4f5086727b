// RUN: eggshard-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics --allow-unregistered-dialect | filecheck %s

// CHECK: axis "z" is not in mesh @mesh (axes: "a", "b")
sdy.mesh @mesh = <["a"=2, "b"=8]>
func.func @unknown_axis(%x: tensor<8x16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"z"}, {}]>}) {
  return
}

// -----

// CHECK: argument 0 of @rank: sharding has 1 dimensions, the tensor has 2
sdy.mesh @mesh = <["a"=2, "b"=8]>
func.func @rank(%x: tensor<8x16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}) {
  return
}

// -----

// CHECK: sub-axes "b":(1)2 and "b":(2)2 follow each other; write them as one
sdy.mesh @mesh = <["a"=2, "b"=8]>
func.func @mergeable(%x: tensor<8x16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"b":(1)2, "b":(2)2}, {}]>}) {
  return
}

// -----

// CHECK: replicated axes are not in the order of the mesh
sdy.mesh @mesh = <["a"=2, "b"=8]>
func.func @order(%x: tensor<8x16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {}], replicated={"b", "a"}>}) {
  return
}

// -----

// CHECK: dim 0 is empty and closed and has priority 1
sdy.mesh @mesh = <["a"=2, "b"=8]>
func.func @priority(%x: tensor<8x16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}p1, {}]>}) {
  return
}

// -----

// CHECK: sharding on a single device has dimensions or axes
sdy.mesh @mesh = <[], device_ids=[0]>
func.func @single_device(%x: tensor<8x16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {}]>}) {
  return
}

// -----

// CHECK: expected a priority, as in p1, not q1
func.func @bad_priority(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}q1]>}) {
  return
}

// -----

// CHECK: no axes are replicated
func.func @no_replicated_axes(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}], replicated={}>}) {
  return
}

// -----

// CHECK: results have 2 shardings; there are 1 values
sdy.mesh @mesh = <["a"=2]>
func.func @results(%x: tensor<8xf32>) {
  %y = "test.op"(%x) {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{}]>, <@mesh, [{}]>]>} : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

// CHECK: operand has no sharding; this collective needs one
sdy.mesh @mesh = <["a"=2]>
func.func @all_gather(%x: tensor<8xf32>) {
  %y = sdy.all_gather [{}] %x out_sharding=<@mesh, [{}]> : tensor<8xf32>
  return
}

// -----

// CHECK: axes {"a"} of the operand do not end with {"b"}
sdy.mesh @mesh = <["a"=2, "b"=2]>
func.func @all_gather_other_axis(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}) {
  %y = sdy.all_gather [{"b"}] %x out_sharding=<@mesh, [{"a"}]> : tensor<8xf32>
  return
}

// -----

// CHECK: result dim 0 has axes {"a"}, must have {"a", "b"}
sdy.mesh @mesh = <["a"=2, "b"=2]>
func.func @all_slice(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}) {
  %y = sdy.all_slice [{"b"}] %x out_sharding=<@mesh, [{"a"}]> : tensor<8xf32>
  return
}

// -----

// CHECK: dim 0 is source or target twice
sdy.mesh @mesh = <["a"=2]>
func.func @all_to_all(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}) {
  %y = sdy.all_to_all [{"a"}: 0->0] %x out_sharding=<@mesh, [{"a"}]> : tensor<8xf32>
  return
}

// -----

// CHECK: result dim 0 has 1 shards, the operand 2
sdy.mesh @mesh = <["a"=2]>
func.func @collective_permute(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}) {
  %y = sdy.collective_permute %x out_sharding=<@mesh, [{}]> : tensor<8xf32>
  return
}

// -----

// CHECK: reduction axis "a" shards or replicates the operand
sdy.mesh @mesh = <["a"=2]>
func.func @all_reduce(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}) {
  %y = sdy.all_reduce {"a"} %x out_sharding=<@mesh, [{"a"}]> : tensor<8xf32>
  return
}

// -----

// CHECK: result dim 0 has axes {"b"}, must have {"b", "a"}
sdy.mesh @mesh = <["a"=2, "b"=2]>
func.func @reduce_scatter(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"b"}]>}) {
  %y = sdy.reduce_scatter [{"a"}] %x out_sharding=<@mesh, [{"b"}]> : tensor<8xf32>
  return
}

// -----

// CHECK: result has unreduced axes {"b"}, must have {"a"}
sdy.mesh @mesh = <["a"=2, "b"=2]>
func.func @replicated_to_unreduced(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}]>}) {
  %y = sdy.replicated_to_unreduced {"a"} %x out_sharding=<@mesh, [{}], unreduced={"b"}> : tensor<8xf32>
  return
}

// -----

// CHECK: result has unreduced axes {}, must have {"a"}
sdy.mesh @mesh = <["a"=2, "b"=2]>
func.func @sharded_to_unreduced(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}) {
  %y = sdy.sharded_to_unreduced [{"a"}] %x out_sharding=<@mesh, [{}]> : tensor<8xf32>
  return
}

// -----

// CHECK: barrier lets shardings pass in both directions
func.func @barrier(%x: tensor<8xf32>) {
  %y = sdy.propagation_barrier %x allowed_direction=BOTH : tensor<8xf32>
  return
}

// -----

// CHECK: input has 2 uses; the edge must be its only one
func.func @data_flow_edge(%x: tensor<8xf32>) {
  %y = sdy.data_flow_edge %x : tensor<8xf32>
  %z = "test.op"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

// CHECK: operand comes from sdy.constant; it must come from a call or be an argument
func.func @func_data_flow_edge() {
  %x = sdy.constant dense<1.0> : tensor<8xf32>
  %y = sdy.func_data_flow_edge %x : tensor<8xf32>
  return
}

// -----

// CHECK: value is dense<1.000000e+00> : tensor<4xf32>; the result has type tensor<8xf32>
func.func @constant() {
  %0 = "sdy.constant"() <{value = dense<1.0> : tensor<4xf32>}> : () -> tensor<8xf32>
  return
}

// -----

// CHECK: axis "z" is not in mesh @mesh
sdy.mesh @mesh = <["a"=2]>
func.func @sharding_constraint(%x: tensor<8xf32>) {
  %y = sdy.sharding_constraint %x <@mesh, [{"z"}]> : tensor<8xf32>
  return
}

// -----

// CHECK: mesh @nowhere is not defined (meshes: none)
func.func @reshard(%x: tensor<8xf32>) {
  %y = sdy.reshard %x <@nowhere, [{}]> : tensor<8xf32>
  return
}

// -----

// CHECK: Expected 'group_id'
func.func @sharding_group(%x: tensor<8xf32>) {
  sdy.sharding_group %x : tensor<8xf32>
  return
}

// -----

// CHECK: operand 0 has type tensor<8xf32>; along its manual axes the body must see shape 4, not tensor<8xf32>
sdy.mesh @mesh = <["a"=2]>
func.func @manual_computation(%x: tensor<8xf32>) {
  %y = sdy.manual_computation(%x) in_shardings=[<@mesh, [{"a"}]>] out_shardings=[<@mesh, [{"a"}]>] manual_axes={"a"} (%z: tensor<8xf32>) {
    sdy.return %z : tensor<8xf32>
  } : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

// CHECK: operand 0 dim 0 has manual axis "a" after free axis "b"
sdy.mesh @mesh = <["a"=2, "b"=2]>
func.func @manual_after_free(%x: tensor<8xf32>) {
  %y = sdy.manual_computation(%x) in_shardings=[<@mesh, [{"b", "a"}]>] out_shardings=[<@mesh, [{"a"}]>] manual_axes={"a"} (%z: tensor<4xf32>) {
    sdy.return %z : tensor<4xf32>
  } : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

// CHECK: axis "a" is manual already in an enclosing sdy.manual_computation
sdy.mesh @mesh = <["a"=2, "b"=2]>
func.func @manual_twice(%x: tensor<8xf32>) {
  %y = sdy.manual_computation(%x) in_shardings=[<@mesh, [{"a"}]>] out_shardings=[<@mesh, [{"a"}]>] manual_axes={"a"} (%z: tensor<4xf32>) {
    %w = sdy.sharding_constraint %z <@mesh, [{"a"}]> : tensor<4xf32>
    sdy.return %w : tensor<4xf32>
  } : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

// CHECK: results have types (tensor<8xf32>), in the body (); they must be equal
func.func @named_computation(%x: tensor<8xf32>) {
  %y = sdy.named_computation<"f">(%x) (%z: tensor<8xf32>) {
    sdy.return
  } : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

// CHECK: body ends with stablehlo.return, must end with sdy.return
func.func @return(%x: tensor<8xf32>) {
  %y = sdy.named_computation<"f">(%x) (%z: tensor<8xf32>) {
    "stablehlo.return"(%z) : (tensor<8xf32>) -> ()
  } : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

// CHECK: reduction factor j is in a result
sdy.mesh @mesh = <["a"=2]>
func.func @rule(%x: tensor<8xf32>) {
  %y = "test.op"(%x) {sdy.sharding_rule = #sdy.op_sharding_rule<([i])->([j]) {i=8, j=8} reduction={j}>} : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

// CHECK: factor sizes are out of order; expected i, j
func.func @rule_order(%x: tensor<8xf32>) {
  %y = "test.op"(%x) {sdy.sharding_rule = #sdy.op_sharding_rule<([i])->([j]) {j=8, i=8}>} : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

// CHECK: mesh has 2 axes named "a"
sdy.mesh @mesh = <["a"=2, "a"=2]>
