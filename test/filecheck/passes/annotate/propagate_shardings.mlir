// RUN: eggshard-opt %s -p import-sdy,propagate-shardings,export-sdy | filecheck %s

sdy.mesh @mesh = <["a"=2, "b"=2, "c"=2]>

// Axes flow through a product: rows, columns, and the contracted dimension.
// CHECK-LABEL: @product
// CHECK-SAME:    [{"a"}, {"b"}]
// CHECK-SAME:    [{"b", ?}, {?}]
// CHECK-SAME:    -> (tensor<8x16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a", ?}, {?}]>})
// CHECK-NEXT:    stablehlo.dot_general
// CHECK-SAME:    <@mesh, [{"a", ?}, {?}]>
func.func @product(%x: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {"b"}]>}, %y: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<8x8xf32>, tensor<8x16xf32>) -> tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}

// A closed dimension takes no axis, an open one does.
// CHECK-LABEL: @closed
// CHECK-NEXT:    stablehlo.add
// CHECK-SAME:    <@mesh, [{}, {"b", ?}]>
func.func @closed(%x: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {"b"}]>}) -> tensor<8x8xf32> {
  %0 = stablehlo.add %x, %x {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{}, {?}]>]>} : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// A replicated axis stays so; another axis of the same dimension stops at it too.
// CHECK-LABEL: @replicated
// CHECK-NEXT:    stablehlo.add
// CHECK-SAME:    <@mesh, [{?}, {"c", ?}], replicated={"a"}>
func.func @replicated(%x: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a", "b"}, {"c"}]>}) -> tensor<8x8xf32> {
  %0 = stablehlo.add %x, %x {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{?}, {?}], replicated={"a"}>]>} : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// A split dimension cuts its axes: the major factor of size 2 takes "a", the minor one the rest.
// CHECK-LABEL: @split
// CHECK-NEXT:    stablehlo.reshape
// CHECK-SAME:    <@mesh, [{"a", ?}, {"b", ?}]>
func.func @split(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a", "b"}]>}) -> tensor<2x4xf32> {
  %0 = stablehlo.reshape %x : (tensor<8xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// Merged dimensions join their axes, but not under a major dimension that is only partly sharded.
// CHECK-LABEL: @merged
// CHECK:         stablehlo.reshape
// CHECK-SAME:    <@mesh, [{"a", "b", ?}]>
// CHECK-NEXT:    stablehlo.reshape
// CHECK-SAME:    <@mesh, [{"a", ?}]>
func.func @merged(%x: tensor<2x4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {"b"}]>}, %y: tensor<4x2xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {"b"}]>}) -> (tensor<8xf32>, tensor<8xf32>) {
  %0 = stablehlo.reshape %x : (tensor<2x4xf32>) -> tensor<8xf32>
  %1 = stablehlo.reshape %y : (tensor<4x2xf32>) -> tensor<8xf32>
  return %0, %1 : tensor<8xf32>, tensor<8xf32>
}

// A rule that the program brings along is used for an op that nobody knows.
// CHECK-LABEL: @own_rule
// CHECK-NEXT:    stablehlo.custom_call @swap
// CHECK-SAME:    <@mesh, [{"b", ?}, {"a", ?}]>
func.func @own_rule(%x: tensor<8x4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {"b"}]>}) -> tensor<4x8xf32> {
  %0 = stablehlo.custom_call @swap(%x) {sdy.sharding_rule = #sdy.op_sharding_rule<([i, j])->([j, i]) {i=8, j=4}, custom>} : (tensor<8x4xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// Without a rule nothing passes.
// CHECK-LABEL: @no_rule
// CHECK-NEXT:    stablehlo.custom_call @unknown(%x) : (tensor<8x4xf32>) -> tensor<8x4xf32>
func.func @no_rule(%x: tensor<8x4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {"b"}]>}) -> tensor<8x4xf32> {
  %0 = stablehlo.custom_call @unknown(%x) : (tensor<8x4xf32>) -> tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}
