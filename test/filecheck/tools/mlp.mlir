// RUN: eggshard-opt %s -p import-sdy,propagate-shardings,choose-strategies,insert-reshards,partition | filecheck %s

// Two annotations on a multilayer perceptron: batch over "data", hidden dimension over "model". This is the README's example.

// CHECK:         func.func @main(%x: tensor<8x64xf32>
// CHECK:         %h = stablehlo.dot_general %x, %w
// CHECK-SAME:      -> tensor<8x64xf32>
// CHECK:         %y = stablehlo.dot_general %t, %v
// CHECK-SAME:      partial={sum: "model"}
// CHECK-NEXT:    spmd.all_reduce %y {axes = ["model"], kind = sum, because = "result of dot_general"}
sdy.mesh @mesh = <["data"=4, "model"=2]>

func.func @main(%x: tensor<32x64xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"data"}, {}]>},
                %w: tensor<64x128xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {"model"}]>},
                %v: tensor<128x64xf32>) -> tensor<32x64xf32> {
  %h = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0]
      : (tensor<32x64xf32>, tensor<64x128xf32>) -> tensor<32x128xf32>
  %t = stablehlo.tanh %h : tensor<32x128xf32>
  %y = stablehlo.dot_general %t, %v, contracting_dims = [1] x [0]
      : (tensor<32x128xf32>, tensor<128x64xf32>) -> tensor<32x64xf32>
  return %y : tensor<32x64xf32>
}
