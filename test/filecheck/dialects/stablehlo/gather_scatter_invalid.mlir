// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: slice of dimension 1 has size 5, must be from 0 to 4
func.func @test(%op: tensor<3x4x2xf32>, %ix: tensor<7xi32>) {
  %0 = "stablehlo.gather"(%op, %ix) <{dimension_numbers = #stablehlo.gather<offset_dims = [1, 2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 5, 2>}> : (tensor<3x4x2xf32>, tensor<7xi32>) -> tensor<7x5x2xf32>
  func.return
}

// -----

// CHECK: slice of dimension 0 has size 2, must be from 0 to 1
func.func @test(%op: tensor<3x4x2xf32>, %ix: tensor<7xi32>) {
  %0 = "stablehlo.gather"(%op, %ix) <{dimension_numbers = #stablehlo.gather<offset_dims = [1, 2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 2, 4, 2>}> : (tensor<3x4x2xf32>, tensor<7xi32>) -> tensor<7x4x2xf32>
  func.return
}

// -----

// CHECK: result has shape [4, 7, 2], must have shape [7, 4, 2], the indices' and the slice's
func.func @test(%op: tensor<3x4x2xf32>, %ix: tensor<7xi32>) {
  %0 = "stablehlo.gather"(%op, %ix) <{dimension_numbers = #stablehlo.gather<offset_dims = [1, 2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 4, 2>}> : (tensor<3x4x2xf32>, tensor<7xi32>) -> tensor<4x7x2xf32>
  func.return
}

// -----

// CHECK: index map [0, 1] has 2 dimensions, must have 1
func.func @test(%op: tensor<3x4x2xf32>, %ix: tensor<7xi32>) {
  %0 = "stablehlo.gather"(%op, %ix) <{dimension_numbers = #stablehlo.gather<offset_dims = [1, 2], collapsed_slice_dims = [0], start_index_map = [0, 1], index_vector_dim = 1>, slice_sizes = array<i64: 1, 4, 2>}> : (tensor<3x4x2xf32>, tensor<7xi32>) -> tensor<7x4x2xf32>
  func.return
}

// -----

// CHECK: operand has rank 3, must have 2 window, 0 collapsed and 0 batching dimensions
func.func @test(%op: tensor<3x4x2xf32>, %ix: tensor<7xi32>) {
  %0 = "stablehlo.gather"(%op, %ix) <{dimension_numbers = #stablehlo.gather<offset_dims = [1, 2], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 4, 2>}> : (tensor<3x4x2xf32>, tensor<7xi32>) -> tensor<7x4x2xf32>
  func.return
}

// -----

// CHECK: offset_dims [2, 1] is not sorted
func.func @test(%op: tensor<3x4x2xf32>, %ix: tensor<7xi32>) {
  %0 = "stablehlo.gather"(%op, %ix) <{dimension_numbers = #stablehlo.gather<offset_dims = [2, 1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 4, 2>}> : (tensor<3x4x2xf32>, tensor<7xi32>) -> tensor<7x4x2xf32>
  func.return
}

// -----

// CHECK: slice_sizes has 2 elements, must have 3, one per dimension of operand
func.func @test(%s2: tensor<2xi64>, %op: tensor<3x4x2xf32>, %ix: tensor<7xi32>) {
  %0 = "stablehlo.dynamic_gather"(%op, %ix, %s2) <{dimension_numbers = #stablehlo.gather<offset_dims = [1, 2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>}> : (tensor<3x4x2xf32>, tensor<7xi32>, tensor<2xi64>) -> tensor<7x?x?xf32>
  func.return
}

// -----

// CHECK: updates has shape [3, 4, 2], must have shape [7, 4, 2], the indices' and the window's
func.func @test(%op: tensor<3x4x2xf32>, %ix: tensor<7xi32>) {
  %0 = "stablehlo.scatter"(%op, %ix, %op) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1, 2], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %s = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<3x4x2xf32>, tensor<7xi32>, tensor<3x4x2xf32>) -> tensor<3x4x2xf32>
  func.return
}

// -----

// CHECK: result 0 has shape [7, 4, 2], must have shape [3, 4, 2], like input 0
func.func @test(%op: tensor<3x4x2xf32>, %ix: tensor<7xi32>, %up: tensor<7x4x2xf32>) {
  %0 = "stablehlo.scatter"(%op, %ix, %up) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1, 2], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %s = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<3x4x2xf32>, tensor<7xi32>, tensor<7x4x2xf32>) -> tensor<7x4x2xf32>
  func.return
}

// -----

// CHECK: shape of updates has 3 values, must have 4, those of the indices and of the window
func.func @test(%op: tensor<3x4x2xf32>, %ix: tensor<7xi32>, %up: tensor<7x4x2xf32>) {
  %0 = "stablehlo.scatter"(%up, %ix, %op) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [0, 1, 2], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %s = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<7x4x2xf32>, tensor<7xi32>, tensor<3x4x2xf32>) -> tensor<7x4x2xf32>
  func.return
}

// -----

// CHECK: batch_dims is 1, must be from 0 to dim 0 and the rank 1 of index
func.func @test(%op: tensor<3x4x2xf32>, %ix: tensor<7xi32>) {
  %0 = "stablehlo.torch_index_select"(%op, %ix) <{batch_dims = 1 : i64, dim = 0 : i64}> : (tensor<3x4x2xf32>, tensor<7xi32>) -> tensor<7x4x2xf32>
  func.return
}
