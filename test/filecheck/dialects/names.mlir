// RUN: eggshard-opt %s | filecheck %s

// Unnamed values get the names that MLIR gives: a region is numbered before the regions in it, and those go on from
// there, each by itself; a name that is taken gets the next number of all.
// CHECK-LABEL: func.func @unnamed(%arg0: tensor<4xf32>, %arg1: tensor<i32>, %x: tensor<i1>)
// CHECK-NEXT:    %c = stablehlo.constant dense<1> : tensor<i32>
// CHECK-NEXT:    %cst = stablehlo.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK-NEXT:    %c_0 = stablehlo.constant dense<2> : tensor<i32>
// CHECK-NEXT:    %0 = "stablehlo.case"(%arg1) ({
// CHECK-NEXT:      %3 = stablehlo.add %arg0, %cst : tensor<4xf32>
// CHECK-NEXT:      stablehlo.return %3 : tensor<4xf32>
// CHECK-NEXT:    }, {
// CHECK-NEXT:      %cst_1 = stablehlo.constant dense<3.000000e+00> : tensor<4xf32>
// CHECK-NEXT:      %3 = stablehlo.add %arg0, %cst_1 : tensor<4xf32>
// CHECK-NEXT:      stablehlo.return %3 : tensor<4xf32>
// CHECK-NEXT:    }) : (tensor<i32>) -> tensor<4xf32>
// CHECK-NEXT:    %1:2 = stablehlo.while(%iterArg = %0, %iterArg_1 = %c) : tensor<4xf32>, tensor<i32>
// CHECK-NEXT:    cond {
// CHECK-NEXT:      stablehlo.return %x : tensor<i1>
// CHECK-NEXT:    } do {
// CHECK-NEXT:      %3 = stablehlo.add %iterArg_1, %c_0 : tensor<i32>
// CHECK-NEXT:      stablehlo.return %iterArg, %3 : tensor<4xf32>, tensor<i32>
// CHECK-NEXT:    }
// CHECK-NEXT:    %2 = "stablehlo.map"(%1#0) <{dimensions = array<i64: 0>}> ({
// CHECK-NEXT:    ^bb0(%arg2: tensor<f32>):
// CHECK-NEXT:      stablehlo.return %arg2 : tensor<f32>
// CHECK-NEXT:    }) : (tensor<4xf32>) -> tensor<4xf32>
func.func @unnamed(%0: tensor<4xf32>, %1: tensor<i32>, %x: tensor<i1>) -> tensor<4xf32> {
  %2 = stablehlo.constant dense<1> : tensor<i32>
  %3 = stablehlo.constant dense<1.0> : tensor<4xf32>
  %4 = stablehlo.constant dense<2> : tensor<i32>
  %5 = "stablehlo.case"(%1) ({
    %6 = stablehlo.add %0, %3 : tensor<4xf32>
    stablehlo.return %6 : tensor<4xf32>
  }, {
    %6 = stablehlo.constant dense<3.0> : tensor<4xf32>
    %7 = stablehlo.add %0, %6 : tensor<4xf32>
    stablehlo.return %7 : tensor<4xf32>
  }) : (tensor<i32>) -> tensor<4xf32>
  %8:2 = stablehlo.while(%iterArg = %5, %iterArg_7 = %2) : tensor<4xf32>, tensor<i32> cond {
    stablehlo.return %x : tensor<i1>
  } do {
    %9 = stablehlo.add %iterArg_7, %4 : tensor<i32>
    stablehlo.return %iterArg, %9 : tensor<4xf32>, tensor<i32>
  }
  %10 = "stablehlo.map"(%8#0) ({
  ^bb0(%11: tensor<f32>):
    stablehlo.return %11 : tensor<f32>
  }) {dimensions = array<i64: 0>} : (tensor<4xf32>) -> tensor<4xf32>
  func.return %10 : tensor<4xf32>
}

// An author's names are kept, and numbered where two are equal.
// CHECK-LABEL: func.func @named(%left: tensor<4xf32>, %right: tensor<4xf32>)
// CHECK-NEXT:    %sum = stablehlo.add %left, %right
// CHECK-NEXT:    %one = stablehlo.constant
// CHECK-NEXT:    %sum_0 = stablehlo.add %sum, %one
func.func @named(%left: tensor<4xf32>, %right: tensor<4xf32>) -> tensor<4xf32> {
  %sum = stablehlo.add %left, %right : tensor<4xf32>
  %one = stablehlo.constant dense<1.0> : tensor<4xf32>
  %sum_9 = stablehlo.add %sum, %one : tensor<4xf32>
  func.return %sum_9 : tensor<4xf32>
}
