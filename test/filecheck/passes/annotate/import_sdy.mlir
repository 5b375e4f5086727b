// RUN: eggshard-opt %s -p import-sdy --allow-unregistered-dialect | filecheck %s
// RUN: eggshard-opt %s -p import-sdy,export-sdy --allow-unregistered-dialect | filecheck %s --check-prefix BACK

// CHECK:       sharding.mesh @mesh = <["a"=2, "b"=4]>
// BACK:        sdy.mesh @mesh = <["a"=2, "b"=4]>
sdy.mesh @mesh = <["a"=2, "b"=4]>

// Equal meshes keep their names.
// CHECK-NEXT:  sharding.mesh @same = <["a"=2, "b"=4]>
// BACK-NEXT:   sdy.mesh @same = <["a"=2, "b"=4]>
sdy.mesh @same = <["a"=2, "b"=4]>

// Meshes written in place follow, in the order of their first use.
// CHECK-NEXT:  sharding.mesh @mesh_0 = <["x"=2]>
// CHECK-NEXT:  sharding.mesh @maximal_mesh_5 = <[], device_ids=[5]>
// CHECK-NEXT:  sharding.mesh @empty_mesh = <[]>
// BACK-NEXT:   sdy.mesh @mesh_0 = <["x"=2]>
// BACK-NEXT:   sdy.mesh @maximal_mesh_5 = <[], device_ids=[5]>
// BACK-NEXT:   sdy.mesh @empty_mesh = <[]>

// CHECK-LABEL: @function
// CHECK-SAME:  %x: tensor<8x8xf32> {a.b, sharding.layout = #sharding.layout<@mesh, [{"a", ?}p1, {?}], replicated={"b":(1)2}, partial={sum: "b":(2)2}>, z.z}
// CHECK-SAME:  %y: tensor<8x8xf32> {sharding.layout = #sharding.layout<@mesh_0, [{"x"}, {}]>}
// CHECK-SAME:  tensor<8x8xf32> {sharding.layout = #sharding.layout<@maximal_mesh_5, []>}
// BACK-LABEL:  @function
// BACK-SAME:   %x: tensor<8x8xf32> {a.b, sdy.sharding = #sdy.sharding<@mesh, [{"a", ?}p1, {?}], replicated={"b":(1)2}, unreduced={"b":(2)2}>, z.z}
// BACK-SAME:   %y: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh_0, [{"x"}, {}]>}
// BACK-SAME:   tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@maximal_mesh_5, []>}
func.func @function(%x: tensor<8x8xf32> {a.b, sdy.sharding = #sdy.sharding<@mesh, [{"a", ?}p1, {?}], replicated={"b":(1)2}, unreduced={"b":(2)2}>, z.z}, %y: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<mesh<["x"=2]>, [{"x"}, {}]>}) -> (tensor<8x8xf32> {sdy.sharding = #sdy.sharding<mesh<[], device_ids=[5]>, []>}) {
  // CHECK-NEXT: %c = sharding.constraint %x <@same, [{"a"}, {}]> {note} : tensor<8x8xf32>
  // BACK-NEXT:  %c = sdy.sharding_constraint %x <@same, [{"a"}, {}]> {note} : tensor<8x8xf32>
  %c = sdy.sharding_constraint %x <@same, [{"a"}, {}]> {note} : tensor<8x8xf32>
  // CHECK-NEXT: %r = sharding.reshard %c : #sharding.layout<@same, [{"a"}, {}]> -> #sharding.layout<@mesh_0, [{}, {"x"}]> : tensor<8x8xf32>
  // BACK-NEXT:  %r = sdy.reshard %c <@mesh_0, [{}, {"x"}]> : tensor<8x8xf32>
  %r = sdy.reshard %c <mesh<["x"=2]>, [{}, {"x"}]> : tensor<8x8xf32>
  // An op keeps its custom rule, and gets a layout for each result.
  // CHECK-NEXT: "test.op"(%r) {sdy.sharding_rule = {{.*}}, sharding.layouts = [#sharding.layout<@mesh, [{?}, {}]>, #sharding.layout<@empty_mesh, [{}, {}]>]}
  // BACK-NEXT:  "test.op"(%r) {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{?}, {}]>, <@empty_mesh, [{}, {}]>]>, sdy.sharding_rule = {{.*}}}
  %0:2 = "test.op"(%r) {sdy.sharding_rule = #sdy.op_sharding_rule<([i, j])->([i, j], [i, j]) {i=8, j=8}, custom>, sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{?}, {}]>, <mesh<[]>, [{}, {}]>]>} : (tensor<8x8xf32>) -> (tensor<8x8xf32>, tensor<8x8xf32>)
  // An op without results may say where it runs.
  // CHECK-NEXT: "test.effect"(%r) {sharding.layouts = [#sharding.layout<@maximal_mesh_5, []>]}
  // BACK-NEXT:  "test.effect"(%r) {sdy.sharding = #sdy.sharding_per_value<[<@maximal_mesh_5, []>]>}
  "test.effect"(%r) {sdy.sharding = #sdy.sharding_per_value<[<mesh<[], device_ids=[5]>, []>]>} : (tensor<8x8xf32>) -> ()
  return %r : tensor<8x8xf32>
}

// Structural ops stay, but for meshes in place.
// CHECK-LABEL: @structure
// BACK-LABEL:  @structure
func.func @structure(%x: tensor<8x8xf32>) {
  // CHECK-NEXT: sdy.manual_computation(%x) in_shardings=[<@mesh_0, [{"x"}, {}]>] out_shardings=[<@mesh_0, [{"x"}, {}]>] manual_axes={"x"}
  // BACK-NEXT:  sdy.manual_computation(%x) in_shardings=[<@mesh_0, [{"x"}, {}]>] out_shardings=[<@mesh_0, [{"x"}, {}]>] manual_axes={"x"}
  %m = sdy.manual_computation(%x) in_shardings=[<mesh<["x"=2]>, [{"x"}, {}]>] out_shardings=[<mesh<["x"=2]>, [{"x"}, {}]>] manual_axes={"x"} (%l: tensor<4x8xf32>) {
    // CHECK-NEXT: sharding.constraint %l <@mesh_0, [{}, {?}]>
    // BACK-NEXT:  sdy.sharding_constraint %l <@mesh_0, [{}, {?}]>
    %n = sdy.sharding_constraint %l <mesh<["x"=2]>, [{}, {?}]> : tensor<4x8xf32>
    sdy.return %n : tensor<4x8xf32>
  } : (tensor<8x8xf32>) -> tensor<8x8xf32>
  // CHECK: sdy.sharding_group %m group_id=3
  // BACK:  sdy.sharding_group %m group_id=3
  sdy.sharding_group %m group_id=3 : tensor<8x8xf32>
  // CHECK-NEXT: sdy.propagation_barrier %m allowed_direction=NONE {sharding.layouts = [#sharding.layout<@mesh, [{"b"}, {}]>]}
  // BACK-NEXT:  sdy.propagation_barrier %m allowed_direction=NONE {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"b"}, {}]>]>}
  %b = sdy.propagation_barrier %m allowed_direction=NONE {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"b"}, {}]>]>} : tensor<8x8xf32>
  // CHECK-NEXT: sdy.all_slice [{"a"}, {}] %b out_sharding=<@mesh, [{"b", "a"}, {}]>
  // BACK-NEXT:  sdy.all_slice [{"a"}, {}] %b out_sharding=<@mesh, [{"b", "a"}, {}]>
  %s = sdy.all_slice [{"a"}, {}] %b out_sharding=<@mesh, [{"b", "a"}, {}]> : tensor<8x8xf32>
  return
}

// A tensor that is alone in a tuple has a layout.
// CHECK-LABEL: @tuple
// CHECK-NEXT:    stablehlo.custom_call @g(%x) {sharding.layouts = [#sharding.layout<@mesh, [{"a"}, {}]>]}
// BACK-LABEL:  @tuple
// BACK-NEXT:     stablehlo.custom_call @g(%x) {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"a"}, {}]>]>}
func.func @tuple(%x: tensor<8x8xf32>) -> tuple<tensor<8x8xf32>> {
  %0 = stablehlo.custom_call @g(%x) {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"a"}, {}]>]>} : (tensor<8x8xf32>) -> tuple<tensor<8x8xf32>>
  func.return %0 : tuple<tensor<8x8xf32>>
}
