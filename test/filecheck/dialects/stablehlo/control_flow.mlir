// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// Branches, in generic form.
// CHECK-LABEL: @branches(
// CHECK-NEXT:    %0 = "stablehlo.case"(%i) ({
// CHECK-NEXT:      stablehlo.return %x : tensor<4xf32>
// CHECK-NEXT:    }, {
// CHECK-NEXT:      %2 = stablehlo.add %x, %x : tensor<4xf32>
// CHECK-NEXT:      stablehlo.return %2 : tensor<4xf32>
// CHECK-NEXT:    }) : (tensor<i32>) -> tensor<4xf32>
// CHECK-NEXT:    %1 = "stablehlo.if"(%p) ({
// CHECK-NEXT:      stablehlo.return %x : tensor<4xf32>
// CHECK-NEXT:    }, {
// CHECK-NEXT:      %2 = stablehlo.add %x, %x : tensor<4xf32>
// CHECK-NEXT:      stablehlo.return %2 : tensor<4xf32>
// CHECK-NEXT:    }) : (tensor<i1>) -> tensor<4xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @branches(%i: tensor<i32>, %p: tensor<i1>, %x: tensor<4xf32>) {
  %0 = "stablehlo.case"(%i) ({
    stablehlo.return %x : tensor<4xf32>
  }, {
    %1 = stablehlo.add %x, %x : tensor<4xf32>
    stablehlo.return %1 : tensor<4xf32>
  }) : (tensor<i32>) -> tensor<4xf32>
  %2 = "stablehlo.if"(%p) ({
    stablehlo.return %x : tensor<4xf32>
  }, {
    %3 = stablehlo.add %x, %x : tensor<4xf32>
    stablehlo.return %3 : tensor<4xf32>
  }) : (tensor<i1>) -> tensor<4xf32>
  func.return
}

// The two regions of a loop share the names of the carried values.
// CHECK-LABEL: @loops(
// CHECK-NEXT:    %0:2 = stablehlo.while(%i = %zero, %acc = %x) : tensor<i32>, tensor<4xf32> attributes {a = 1 : i32}
// CHECK-NEXT:    cond {
// CHECK-NEXT:      %1 = stablehlo.compare LT, %i, %zero : (tensor<i32>, tensor<i32>) -> tensor<i1>
// CHECK-NEXT:      stablehlo.return %1 : tensor<i1>
// CHECK-NEXT:    } do {
// CHECK-NEXT:      %1 = stablehlo.add %i, %i : tensor<i32>
// CHECK-NEXT:      stablehlo.return %1, %acc : tensor<i32>, tensor<4xf32>
// CHECK-NEXT:    }
// CHECK-NEXT:    stablehlo.while()
// CHECK-NEXT:    cond {
// CHECK-NEXT:      stablehlo.return %p : tensor<i1>
// CHECK-NEXT:    } do {
// CHECK-NEXT:      stablehlo.return
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @loops(%zero: tensor<i32>, %p: tensor<i1>, %x: tensor<4xf32>) {
  %0, %1 = stablehlo.while(%i = %zero, %acc = %x) : tensor<i32>, tensor<4xf32> attributes {a = 1 : i32} cond {
    %2 = stablehlo.compare LT, %i, %zero : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %2 : tensor<i1>
  } do {
    %3 = stablehlo.add %i, %i : tensor<i32>
    stablehlo.return %3, %acc : tensor<i32>, tensor<4xf32>
  }
  stablehlo.while() cond {
    stablehlo.return %p : tensor<i1>
  } do {
    stablehlo.return
  }
  func.return
}

// Attributes of a barrier stand before its operands.
// CHECK-LABEL: @barriers(
// CHECK-NEXT:    %0:2 = stablehlo.optimization_barrier %x, %i : tensor<4xf32>, tensor<i32>
// CHECK-NEXT:    %1 = stablehlo.optimization_barrier {a} %x : tensor<4xf32>
// CHECK-NEXT:    stablehlo.optimization_barrier()
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @barriers(%x: tensor<4xf32>, %i: tensor<i32>) {
  %0, %1 = stablehlo.optimization_barrier %x, %i : tensor<4xf32>, tensor<i32>
  %2 = stablehlo.optimization_barrier {a} %x : tensor<4xf32>
  stablehlo.optimization_barrier()
  func.return
}
