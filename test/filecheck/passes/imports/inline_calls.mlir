// RUN: eggshard-opt %s -p inline-calls | filecheck %s

// Calls of calls are replaced by their bodies, and private functions go.
// CHECK-LABEL: func.func public @main
// CHECK-NEXT:    %0 = stablehlo.negate %x : tensor<4xf32>
// CHECK-NEXT:    %1 = stablehlo.add %0, %x : tensor<4xf32>
// CHECK-NEXT:    %2 = stablehlo.negate %1 : tensor<4xf32>
// CHECK-NEXT:    func.return %2
// CHECK-NOT:     @outer
// CHECK-NOT:     @inner
// A public function stays.
// CHECK:         func.func public @other
func.func public @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @outer(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = func.call @inner(%0) : (tensor<4xf32>) -> tensor<4xf32>
  func.return %1 : tensor<4xf32>
}
func.func private @outer(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @inner(%a) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = stablehlo.add %0, %a : tensor<4xf32>
  func.return %1 : tensor<4xf32>
}
func.func private @inner(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.negate %a : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}
func.func public @other(%x: tensor<4xf32>) -> tensor<4xf32> {
  func.return %x : tensor<4xf32>
}
