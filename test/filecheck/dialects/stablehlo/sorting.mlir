// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// Two inputs sorted by the first; the dimension may count from the end.
// CHECK-LABEL: @sort(
// CHECK-NEXT:    %0:2 = "stablehlo.sort"(%x, %y) <{dimension = -1 : i64, is_stable = true}> ({
// CHECK-NEXT:    ^bb0(%l: tensor<f32>, %r: tensor<f32>, %m: tensor<i32>, %s: tensor<i32>):
// CHECK-NEXT:      %1 = stablehlo.compare GT, %l, %r : (tensor<f32>, tensor<f32>) -> tensor<i1>
// CHECK-NEXT:      stablehlo.return %1 : tensor<i1>
// CHECK-NEXT:    }) : (tensor<4x6xf32>, tensor<4x6xi32>) -> (tensor<4x6xf32>, tensor<4x6xi32>)
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @sort(%x: tensor<4x6xf32>, %y: tensor<4x6xi32>) {
  %0, %1 = "stablehlo.sort"(%x, %y) <{dimension = -1 : i64, is_stable = true}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>, %m: tensor<i32>, %s: tensor<i32>):
    %2 = stablehlo.compare GT, %l, %r : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %2 : tensor<i1>
  }) : (tensor<4x6xf32>, tensor<4x6xi32>) -> (tensor<4x6xf32>, tensor<4x6xi32>)
  func.return
}
