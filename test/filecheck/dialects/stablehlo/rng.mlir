// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// Distribution and algorithm are bare words.
// CHECK-LABEL: @random(
// CHECK-NEXT:    %0 = stablehlo.rng %a, %a, %s, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<4xf32>
// CHECK-NEXT:    %1:2 = stablehlo.rng_bit_generator %k, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<2xui64>, tensor<4xui32>)
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @random(%a: tensor<f32>, %s: tensor<1xi64>, %k: tensor<2xui64>) {
  %0 = stablehlo.rng %a, %a, %s, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<4xf32>
  %1, %2 = stablehlo.rng_bit_generator %k, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<2xui64>, tensor<4xui32>)
  func.return
}
