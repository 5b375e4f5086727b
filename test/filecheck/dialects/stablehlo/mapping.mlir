// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// A function of scalars, in generic form.
// CHECK-LABEL: @map(
// CHECK-NEXT:    %0 = "stablehlo.map"(%x, %x) <{dimensions = array<i64: 0>}> ({
// CHECK-NEXT:    ^bb0(%l: tensor<f32>, %r: tensor<f32>):
// CHECK-NEXT:      %1 = stablehlo.add %l, %r : tensor<f32>
// CHECK-NEXT:      stablehlo.return %1 : tensor<f32>
// CHECK-NEXT:    }) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @map(%x: tensor<4xf32>) {
  %0 = "stablehlo.map"(%x, %x) <{dimensions = array<i64: 0>}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %1 = stablehlo.add %l, %r : tensor<f32>
    stablehlo.return %1 : tensor<f32>
  }) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}
