// RUN: eggshard-opt %s -p import-sdy,propagate-shardings,export-sdy | filecheck %s

sdy.mesh @mesh = <["a"=2, "b"=2]>

// Each use of a constant may have it in a layout of its own.
// CHECK-LABEL: @split
// CHECK-DAG:     stablehlo.constant {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"a", ?}]>]>}
// CHECK-DAG:     stablehlo.constant {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"b", ?}]>]>}
// CHECK:         stablehlo.add
func.func @split(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}, %y: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"b"}]>}) -> (tensor<8xf32>, tensor<8xf32>) {
  %c = stablehlo.constant dense<1.0> : tensor<8xf32>
  %0 = stablehlo.add %x, %c : tensor<8xf32>
  %1 = stablehlo.add %y, %c : tensor<8xf32>
  return %0, %1 : tensor<8xf32>, tensor<8xf32>
}

// So it is with what is computed from constants alone, with propagation barriers too.
// CHECK-LABEL: @split_barrier
// CHECK:         sdy.propagation_barrier
// CHECK-SAME:    [<@mesh, [{"a", ?}]>]
// CHECK-NEXT:    sdy.propagation_barrier
// CHECK-SAME:    [<@mesh, [{"b", ?}]>]
// CHECK:         stablehlo.add
func.func @split_barrier(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}, %y: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"b"}]>}) -> (tensor<8xf32>, tensor<8xf32>) {
  %i = stablehlo.iota dim = 0 : tensor<8xf32>
  %c = sdy.propagation_barrier %i allowed_direction=FORWARD : tensor<8xf32>
  %0 = stablehlo.add %x, %c : tensor<8xf32>
  %1 = stablehlo.add %y, %c : tensor<8xf32>
  return %0, %1 : tensor<8xf32>, tensor<8xf32>
}

// Copies that came out alike are one again.
// CHECK-LABEL: @merged
// CHECK:         stablehlo.constant
// CHECK-NOT:     stablehlo.constant
// CHECK:         return
func.func @merged(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}) -> (tensor<8xf32>, tensor<8xf32>) {
  %c = stablehlo.constant dense<1.0> : tensor<8xf32>
  %0 = stablehlo.add %x, %c : tensor<8xf32>
  %1 = stablehlo.subtract %x, %c : tensor<8xf32>
  return %0, %1 : tensor<8xf32>, tensor<8xf32>
}

// A closed constraint is the layout of its operand, which then does not follow %x.
// CHECK-LABEL: @constraint
// CHECK-NEXT:    stablehlo.sine
// CHECK-SAME:    <@mesh, [{"b"}]>
func.func @constraint(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}) -> tensor<8xf32> {
  %0 = stablehlo.sine %x : tensor<8xf32>
  %1 = sdy.sharding_constraint %0 <@mesh, [{"b"}]> : tensor<8xf32>
  return %1 : tensor<8xf32>
}

// An open one is an op like others.
// CHECK-LABEL: @open_constraint
// CHECK-NEXT:    stablehlo.sine
// CHECK-SAME:    <@mesh, [{"a", ?}]>
func.func @open_constraint(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}) -> tensor<8xf32> {
  %0 = stablehlo.sine %x : tensor<8xf32>
  %1 = sdy.sharding_constraint %0 <@mesh, [{"b", ?}]> : tensor<8xf32>
  return %1 : tensor<8xf32>
}

// Members of a group are laid out alike; those that disagree keep their own, and open constraints take their places.
// CHECK-LABEL: @group
// CHECK-SAME:    %x: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {"b", ?}]>}
// CHECK-SAME:    %y: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a", ?}, {"b"}]>}
// CHECK:         sdy.sharding_constraint %y <@mesh, [{"a", ?}, {"b", ?}]>
// CHECK:         sdy.sharding_constraint %x <@mesh, [{"a", ?}, {"b", ?}]>
func.func @group(%x: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {?}]>}, %y: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{?}, {"b"}]>}) -> tensor<8x8xf32> {
  sdy.sharding_group %x group_id=1 : tensor<8x8xf32>
  sdy.sharding_group %y group_id=1 : tensor<8x8xf32>
  %0 = stablehlo.add %x, %y : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
