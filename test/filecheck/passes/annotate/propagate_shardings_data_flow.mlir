// RUN: eggshard-opt %s -p import-sdy,propagate-shardings,export-sdy | filecheck %s

sdy.mesh @mesh = <["a"=2, "b"=2]>

// A loop has one layout for what goes in, is carried and comes out.
// CHECK-LABEL: @loop
// CHECK-SAME:    -> (tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a", ?}]>})
// CHECK:         stablehlo.while
// CHECK:         stablehlo.sine
// CHECK-SAME:    <@mesh, [{"a", ?}]>
func.func @loop(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}, %p: tensor<i1>) -> tensor<8xf32> {
  %0 = stablehlo.while(%arg = %x) : tensor<8xf32>
  cond {
    stablehlo.return %p : tensor<i1>
  } do {
    %1 = stablehlo.sine %arg : tensor<8xf32>
    stablehlo.return %1 : tensor<8xf32>
  }
  return %0 : tensor<8xf32>
}

// The result of branches takes what one of them has and the other does not contradict.
// CHECK-LABEL: @branches
// CHECK-SAME:    -> (tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a", "b", ?}]>})
func.func @branches(%i: tensor<i32>, %x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a", "b"}]>}, %y: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}) -> tensor<8xf32> {
  %0 = "stablehlo.case"(%i) ({
    stablehlo.return %x : tensor<8xf32>
  }, {
    stablehlo.return %y : tensor<8xf32>
  }) : (tensor<i32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// Where branches contradict each other it takes nothing.
// CHECK-LABEL: @contradiction
// CHECK-SAME:    -> tensor<8xf32> {
func.func @contradiction(%i: tensor<i32>, %x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"b"}]>}, %y: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}) -> tensor<8xf32> {
  %0 = "stablehlo.case"(%i) ({
    stablehlo.return %x : tensor<8xf32>
  }, {
    stablehlo.return %y : tensor<8xf32>
  }) : (tensor<i32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// A manual computation shows its body the free axes only, and keeps its manual axes in front outside.
// CHECK-LABEL: @manual
// CHECK:         sdy.manual_computation(%x)
// CHECK-SAME: in_shardings=[<@mesh, [{"a", "b", ?}, {?}]>] out_shardings=[<@mesh, [{"a", "b", ?}, {?}]>]
// CHECK-NEXT:    stablehlo.sine
// CHECK-SAME:    <@mesh, [{"b", ?}, {?}]>
func.func @manual(%x: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a", "b"}, {?}]>}) -> tensor<8x8xf32> {
  %0 = sdy.manual_computation(%x) in_shardings=[<@mesh, [{"a", ?}, {?}]>] out_shardings=[<@mesh, [{"a", ?}, {?}]>] manual_axes={"a"} (%y: tensor<4x8xf32>) {
    %1 = stablehlo.sine %y : tensor<4x8xf32>
    sdy.return %1 : tensor<4x8xf32>
  } : (tensor<8x8xf32>) -> tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// The free axes do not include manual ones that no dimension names.
// CHECK-LABEL: @manual_unnamed
// CHECK:         in_shardings=[<@mesh, [{"a", ?}], replicated={"b"}>]
func.func @manual_unnamed(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a", "b"}]>}) -> tensor<8xf32> {
  %0 = sdy.manual_computation(%x) in_shardings=[<@mesh, [{?}]>] out_shardings=[<@mesh, [{?}]>] manual_axes={"b"} (%y: tensor<8xf32>) {
    sdy.return %y : tensor<8xf32>
  } : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// An edge may also stand for a result of a manual computation.
// CHECK-LABEL: @edge_of_manual
// CHECK:         sdy.data_flow_edge %0 sharding=<@mesh, [{"a"}, {"b", ?}]>
// CHECK:         stablehlo.sine %1
// CHECK-SAME:    <@mesh, [{"a", ?}, {"b", ?}]>
func.func @edge_of_manual(%x: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {?}]>}) -> tensor<8x8xf32> {
  %0 = sdy.manual_computation(%x) in_shardings=[<@mesh, [{"a"}, {?}]>] out_shardings=[<@mesh, [{"a"}, {?}]>] manual_axes={"a"} (%y: tensor<4x8xf32>) {
    %1 = stablehlo.sine %y {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{}, {"b", ?}]>]>} : tensor<4x8xf32>
    sdy.return %1 : tensor<4x8xf32>
  } : (tensor<8x8xf32>) -> tensor<8x8xf32>
  %2 = sdy.data_flow_edge %0 sharding=<@mesh, [{"a"}, {?}]> : tensor<8x8xf32>
  %3 = stablehlo.sine %2 : tensor<8x8xf32>
  return %3 : tensor<8x8xf32>
}
