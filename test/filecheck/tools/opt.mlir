// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | filecheck %s --check-prefix GENERIC
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s
// RUN: not eggshard-opt %s -p inline-cals 2>&1 | filecheck %s --check-prefix UNKNOWN

// The command reads and prints modules, pretty and generic; a mistyped pass is met with the nearest names.

// CHECK-LABEL: func.func @f
// CHECK:         stablehlo.add %a, %a : tensor<2xf32>
// GENERIC:       "stablehlo.add"(%a, %a) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
// UNKNOWN:       eggshard-opt: error: there is no pass 'inline-cals'; did you mean inline-calls?
func.func @f(%a: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.add %a, %a : tensor<2xf32>
  return %0 : tensor<2xf32>
}
