// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// Comparisons name their direction first and their type last.
// CHECK-LABEL: @compare(
// CHECK-NEXT:    %0 = stablehlo.compare LT, %x, %x, TOTALORDER : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
// CHECK-NEXT:    %1 = stablehlo.compare EQ, %i, %i {a} : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi1>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @compare(%x: tensor<4xf32>, %i: tensor<4xi32>) {
  %0 = stablehlo.compare LT, %x, %x, TOTALORDER : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  %1 = stablehlo.compare EQ, %i, %i {a} : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi1>
  func.return
}

// One type stands for all where they are the same.
// CHECK-LABEL: @choices(
// CHECK-NEXT:    %0 = stablehlo.select %b, %x, %x : tensor<4xi1>, tensor<4xf32>
// CHECK-NEXT:    %1 = stablehlo.select %p, %x, %x : tensor<i1>, tensor<4xf32>
// CHECK-NEXT:    %2 = stablehlo.select %p, %x, %d : (tensor<i1>, tensor<4xf32>, tensor<?xf32>) -> tensor<?xf32>
// CHECK-NEXT:    %3 = stablehlo.clamp %s, %x, %s : (tensor<f32>, tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
// CHECK-NEXT:    %4 = stablehlo.clamp %x, %x, %x : tensor<4xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @choices(%x: tensor<4xf32>, %b: tensor<4xi1>, %p: tensor<i1>, %s: tensor<f32>, %d: tensor<?xf32>) {
  %0 = stablehlo.select %b, %x, %x : tensor<4xi1>, tensor<4xf32>
  %1 = stablehlo.select %p, %x, %x : tensor<i1>, tensor<4xf32>
  %2 = stablehlo.select %p, %x, %d : (tensor<i1>, tensor<4xf32>, tensor<?xf32>) -> tensor<?xf32>
  %3 = stablehlo.clamp %s, %x, %s : (tensor<f32>, tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %4 = stablehlo.clamp %x, %x, %x : tensor<4xf32>
  func.return
}

// Conversions between element types.
// CHECK-LABEL: @conversions(
// CHECK-NEXT:    %0 = stablehlo.convert %x : (tensor<4xf32>) -> tensor<4xf8E4M3FN>
// CHECK-NEXT:    %1 = stablehlo.convert %x : tensor<4xf32>
// CHECK-NEXT:    %2 = stablehlo.bitcast_convert %x : (tensor<4xf32>) -> tensor<4xi32>
// CHECK-NEXT:    %3 = stablehlo.bitcast_convert %x : (tensor<4xf32>) -> tensor<4x2xi16>
// CHECK-NEXT:    %4 = stablehlo.bitcast_convert %3 : (tensor<4x2xi16>) -> tensor<4xf32>
// CHECK-NEXT:    %5 = stablehlo.is_finite %x : (tensor<4xf32>) -> tensor<4xi1>
// CHECK-NEXT:    %6 = stablehlo.complex %x, %x : tensor<4xcomplex<f32>>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @conversions(%x: tensor<4xf32>, %z: tensor<4xcomplex<f32>>) {
  %0 = stablehlo.convert %x : (tensor<4xf32>) -> tensor<4xf8E4M3FN>
  %1 = stablehlo.convert %x : tensor<4xf32>
  %2 = stablehlo.bitcast_convert %x : (tensor<4xf32>) -> tensor<4xi32>
  %3 = stablehlo.bitcast_convert %x : (tensor<4xf32>) -> tensor<4x2xi16>
  %4 = stablehlo.bitcast_convert %3 : (tensor<4x2xi16>) -> tensor<4xf32>
  %5 = stablehlo.is_finite %x : (tensor<4xf32>) -> tensor<4xi1>
  %6 = stablehlo.complex %x, %x : tensor<4xcomplex<f32>>
  func.return
}
