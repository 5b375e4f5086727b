// RUN: eggshard-opt %s --allow-unregistered-dialect | eggshard-opt --allow-unregistered-dialect | filecheck %s
// RUN: eggshard-opt %s --allow-unregistered-dialect --print-op-generic | eggshard-opt --allow-unregistered-dialect | filecheck %s

// CHECK: sdy.mesh @mesh = <["a"=2, "b"=4, "c"=8]>
sdy.mesh @mesh = <["a"=2, "b"=4, "c"=8]>
// CHECK-NEXT: sdy.mesh @reordered = <["a"=2], device_ids=[1, 0]>
sdy.mesh @reordered = <["a"=2], device_ids=[1, 0]>
// CHECK-NEXT: sdy.mesh @"odd name" = <["a b"=2]> {note}
sdy.mesh @"odd name" = <["a b"=2]> {note}
// CHECK-NEXT: sdy.mesh @maximal = <[], device_ids=[3]>
sdy.mesh @maximal = <[], device_ids=[3]>
// CHECK-NEXT: sdy.mesh @attribute = <["a"=2]>
sdy.mesh @attribute = #sdy.mesh<["a"=2]>

// CHECK-LABEL: @annotations
// CHECK-SAME:  %x: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a", ?}p1, {?}p0], replicated={"b":(1)2}, unreduced={"c"}>}
// CHECK-SAME:  -> (tensor<16x8xf32> {sdy.sharding = #sdy.sharding<mesh<["x"=2]>, [{"x"}, {}]>})
func.func @annotations(%x: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a", ?}p1, {?}p0], unreduced={"c"}, replicated={"b":(1)2}>}) -> (tensor<16x8xf32> {sdy.sharding = #sdy.sharding<mesh<["x"=2]>, [{"x"}, {}]>}) {
  // CHECK-NEXT: %y = sdy.sharding_constraint %x <@mesh, [{"a"}, {"b":(1)2, ?}]> {note} : tensor<16x8xf32>
  %y = sdy.sharding_constraint %x <@mesh, [{"a"}, {"b":(1)2, ?}]> {note} : tensor<16x8xf32>
  // CHECK-NEXT: %z = sdy.reshard %y <@mesh, [{}, {}]> : tensor<16x8xf32>
  %z = sdy.reshard %y <@mesh, [{}, {}]> : tensor<16x8xf32>
  // CHECK-NEXT: %b = sdy.propagation_barrier %z allowed_direction=FORWARD : tensor<16x8xf32>
  %b = sdy.propagation_barrier %z allowed_direction=FORWARD : tensor<16x8xf32>
  // CHECK-NEXT: sdy.sharding_group %b group_id=21 : tensor<16x8xf32>
  sdy.sharding_group %b group_id=21 : tensor<16x8xf32>
  // CHECK-NEXT: %c = sdy.constant {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"a"}, {}]>]>} dense<1.000000e+00> : tensor<16x8xf32>
  %c = sdy.constant {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"a"}, {}]>]>} dense<1.0> : tensor<16x8xf32>
  // CHECK-NEXT: %r = "test.op"
  %r = "test.op"(%c) : (tensor<16x8xf32>) -> tensor<16x8xf32>
  // CHECK-NEXT: %e = sdy.data_flow_edge %r sharding=<@mesh, [{"a"}, {}]> : tensor<16x8xf32>
  %e = sdy.data_flow_edge %r sharding=<@mesh, [{"a"}, {}]> : tensor<16x8xf32>
  // CHECK-NEXT: sdy.sharding_group %e
  sdy.sharding_group %e group_id=0 : tensor<16x8xf32>
  return %b : tensor<16x8xf32>
}

// CHECK-LABEL: @edges
func.func @edges(%x: tensor<8xf32>) -> tensor<8xf32> {
  // CHECK-NEXT: %e = sdy.func_data_flow_edge %x : tensor<8xf32>
  %e = sdy.func_data_flow_edge %x : tensor<8xf32>
  // CHECK-NEXT: %y = "test.op"
  %y = "test.op"(%e) : (tensor<8xf32>) -> tensor<8xf32>
  // CHECK-NEXT: %f = sdy.data_flow_edge %y : tensor<8xf32>
  %f = sdy.data_flow_edge %y : tensor<8xf32>
  return %f : tensor<8xf32>
}

// CHECK-LABEL: @regions
func.func @regions(%x: tensor<16x8xf32>) {
  // CHECK-NEXT: %m = sdy.manual_computation(%x) in_shardings=[<@mesh, [{"a"}, {"b"}]>] out_shardings=[<@mesh, [{"a", ?}, {"b"}], replicated={"c"}>] manual_axes={"a", "b"} (%arg0: tensor<8x2xf32>) {
  // CHECK-NEXT:   sdy.return %arg0 : tensor<8x2xf32>
  // CHECK-NEXT: } : (tensor<16x8xf32>) -> tensor<16x8xf32>
  %m = sdy.manual_computation(%x) in_shardings=[<@mesh, [{"a"}, {"b"}]>] out_shardings=[<@mesh, [{"a", ?}, {"b"}], replicated={"c"}>] manual_axes={"a", "b"} (%arg0: tensor<8x2xf32>) {
    sdy.return %arg0 : tensor<8x2xf32>
  } : (tensor<16x8xf32>) -> tensor<16x8xf32>
  // CHECK-NEXT: sdy.manual_computation() in_shardings=[] out_shardings=[] manual_axes={} () {
  // CHECK-NEXT:   sdy.return
  // CHECK-NEXT: } : () -> ()
  sdy.manual_computation() in_shardings=[] out_shardings=[] manual_axes={} () {
    sdy.return
  } : () -> ()
  // CHECK-NEXT: %n = sdy.named_computation<"foo">(%m) in_shardings=[<@mesh, [{}, {}]>] out_shardings=[<@mesh, [{"a"}, {}]>] (%arg0: tensor<16x8xf32>) {
  // CHECK-NEXT:   sdy.return %arg0 : tensor<16x8xf32>
  // CHECK-NEXT: } {note} : (tensor<16x8xf32>) -> tensor<16x8xf32>
  %n = sdy.named_computation<"foo">(%m) in_shardings=[<@mesh, [{}, {}]>] out_shardings=[<@mesh, [{"a"}, {}]>] (%arg0: tensor<16x8xf32>) {
    sdy.return %arg0 : tensor<16x8xf32>
  } {note} : (tensor<16x8xf32>) -> tensor<16x8xf32>
  // Names outside a computation mean nothing inside.
  // CHECK-NEXT: %o = sdy.named_computation<"bar">(%n) (%{{.*}}: tensor<16x8xf32>) {
  %o = sdy.named_computation<"bar">(%n) (%x: tensor<16x8xf32>) {
    sdy.return %x : tensor<16x8xf32>
  } : (tensor<16x8xf32>) -> tensor<16x8xf32>
  return
}

// CHECK-LABEL: @collectives
func.func @collectives(%x: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {"b":(1)2}]>}) {
  // CHECK-NEXT: sdy.all_gather [{"a"}, {"b":(1)2}] %x out_sharding=<@mesh, [{}, {}]> : tensor<16x8xf32>
  %1 = sdy.all_gather [{"a"}, {"b":(1)2}] %x out_sharding=<@mesh, [{}, {}]> : tensor<16x8xf32>
  // CHECK-NEXT: sdy.all_slice [{"a", "b":(1)2}, {}] %{{.*}} out_sharding=<@mesh, [{"a", "b":(1)2}, {}]> : tensor<16x8xf32>
  %2 = sdy.all_slice [{"a", "b":(1)2}, {}] %1 out_sharding=<@mesh, [{"a", "b":(1)2}, {}]> : tensor<16x8xf32>
  // CHECK-NEXT: sdy.all_to_all [{"b":(1)2}: 0->1] %{{.*}} out_sharding=<@mesh, [{"a"}, {"b":(1)2}]> : tensor<16x8xf32>
  %3 = sdy.all_to_all [{"b":(1)2}: 0->1] %2 out_sharding=<@mesh, [{"a"}, {"b":(1)2}]> : tensor<16x8xf32>
  // CHECK-NEXT: sdy.collective_permute %{{.*}} out_sharding=<@mesh, [{"b":(1)2}, {"a"}]> : tensor<16x8xf32>
  %4 = sdy.collective_permute %3 out_sharding=<@mesh, [{"b":(1)2}, {"a"}]> : tensor<16x8xf32>
  // CHECK-NEXT: sdy.all_reduce {"c"} %{{.*}} out_sharding=<@mesh, [{"b":(1)2}, {"a"}]> : tensor<16x8xf32>
  %5 = sdy.all_reduce {"c"} %4 out_sharding=<@mesh, [{"b":(1)2}, {"a"}]> : tensor<16x8xf32>
  // CHECK-NEXT: sdy.reduce_scatter [{"c"}, {}] %{{.*}} out_sharding=<@mesh, [{"b":(1)2, "c"}, {"a"}]> : tensor<16x8xf32>
  %6 = sdy.reduce_scatter [{"c"}, {}] %5 out_sharding=<@mesh, [{"b":(1)2, "c"}, {"a"}]> : tensor<16x8xf32>
  // CHECK-NEXT: sdy.replicated_to_unreduced {"b":(2)2} %{{.*}} out_sharding=<@mesh, [{"b":(1)2, "c"}, {"a"}], unreduced={"b":(2)2}> : tensor<16x8xf32>
  %7 = sdy.replicated_to_unreduced {"b":(2)2} %6 out_sharding=<@mesh, [{"b":(1)2, "c"}, {"a"}], unreduced={"b":(2)2}> : tensor<16x8xf32>
  // CHECK-NEXT: sdy.sharded_to_unreduced [{}, {"a"}] %{{.*}} out_sharding=<@mesh, [{"b":(1)2, "c"}, {}], unreduced={"a", "b":(2)2}> : tensor<16x8xf32>
  %8 = sdy.sharded_to_unreduced [{}, {"a"}] %7 out_sharding=<@mesh, [{"b":(1)2, "c"}, {}], unreduced={"a", "b":(2)2}> : tensor<16x8xf32>
  return
}

// CHECK-LABEL: @rule
func.func @rule(%x: tensor<16x8xf32>) {
  // CHECK-NEXT: sdy.sharding_rule = #sdy.op_sharding_rule<([i, jk])->([i, l]) {i=16, j=2, k=4, l=8} reduction={j} need_replication={l} permutation={k} blocked_propagation={i, k}, custom>
  %y = "test.op"(%x) {sdy.sharding_rule = #sdy.op_sharding_rule<([i, jk])->([i, l]) {i=16, j=2, k=4, l=8} reduction={j} need_replication={l} permutation={k} blocked_propagation={i, k}, custom>} : (tensor<16x8xf32>) -> tensor<16x8xf32>
  return
}

// CHECK-LABEL: @propagation_edges
func.func @propagation_edges(%x: tensor<16x8xf32>) {
  // CHECK-NEXT: sdy.propagation_edges = #sdy.propagation_edges<[{step-2 = [{"a" = operand-0 -> [result-0]}]}, {step-5 = [{"b":(2)2 = result-0 -> [operand-0]}]}]>
  %y = "test.op"(%x) {sdy.propagation_edges = #sdy.propagation_edges<[{step-2 = [{"a" = operand-0 -> [result-0]}]}, {step-5 = [{"b":(2)2 = result-0 -> [operand-0]}]}]>} : (tensor<16x8xf32>) -> tensor<16x8xf32>
  return
}
