// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// A tuple and its element.
// CHECK-LABEL: @tuples(
// CHECK-NEXT:    %0 = stablehlo.tuple %x, %k {a} : tuple<tensor<4xf32>, !stablehlo.token>
// CHECK-NEXT:    %1 = stablehlo.get_tuple_element %0[1] : (tuple<tensor<4xf32>, !stablehlo.token>) -> !stablehlo.token
// CHECK-NEXT:    %2 = stablehlo.tuple : tuple<>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @tuples(%x: tensor<4xf32>, %k: !stablehlo.token) {
  %0 = stablehlo.tuple %x, %k {a} : tuple<tensor<4xf32>, !stablehlo.token>
  %1 = stablehlo.get_tuple_element %0[1] : (tuple<tensor<4xf32>, !stablehlo.token>) -> !stablehlo.token
  %2 = stablehlo.tuple : tuple<>
  func.return
}
