// RUN: eggshard-opt %s -p choose-strategies,insert-reshards,partition --split-input-file | filecheck %s

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"x"}, {}]>

// Rows of a table that is cut: positions are clamped as in the whole, each device reads the rows that it has, and zeros
// for the others make the sum right.
// CHECK-LABEL: @rows
// CHECK:       %[[SEVEN:.*]] = stablehlo.constant dense<7>
// CHECK-NEXT:  %[[CLAMPED:.*]] = stablehlo.minimum %{{.*}}, %[[SEVEN]]
// CHECK:       %[[I:.*]] = stablehlo.subtract %[[CLAMPED]], %{{.*}} : tensor<5x1xi32>
// CHECK:       %[[LOW:.*]] = stablehlo.compare GE, %[[I]]
// CHECK:       %[[HIGH:.*]] = stablehlo.compare LT, %[[I]]
// CHECK-NEXT:  %[[HERE:.*]] = stablehlo.and %[[LOW]], %[[HIGH]]
// CHECK:       %[[G:.*]] = "stablehlo.gather"(%t, %[[I]]) {{.*}} : (tensor<4x16xf32>, tensor<5x1xi32>) -> tensor<5x16xf32>
// CHECK:       %[[TERM:.*]] = stablehlo.select %{{.*}}, %[[G]], %{{.*}} : tensor<5x16xi1>
// CHECK-NEXT:  spmd.all_reduce %[[TERM]] {axes = ["x"], kind = sum, because = "result of gather"}
func.func @rows(%t: tensor<8x16xf32> {sharding.layout = #rows}, %i: tensor<5x1xi32>) -> tensor<5x16xf32> {
  %0 = "stablehlo.gather"(%t, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 16>}> : (tensor<8x16xf32>, tensor<5x1xi32>) -> tensor<5x16xf32>
  return %0 : tensor<5x16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"x"}, {}]>

// Booleans have no sum.
// CHECK-LABEL: @booleans
// CHECK:       spmd.all_reduce %{{.*}} {axes = ["x"], kind = or
func.func @booleans(%t: tensor<8x16xi1> {sharding.layout = #rows}, %i: tensor<5x1xi32>) -> tensor<5x16xi1> {
  %0 = "stablehlo.gather"(%t, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 16>}> : (tensor<8x16xi1>, tensor<5x1xi32>) -> tensor<5x16xi1>
  return %0 : tensor<5x16xi1>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#columns = #sharding.layout<@mesh, [{}, {"x"}]>

// A dimension that slices take whole is local.
// CHECK-LABEL: @columns
// CHECK-NEXT:  "stablehlo.gather"(%t, %i) {{.*}} slice_sizes = array<i64: 1, 8>{{.*}} : (tensor<8x8xf32>, tensor<5x1xi32>) -> tensor<5x8xf32>
// CHECK-NEXT:  return
func.func @columns(%t: tensor<8x16xf32> {sharding.layout = #columns}, %i: tensor<5x1xi32>) -> (tensor<5x16xf32> {sharding.layout = #columns}) {
  %0 = "stablehlo.gather"(%t, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 16>}> {sharding.layouts = [#columns]} : (tensor<8x16xf32>, tensor<5x1xi32>) -> tensor<5x16xf32>
  return %0 : tensor<5x16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"x"}, {}]>

// So is the grid of positions; where it is padded, positions are no longer sorted.
// CHECK-LABEL: @positions
// CHECK-NEXT:  "stablehlo.gather"(%t, %i)
// CHECK-SAME:  indices_are_sorted = true
// CHECK-SAME:  (tensor<8x16xf32>, tensor<3x1xi32>) -> tensor<3x16xf32>
// CHECK-NEXT:  "stablehlo.gather"(%t, %j)
// CHECK-NOT:   indices_are_sorted
// CHECK-SAME:  (tensor<8x16xf32>, tensor<3x1xi32>) -> tensor<3x16xf32>
func.func @positions(%t: tensor<8x16xf32>, %i: tensor<6x1xi32> {sharding.layout = #rows}, %j: tensor<5x1xi32> {sharding.layout = #rows}) -> (tensor<6x16xf32> {sharding.layout = #rows}, tensor<5x16xf32> {sharding.layout = #rows}) {
  %0 = "stablehlo.gather"(%t, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 16>, indices_are_sorted = true}> {sharding.layouts = [#rows]} : (tensor<8x16xf32>, tensor<6x1xi32>) -> tensor<6x16xf32>
  %1 = "stablehlo.gather"(%t, %j) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 16>, indices_are_sorted = true}> {sharding.layouts = [#rows]} : (tensor<8x16xf32>, tensor<5x1xi32>) -> tensor<5x16xf32>
  return %0, %1 : tensor<6x16xf32>, tensor<5x16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#x = #sharding.layout<@mesh, [{"x"}]>

// A slice of three elements may end in the next shard, of which the first two are fetched.
// CHECK-LABEL: @windows
// CHECK-NEXT:  %[[EDGE:.*]] = stablehlo.slice %t [0:2]
// CHECK-NEXT:  %[[NEXT:.*]] = spmd.collective_permute %[[EDGE]] {axes = ["x"], pairs = [4->0, 5->1, 6->2, 7->3], because = "halo of gather"}
// CHECK-NEXT:  stablehlo.concatenate %t, %[[NEXT]], dim = 0 : (tensor<4xf32>, tensor<2xf32>) -> tensor<6xf32>
// CHECK:       "stablehlo.gather"(%{{.*}}, %{{.*}}) {{.*}} : (tensor<6xf32>, tensor<5x1xi32>) -> tensor<5x3xf32>
// CHECK:       spmd.all_reduce
func.func @windows(%t: tensor<8xf32> {sharding.layout = #x}, %i: tensor<5x1xi32>) -> tensor<5x3xf32> {
  %0 = "stablehlo.gather"(%t, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 3>}> : (tensor<8xf32>, tensor<5x1xi32>) -> tensor<5x3xf32>
  return %0 : tensor<5x3xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#columns = #sharding.layout<@mesh, [{}, {"x"}]>

// A slice that is a part of the dimension and always the same one: the dimension is gathered.
// CHECK-LABEL: @no_start
// CHECK-NEXT:  %[[T:.*]] = spmd.all_gather %t {axes = ["x"], dim = 1
// CHECK-NEXT:  "stablehlo.gather"(%[[T]], %i)
func.func @no_start(%t: tensor<8x16xf32> {sharding.layout = #columns}, %i: tensor<5x1xi32>) -> tensor<5x6xf32> {
  %0 = "stablehlo.gather"(%t, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 6>}> : (tensor<8x16xf32>, tensor<5x1xi32>) -> tensor<5x6xf32>
  return %0 : tensor<5x6xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"y"}, {}]>

// Batches of the table and of the positions go together: a slice has one element of a batch, however many a device has.
// CHECK-LABEL: @batches
// CHECK-NEXT:  "stablehlo.gather"(%t, %i) <{{.*}}slice_sizes = array<i64: 1, 1>
// CHECK-NEXT:  return
func.func @batches(%t: tensor<8x16xf32> {sharding.layout = #rows}, %i: tensor<8x5xi32> {sharding.layout = #rows}) -> (tensor<8x5xf32> {sharding.layout = #rows}) {
  %0 = "stablehlo.gather"(%t, %i) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [1], operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map = [1], index_vector_dim = 2>, slice_sizes = array<i64: 1, 1>}> {sharding.layouts = [#rows]} : (tensor<8x16xf32>, tensor<8x5xi32>) -> tensor<8x5xf32>
  return %0 : tensor<8x5xf32>
}
