// RUN: eggshard-opt %s -p fold-reshards --split-input-file | filecheck %s

// A reshard of a reshard is one; a reduction with a slice below it scatters.
// CHECK-LABEL: @chain
// CHECK-NEXT:    sharding.reshard %x : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{"a"}]>
// CHECK-NEXT:    func.return
sharding.mesh @mesh = <["a"=2]>
func.func @chain(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %1 = sharding.reshard %0 : #sharding.layout<@mesh, [{}]> -> #sharding.layout<@mesh, [{"a"}]> : tensor<8xf32>
  func.return %1 : tensor<8xf32>
}

// -----

// There and back again is nothing.
// CHECK-LABEL: @back
// CHECK-NEXT:    func.return %x
sharding.mesh @mesh = <["a"=2]>
func.func @back(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{"a"}]> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %1 = sharding.reshard %0 : #sharding.layout<@mesh, [{}]> -> #sharding.layout<@mesh, [{"a"}]> : tensor<8xf32>
  func.return %1 : tensor<8xf32>
}

// -----

// A reduction whose result is used whole too is not repeated.
// CHECK-LABEL: @reduced_once
// CHECK-NEXT:    sharding.reshard %x
// CHECK-NEXT:    sharding.reshard %0
sharding.mesh @mesh = <["a"=2]>
func.func @reduced_once(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %1 = sharding.reshard %0 : #sharding.layout<@mesh, [{}]> -> #sharding.layout<@mesh, [{"a"}]> : tensor<8xf32>
  func.return %1, %0 : tensor<8xf32>, tensor<8xf32>
}
