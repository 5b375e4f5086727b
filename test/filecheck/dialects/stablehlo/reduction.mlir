// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// A body that is one commutative op is named, in one line.
// CHECK-LABEL: @short(
// CHECK-NEXT:    %0 = stablehlo.reduce(%x init: %c) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
// CHECK-NEXT:    %1 = stablehlo.reduce(%x init: %c) applies stablehlo.maximum across dimensions = [0, 1] {a} : (tensor<2x3xf32>, tensor<f32>) -> tensor<f32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @short(%x: tensor<2x3xf32>, %c: tensor<f32>) {
  %0 = stablehlo.reduce(%x init: %c) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  %1 = stablehlo.reduce(%x init: %c) applies stablehlo.maximum across dimensions = [0, 1] {a} : (tensor<2x3xf32>, tensor<f32>) -> tensor<f32>
  func.return
}

// Other bodies are written out: not commutative, other order, more ops, attributes inside.
// CHECK-LABEL: @long(
// CHECK-NEXT:    %0 = stablehlo.reduce(%x init: %c) across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
// CHECK-NEXT:     reducer(%l: tensor<f32>, %r: tensor<f32>)  {
// CHECK-NEXT:      %4 = stablehlo.subtract %l, %r : tensor<f32>
// CHECK-NEXT:      stablehlo.return %4 : tensor<f32>
// CHECK-NEXT:    }
// CHECK-NEXT:    %1 = stablehlo.reduce(%x init: %c) across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
// CHECK-NEXT:     reducer(%l: tensor<f32>, %r: tensor<f32>)  {
// CHECK-NEXT:      %4 = stablehlo.add %r, %l : tensor<f32>
// CHECK-NEXT:      stablehlo.return %4 : tensor<f32>
// CHECK-NEXT:    }
// CHECK-NEXT:    %2 = stablehlo.reduce(%x init: %c) across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
// CHECK-NEXT:     reducer(%l: tensor<f32>, %r: tensor<f32>)  {
// CHECK-NEXT:      %4 = stablehlo.add %l, %r : tensor<f32>
// CHECK-NEXT:      %5 = stablehlo.multiply %4, %r : tensor<f32>
// CHECK-NEXT:      stablehlo.return %5 : tensor<f32>
// CHECK-NEXT:    }
// CHECK-NEXT:    %3 = stablehlo.reduce(%x init: %c) across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
// CHECK-NEXT:     reducer(%l: tensor<f32>, %r: tensor<f32>)  {
// CHECK-NEXT:      stablehlo.return %l : tensor<f32>
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @long(%x: tensor<2x3xf32>, %c: tensor<f32>) {
  %0 = stablehlo.reduce(%x init: %c) across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32> reducer(%l: tensor<f32>, %r: tensor<f32>) {
    %1 = stablehlo.subtract %l, %r : tensor<f32>
    stablehlo.return %1 : tensor<f32>
  }
  %2 = stablehlo.reduce(%x init: %c) across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32> reducer(%l: tensor<f32>, %r: tensor<f32>) {
    %3 = stablehlo.add %r, %l : tensor<f32>
    stablehlo.return %3 : tensor<f32>
  }
  %4 = stablehlo.reduce(%x init: %c) across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32> reducer(%l: tensor<f32>, %r: tensor<f32>) {
    %5 = stablehlo.add %l, %r : tensor<f32>
    %6 = stablehlo.multiply %5, %r : tensor<f32>
    stablehlo.return %6 : tensor<f32>
  }
  %7 = stablehlo.reduce(%x init: %c) across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32> reducer(%l: tensor<f32>, %r: tensor<f32>) {
    stablehlo.return %l : tensor<f32>
  }
  func.return
}

// With several inputs the body takes a pair of arguments for each, printed pair by pair.
// CHECK-LABEL: @several(
// CHECK-NEXT:    %0:2 = stablehlo.reduce(%x init: %c), (%y init: %d) across dimensions = [0, 1] {a = 1 : i32} : (tensor<2x3xf32>, tensor<2x3xi32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)
// CHECK-NEXT:     reducer(%l: tensor<f32>, %r: tensor<f32>) (%m: tensor<i32>, %s: tensor<i32>)  {
// CHECK-NEXT:      %1 = stablehlo.add %l, %r : tensor<f32>
// CHECK-NEXT:      %2 = stablehlo.add %m, %s : tensor<i32>
// CHECK-NEXT:      stablehlo.return %1, %2 : tensor<f32>, tensor<i32>
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @several(%x: tensor<2x3xf32>, %c: tensor<f32>, %y: tensor<2x3xi32>, %d: tensor<i32>) {
  %0, %1 = stablehlo.reduce(%x init: %c), (%y init: %d) across dimensions = [0, 1] {a = 1 : i32} : (tensor<2x3xf32>, tensor<2x3xi32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>) reducer(%l: tensor<f32>, %r: tensor<f32>) (%m: tensor<i32>, %s: tensor<i32>) {
    %2 = stablehlo.add %l, %r : tensor<f32>
    %3 = stablehlo.add %m, %s : tensor<i32>
    stablehlo.return %2, %3 : tensor<f32>, tensor<i32>
  }
  func.return
}
