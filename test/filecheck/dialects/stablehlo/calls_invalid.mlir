// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: backend_config is "a", must be a dictionary for api_version 4
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.custom_call @foo(%x) {api_version = 4 : i32, backend_config = "a"} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: only one of operand_layouts and result_layouts is given, must be both or none
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.custom_call @foo(%x) {operand_layouts = [dense<0> : tensor<1xindex>]} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: output_operand_aliases has #stablehlo.output_operand_alias<output_tuple_indices = [], operand_index = 1, operand_tuple_indices = []>, must name one of 1 operands
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.custom_call @foo(%x) {output_operand_aliases = [#stablehlo.output_operand_alias<output_tuple_indices = [], operand_index = 1, operand_tuple_indices = []>]} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: name is 'op', must be an op name with its namespace, as my.op
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.composite "op" %x {decomposition = @test} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: decomposition @nowhere is no function of this module
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.composite "my.op" %x {decomposition = @nowhere} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: composite returns (tensor<4xf32>), must be ()
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.composite "my.op" %x {decomposition = @test} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: result_layouts has dense<1> : tensor<1xindex>, must be a permutation of 1 dimensions for tensor<4xf32>
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.custom_call @foo(%x) {operand_layouts = [dense<0> : tensor<1xindex>], result_layouts = [dense<1> : tensor<1xindex>]} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: output_operand_aliases has an output of type tensor<5xf32>, must be tensor<4xf32> as operand
func.func @test(%x: tensor<4xf32>) {
  %0 = stablehlo.custom_call @foo(%x) {output_operand_aliases = [#stablehlo.output_operand_alias<output_tuple_indices = [], operand_index = 0, operand_tuple_indices = []>]} : (tensor<4xf32>) -> tensor<5xf32>
  func.return
}

// -----

// CHECK: output_operand_aliases has tuple index 1, must be an element of tuple<tensor<4xf32>>
func.func @test(%x: tuple<tensor<4xf32>>) {
  %0 = stablehlo.custom_call @foo(%x) {output_operand_aliases = [#stablehlo.output_operand_alias<output_tuple_indices = [], operand_index = 0, operand_tuple_indices = [1]>]} : (tuple<tensor<4xf32>>) -> tensor<5xf32>
  func.return
}
