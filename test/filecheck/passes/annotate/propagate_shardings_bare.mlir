// RUN: eggshard-opt %s -p 'import-sdy,propagate-shardings{bare=true},export-sdy' | filecheck %s

sdy.mesh @mesh = <["a"=2, "b"=2, "c"=1]>

// Uses share a constant, and so agree.
// CHECK-LABEL: @shared
// CHECK-NEXT:    %cst = stablehlo.constant
// CHECK-SAME:    <@mesh, [{"a", ?}]>
// CHECK-NEXT:    stablehlo.add %x, %cst
// CHECK-NEXT:    stablehlo.add %y, %cst
// CHECK-SAME:    <@mesh, [{"a", ?}]>
func.func @shared(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}, %y: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %c = stablehlo.constant dense<1.0> : tensor<8xf32>
  %0 = stablehlo.add %x, %c : tensor<8xf32>
  %1 = stablehlo.add %y, %c : tensor<8xf32>
  return %0, %1 : tensor<8xf32>, tensor<8xf32>
}

// A closed constraint says nothing about its operand before propagation; axes of size one are axes.
// CHECK-LABEL: @constraint
// CHECK-NEXT:    stablehlo.sine
// CHECK-SAME:    <@mesh, [{"a", "c", ?}]>
func.func @constraint(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a", "c"}]>}) -> tensor<8xf32> {
  %0 = stablehlo.sine %x : tensor<8xf32>
  %1 = sdy.sharding_constraint %0 <@mesh, [{"b"}]> : tensor<8xf32>
  return %1 : tensor<8xf32>
}
