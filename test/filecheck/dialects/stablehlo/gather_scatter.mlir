// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// Dimension numbers leave out empty lists and index_vector_dim 0.
// CHECK-LABEL: @gather(
// CHECK-NEXT:    %0 = "stablehlo.gather"(%x, %s) <{dimension_numbers = #stablehlo.gather<offset_dims = [2, 3], collapsed_slice_dims = [0], start_index_map = [1, 0], index_vector_dim = 2>, indices_are_sorted = false, slice_sizes = array<i64: 1, 2, 2>}> : (tensor<3x4x2xf32>, tensor<2x3x2xi64>) -> tensor<2x3x2x2xf32>
// CHECK-NEXT:    %1 = "stablehlo.gather"(%x, %e) <{dimension_numbers = #stablehlo.gather<offset_dims = [1, 2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 4, 2>}> : (tensor<3x4x2xf32>, tensor<7xi32>) -> tensor<7x4x2xf32>
// CHECK-NEXT:    %2 = "stablehlo.gather"(%x, %b) <{dimension_numbers = #stablehlo.gather<offset_dims = [2], collapsed_slice_dims = [1], operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map = [1], index_vector_dim = 2>, slice_sizes = array<i64: 1, 1, 2>}> : (tensor<3x4x2xf32>, tensor<3x5xi32>) -> tensor<3x5x2xf32>
// CHECK-NEXT:    %3 = "stablehlo.dynamic_gather"(%x, %s, %z) <{dimension_numbers = #stablehlo.gather<offset_dims = [2, 3], collapsed_slice_dims = [0], start_index_map = [1, 0], index_vector_dim = 2>, indices_are_sorted = true}> : (tensor<3x4x2xf32>, tensor<2x3x2xi64>, tensor<3xi64>) -> tensor<2x3x?x?xf32>
// CHECK-NEXT:    %4 = "stablehlo.torch_index_select"(%x, %e) <{batch_dims = 0 : i64, dim = 1 : i64}> : (tensor<3x4x2xf32>, tensor<7xi32>) -> tensor<3x7x2xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @gather(%x: tensor<3x4x2xf32>, %s: tensor<2x3x2xi64>, %z: tensor<3xi64>, %e: tensor<7xi32>, %b: tensor<3x5xi32>) {
  %0 = "stablehlo.gather"(%x, %s) <{dimension_numbers = #stablehlo.gather<offset_dims = [2, 3], collapsed_slice_dims = [0], start_index_map = [1, 0], index_vector_dim = 2>, indices_are_sorted = false, slice_sizes = array<i64: 1, 2, 2>}> : (tensor<3x4x2xf32>, tensor<2x3x2xi64>) -> tensor<2x3x2x2xf32>
  %1 = "stablehlo.gather"(%x, %e) <{dimension_numbers = #stablehlo.gather<offset_dims = [1, 2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 4, 2>}> : (tensor<3x4x2xf32>, tensor<7xi32>) -> tensor<7x4x2xf32>
  %2 = "stablehlo.gather"(%x, %b) <{dimension_numbers = #stablehlo.gather<offset_dims = [2], collapsed_slice_dims = [1], operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map = [1], index_vector_dim = 2>, slice_sizes = array<i64: 1, 1, 2>}> : (tensor<3x4x2xf32>, tensor<3x5xi32>) -> tensor<3x5x2xf32>
  %3 = "stablehlo.dynamic_gather"(%x, %s, %z) <{dimension_numbers = #stablehlo.gather<offset_dims = [2, 3], collapsed_slice_dims = [0], start_index_map = [1, 0], index_vector_dim = 2>, indices_are_sorted = true}> : (tensor<3x4x2xf32>, tensor<2x3x2xi64>, tensor<3xi64>) -> tensor<2x3x?x?xf32>
  %4 = "stablehlo.torch_index_select"(%x, %e) <{batch_dims = 0 : i64, dim = 1 : i64}> : (tensor<3x4x2xf32>, tensor<7xi32>) -> tensor<3x7x2xf32>
  func.return
}

// Updates are combined by a function of scalars.
// CHECK-LABEL: @scatter(
// CHECK-NEXT:    %0 = "stablehlo.scatter"(%x, %s, %u) <{indices_are_sorted = false, scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [2, 3], inserted_window_dims = [0], scatter_dims_to_operand_dims = [1, 0], index_vector_dim = 2>, unique_indices = false}> ({
// CHECK-NEXT:    ^bb0(%l: tensor<f32>, %r: tensor<f32>):
// CHECK-NEXT:      %1 = stablehlo.add %l, %r : tensor<f32>
// CHECK-NEXT:      stablehlo.return %1 : tensor<f32>
// CHECK-NEXT:    }) : (tensor<3x4x2xf32>, tensor<2x3x2xi64>, tensor<2x3x2x2xf32>) -> tensor<3x4x2xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @scatter(%x: tensor<3x4x2xf32>, %s: tensor<2x3x2xi64>, %u: tensor<2x3x2x2xf32>) {
  %0 = "stablehlo.scatter"(%x, %s, %u) <{indices_are_sorted = false, scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [2, 3], inserted_window_dims = [0], scatter_dims_to_operand_dims = [1, 0], index_vector_dim = 2>, unique_indices = false}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %1 = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %1 : tensor<f32>
  }) : (tensor<3x4x2xf32>, tensor<2x3x2xi64>, tensor<2x3x2x2xf32>) -> tensor<3x4x2xf32>
  func.return
}
