// RUN: eggshard-opt %s -p share-reshards --split-input-file | filecheck %s
// RUN: eggshard-opt %s -p "share-reshards{window=1}" --split-input-file | filecheck %s --check-prefix=NEAR

// A gathered copy serves uses within the window, a sliced one every use.
// CHECK-LABEL: @main
// CHECK-NEXT:    %0 = sharding.reshard %x
// CHECK-NEXT:    %1 = sharding.reshard %y
// CHECK-NEXT:    stablehlo.negate %0
// CHECK-NEXT:    stablehlo.negate %1
// CHECK-NEXT:    stablehlo.abs %0
// CHECK-NEXT:    stablehlo.abs %1
// NEAR-LABEL: @main
// NEAR-NEXT:    %0 = sharding.reshard %x
// NEAR-NEXT:    %1 = sharding.reshard %y
// NEAR-NEXT:    stablehlo.negate %0
// NEAR-NEXT:    stablehlo.negate %1
// NEAR-NEXT:    %[[AGAIN:[0-9]+]] = sharding.reshard %x
// NEAR-NEXT:    stablehlo.abs %[[AGAIN]]
// NEAR-NEXT:    stablehlo.abs %1
sharding.mesh @mesh = <["a"=2]>
func.func @main(%x: tensor<8xf32>, %y: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{"a"}]> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %1 = sharding.reshard %y : #sharding.layout<@mesh, [{}]> -> #sharding.layout<@mesh, [{"a"}]> : tensor<8xf32>
  %2 = stablehlo.negate %0 : tensor<8xf32>
  %3 = stablehlo.negate %1 : tensor<8xf32>
  %4 = sharding.reshard %x : #sharding.layout<@mesh, [{"a"}]> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %5 = sharding.reshard %y : #sharding.layout<@mesh, [{}]> -> #sharding.layout<@mesh, [{"a"}]> : tensor<8xf32>
  %6 = stablehlo.abs %4 : tensor<8xf32>
  %7 = stablehlo.abs %5 : tensor<8xf32>
  func.return %2, %3, %6, %7 : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}

// -----

// The window begins anew at each use that was shared.
// CHECK-LABEL: @near_each_other
// NEAR-LABEL: @near_each_other
// NEAR-NEXT:    %[[G:.*]] = sharding.reshard %x
// NEAR-NEXT:    return %[[G]], %[[G]], %[[G]]
sharding.mesh @mesh = <["a"=2]>
func.func @near_each_other(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{"a"}]> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %1 = sharding.reshard %x : #sharding.layout<@mesh, [{"a"}]> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %2 = sharding.reshard %x : #sharding.layout<@mesh, [{"a"}]> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  return %0, %1, %2 : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}
