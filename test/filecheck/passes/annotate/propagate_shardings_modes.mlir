// RUN: eggshard-opt %s -p 'import-sdy,propagate-shardings{mode=basic},export-sdy' | filecheck %s --check-prefix BASIC
// RUN: eggshard-opt %s -p 'import-sdy,propagate-shardings{mode=aggressive},export-sdy' | filecheck %s --check-prefix AGGRESSIVE
// RUN: eggshard-opt %s -p 'import-sdy,propagate-shardings{mode=op-priority},export-sdy' | filecheck %s --check-prefix OP
// RUN: eggshard-opt %s -p 'import-sdy,propagate-shardings,export-sdy' | filecheck %s --check-prefix USER

sdy.mesh @mesh = <["a"=2, "b"=2]>

// Two factors of a product want one axis: basic gives it to neither, aggressive to that of the larger operand.
// BASIC-LABEL:      @contested
// BASIC-NEXT:         stablehlo.dot_general %x, %y, contracting_dims = [1] x [0] :
// AGGRESSIVE-LABEL: @contested
// AGGRESSIVE-NEXT:    stablehlo.dot_general
// AGGRESSIVE-SAME:    <@mesh, [{?}, {"a", ?}]>
func.func @contested(%x: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {}]>}, %y: tensor<8x16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {"a"}]>}) -> tensor<8x16xf32> {
  %0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<8x8xf32>, tensor<8x16xf32>) -> tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}

// Elementwise ops come before the product, which is first in the text.
// AGGRESSIVE-LABEL: @elementwise_first
// AGGRESSIVE:         stablehlo.dot_general
// AGGRESSIVE-SAME:    <@mesh, [{"a", ?}, {?}]>
// OP-LABEL:         @elementwise_first
// OP:                 stablehlo.dot_general
// OP-SAME:            <@mesh, [{?}, {"a", ?}]>
func.func @elementwise_first(%x: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {}]>}, %y: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{?}, {"a", ?}]>}) -> tensor<8x8xf32> {
  %0 = stablehlo.dot_general %x, %x, contracting_dims = [1] x [0] : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %1 = stablehlo.add %0, %y : tensor<8x8xf32>
  return %1 : tensor<8x8xf32>
}

// A broadcast does not push its axes on before everything else had its turn.
// AGGRESSIVE-LABEL: @broadcast_last
// AGGRESSIVE-NEXT:    stablehlo.broadcast_in_dim
// AGGRESSIVE-SAME:    <@mesh, [{"a", ?}, {?}]>
// OP-LABEL:         @broadcast_last
// OP-NEXT:            stablehlo.broadcast_in_dim
// OP-SAME:            <@mesh, [{?}, {"a", ?}]>
func.func @broadcast_last(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}, %y: tensor<4x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {"a"}]>}) -> tensor<8x4xf32> {
  %0 = stablehlo.broadcast_in_dim %x, dims = [0] : (tensor<8xf32>) -> tensor<8x8xf32>
  %1 = stablehlo.dot_general %0, %y, contracting_dims = [1] x [1] : (tensor<8x8xf32>, tensor<4x8xf32>) -> tensor<8x4xf32>
  return %1 : tensor<8x4xf32>
}

// Only user priorities order rounds; without them the first operand wins.
// OP-LABEL:   @rounds
// OP:           stablehlo.add
// OP-SAME:      <@mesh, [{"a", ?}, {?}]>
// USER-LABEL: @rounds
// USER:         stablehlo.add
// USER-SAME:    <@mesh, [{?}, {"a", ?}]>
func.func @rounds(%x: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a", ?}p1, {?}]>}, %y: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{?}, {"a", ?}]>}) -> tensor<8x8xf32> {
  %0 = stablehlo.add %x, %y : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
