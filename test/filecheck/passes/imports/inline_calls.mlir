// RUN: eggshard-opt %s -p inline-calls --split-input-file | filecheck %s

// A call is replaced by the body, and the private function that nothing names any more goes.
// CHECK-LABEL: @call
// CHECK-NEXT:  %zero = stablehlo.constant dense<0.000000e+00> : tensor<4xf32>
// CHECK-NEXT:  %[[R:.*]] = stablehlo.maximum %a, %zero
// CHECK-NEXT:  return %[[R]]
// CHECK-NOT:   @relu
func.func public @call(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @relu(%a) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @relu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<4xf32>
  %r = stablehlo.maximum %x, %zero : tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// Calls within calls, and one function twice.
// CHECK-LABEL: @nested
// CHECK-NEXT:  %[[N:.*]] = stablehlo.negate %a
// CHECK-NEXT:  %[[S:.*]] = stablehlo.sine %[[N]]
// CHECK-NEXT:  %[[M:.*]] = stablehlo.negate %[[S]]
// CHECK-NEXT:  stablehlo.sine %[[M]]
// CHECK-NEXT:  return
func.func public @nested(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @outer(%a) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = func.call @outer(%0) : (tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}
func.func private @outer(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.negate %x : tensor<4xf32>
  %1 = func.call @inner(%0) : (tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}
func.func private @inner(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.sine %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// A call inside of a loop; results that are arguments; several results.
// CHECK-LABEL: @in_loop
// CHECK:       do {
// CHECK-NEXT:    %[[N:.*]] = stablehlo.negate %y
// CHECK-NEXT:    stablehlo.return %x, %[[N]]
func.func public @in_loop(%i: tensor<i1>, %a: tensor<4xf32>) -> tensor<4xf32> {
  %0:2 = stablehlo.while(%x = %i, %y = %a) : tensor<i1>, tensor<4xf32> cond {
    stablehlo.return %x : tensor<i1>
  } do {
    %r:2 = func.call @body(%y, %x) : (tensor<4xf32>, tensor<i1>) -> (tensor<i1>, tensor<4xf32>)
    stablehlo.return %r#0, %r#1 : tensor<i1>, tensor<4xf32>
  }
  return %0#1 : tensor<4xf32>
}
func.func private @body(%x: tensor<4xf32>, %i: tensor<i1>) -> (tensor<i1>, tensor<4xf32>) {
  %0 = stablehlo.negate %x : tensor<4xf32>
  return %i, %0 : tensor<i1>, tensor<4xf32>
}

// -----

// A composite is its decomposition.
// CHECK-LABEL: @composite
// CHECK-NEXT:  stablehlo.negate %a
// CHECK-NOT:   composite
// CHECK-NOT:   @decomposed
func.func public @composite(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.composite "my.negate" %a {decomposition = @decomposed} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @decomposed(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.negate %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// A function that something else names stays, and so does one that anybody may call.
// CHECK-LABEL: @named
// CHECK-NEXT:  stablehlo.custom_call @foreign(%a)
// CHECK:       func.func private @used
// CHECK:       func.func public @also_public
func.func public @named(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.custom_call @foreign(%a) {called_computations = [@used]} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @used(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
func.func public @also_public(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// A function without a body is not inlined.
// CHECK-LABEL: @external
// CHECK-NEXT:  func.call @elsewhere(%a)
func.func public @external(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @elsewhere(%a) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @elsewhere(tensor<4xf32>) -> tensor<4xf32>
