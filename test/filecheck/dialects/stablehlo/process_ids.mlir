// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// No operands, so the type stands alone.
// CHECK-LABEL: @ids(
// CHECK-NEXT:    %0 = stablehlo.partition_id : tensor<ui32>
// CHECK-NEXT:    %1 = stablehlo.replica_id {a} : tensor<ui32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @ids() {
  %0 = stablehlo.partition_id : tensor<ui32>
  %1 = stablehlo.replica_id {a} : tensor<ui32>
  func.return
}
