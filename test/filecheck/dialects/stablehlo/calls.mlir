// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// CHECK-LABEL: @impl(
// CHECK-NEXT:    func.return %x : tensor<4xf32>
// CHECK-NEXT:  }
func.func private @impl(%x: tensor<4xf32>) -> tensor<4xf32> {
  func.return %x : tensor<4xf32>
}

// Properties at their defaults are not printed.
// CHECK-LABEL: @custom_calls(
// CHECK-NEXT:    %0 = stablehlo.custom_call @foo(%x) : (tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT:    %1 = stablehlo.custom_call @"foo bar"(%x, %x) {api_version = 4 : i32, backend_config = {a = 1 : i32}, has_side_effect = true, operand_layouts = [dense<0> : tensor<1xindex>, dense<0> : tensor<1xindex>], result_layouts = [dense<0> : tensor<1xindex>]} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT:    %2 = stablehlo.custom_call @foo(%x) {backend_config = "bar", called_computations = [@impl], mhlo.sharding = "{replicated}", output_operand_aliases = [#stablehlo.output_operand_alias<output_tuple_indices = [], operand_index = 0, operand_tuple_indices = []>]} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT:    stablehlo.custom_call @foo() : () -> ()
// CHECK-NEXT:    %3:2 = stablehlo.custom_call @foo(%x) : (tensor<4xf32>) -> (tensor<4xf32>, tensor<i32>)
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @custom_calls(%x: tensor<4xf32>) {
  %0 = stablehlo.custom_call @foo(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = stablehlo.custom_call @"foo bar"(%x, %x) {api_version = 4 : i32, backend_config = {a = 1 : i32}, has_side_effect = true, operand_layouts = [dense<0> : tensor<1xindex>, dense<0> : tensor<1xindex>], result_layouts = [dense<0> : tensor<1xindex>]} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %2 = stablehlo.custom_call @foo(%x) {backend_config = "bar", called_computations = [@impl], mhlo.sharding = "{replicated}", output_operand_aliases = [#stablehlo.output_operand_alias<output_tuple_indices = [], operand_index = 0, operand_tuple_indices = []>]} : (tensor<4xf32>) -> tensor<4xf32>
  stablehlo.custom_call @foo() : () -> ()
  %3, %4 = "stablehlo.custom_call"(%x) <{api_version = 1 : i32, call_target_name = "foo", called_computations = [], has_side_effect = false}> : (tensor<4xf32>) -> (tensor<4xf32>, tensor<i32>)
  func.return
}

// A composite names its op, and the function that defines it.
// CHECK-LABEL: @composites(
// CHECK-NEXT:    %0 = stablehlo.composite "my.op" %x {composite_attributes = {n = 1 : i64}, decomposition = @impl, version = 1 : i32} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @composites(%x: tensor<4xf32>) {
  %0 = stablehlo.composite "my.op" %x {composite_attributes = {n = 1 : i64}, decomposition = @impl, version = 1 : i32} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
