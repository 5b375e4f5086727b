// RUN: eggshard-opt %s -p drop-dead-ops | filecheck %s

// A chain that nobody uses goes, an op with an effect stays.
// CHECK-LABEL: @main
// CHECK-NEXT:    stablehlo.custom_call @log(%x) {has_side_effect = true}
// CHECK-NEXT:    func.return %x
func.func public @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.negate %x : tensor<4xf32>
  %1 = stablehlo.add %0, %x : tensor<4xf32>
  %2 = stablehlo.custom_call @log(%x) {has_side_effect = true} : (tensor<4xf32>) -> tensor<f32>
  func.return %x : tensor<4xf32>
}
