// RUN: eggshard-opt %s -p choose-strategies,insert-reshards,partition --split-input-file | filecheck %s

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"x"}, {}]>

// Rows of a table that is cut: positions become local, and those of other devices fall outside, where nothing is written.
// CHECK-LABEL: @rows
// CHECK:       %[[I:.*]] = stablehlo.subtract %i, %{{.*}} : tensor<5x1xi32>
// CHECK-NEXT:  "stablehlo.scatter"(%t, %[[I]], %u)
// CHECK:       (tensor<4x16xf32>, tensor<5x1xi32>, tensor<5x16xf32>) -> tensor<4x16xf32>
// CHECK-NEXT:  return
func.func @rows(%t: tensor<8x16xf32> {sharding.layout = #rows}, %i: tensor<5x1xi32>, %u: tensor<5x16xf32>) -> (tensor<8x16xf32> {sharding.layout = #rows}) {
  %0 = "stablehlo.scatter"(%t, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    stablehlo.return %q : tensor<f32>
  }) {sharding.layouts = [#rows]} : (tensor<8x16xf32>, tensor<5x1xi32>, tensor<5x16xf32>) -> tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"x"}, {}]>

// Updates that are cut leave sums, in which the table counts once.
// CHECK-LABEL: @updates
// CHECK:       %[[T:.*]] = stablehlo.select %{{.*}}, %t, %{{.*}} : tensor<8x16xi1>, tensor<8x16xf32>
// CHECK-NEXT:  %[[S:.*]] = "stablehlo.scatter"(%[[T]], %i, %u) {{.*}} unique_indices = true
// CHECK:       partial={sum: "x"}{{.*}} : (tensor<8x16xf32>, tensor<3x1xi32>, tensor<3x16xf32>) -> tensor<8x16xf32>
// CHECK-NEXT:  spmd.all_reduce %[[S]] {axes = ["x"], kind = sum
func.func @updates(%t: tensor<8x16xf32>, %i: tensor<6x1xi32> {sharding.layout = #rows}, %u: tensor<6x16xf32> {sharding.layout = #rows}) -> tensor<8x16xf32> {
  %0 = "stablehlo.scatter"(%t, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, unique_indices = true}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %s = stablehlo.add %p, %q : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<8x16xf32>, tensor<6x1xi32>, tensor<6x16xf32>) -> tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"x"}, {}]>

// Padding updates by what changes nothing, at positions that need not be distinct; a neutral table counts everywhere.
// CHECK-LABEL: @padded
// CHECK:       %[[LOW:.*]] = stablehlo.constant dense<0xFF800000> : tensor<3x16xf32>
// CHECK-NEXT:  %[[U:.*]] = stablehlo.select %{{.*}}, %u, %[[LOW]]
// CHECK-NEXT:  %[[S:.*]] = "stablehlo.scatter"(%t, %i, %[[U]])
// CHECK-NOT:   unique_indices
// CHECK:       spmd.all_reduce %[[S]] {axes = ["x"], kind = max
func.func @padded(%i: tensor<5x1xi32> {sharding.layout = #rows}, %u: tensor<5x16xf32> {sharding.layout = #rows}) -> tensor<8x16xf32> {
  %t = stablehlo.constant dense<0xFF800000> : tensor<8x16xf32>
  %0 = "stablehlo.scatter"(%t, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, unique_indices = true}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %s = stablehlo.maximum %p, %q : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<8x16xf32>, tensor<5x1xi32>, tensor<5x16xf32>) -> tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"x"}, {}]>

// Writes that replace do not combine: their updates are gathered.
// CHECK-LABEL: @replace
// CHECK-DAG:   %[[I:.*]] = spmd.all_gather %i
// CHECK-DAG:   %[[U:.*]] = spmd.all_gather %u
// CHECK:       "stablehlo.scatter"(%t, %[[I]], %[[U]])
func.func @replace(%t: tensor<8x16xf32>, %i: tensor<6x1xi32> {sharding.layout = #rows}, %u: tensor<6x16xf32> {sharding.layout = #rows}) -> tensor<8x16xf32> {
  %0 = "stablehlo.scatter"(%t, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    stablehlo.return %q : tensor<f32>
  }) : (tensor<8x16xf32>, tensor<6x1xi32>, tensor<6x16xf32>) -> tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}
