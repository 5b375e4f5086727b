// RUN: eggshard-opt %s -p defer-reductions --split-input-file | filecheck %s

// Two partial terms of a sum are reduced once, below it.
// CHECK-LABEL: @sum
// CHECK-NEXT:    %0 = stablehlo.add %x, %y {{.*}}partial={sum: "a"}
// CHECK-NEXT:    sharding.reshard %0 : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]>
// CHECK-NEXT:    func.return
sharding.mesh @mesh = <["a"=2]>
func.func @sum(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %1 = sharding.reshard %y : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %2 = stablehlo.add %0, %1 : tensor<8xf32>
  func.return %2 : tensor<8xf32>
}

// -----

// So they are across a transpose of one of them.
// CHECK-LABEL: @transposed
// CHECK-NEXT:    %0 = stablehlo.transpose %x, dims = [1, 0] {{.*}}partial={sum: "a"}
// CHECK-NEXT:    %1 = stablehlo.add %0, %y {{.*}}partial={sum: "a"}
// CHECK-NEXT:    sharding.reshard %1
sharding.mesh @mesh = <["a"=2]>
func.func @transposed(%x: tensor<4x8xf32>, %y: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{}, {}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}, {}]> : tensor<4x8xf32>
  %1 = stablehlo.transpose %0, dims = [1, 0] : (tensor<4x8xf32>) -> tensor<8x4xf32>
  %2 = sharding.reshard %y : #sharding.layout<@mesh, [{}, {}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}, {}]> : tensor<8x4xf32>
  %3 = stablehlo.add %1, %2 : tensor<8x4xf32>
  func.return %3 : tensor<8x4xf32>
}

// -----

// A maximum is no sum.
// CHECK-LABEL: @maximum
// CHECK-NEXT:    sharding.reshard %x
// CHECK-NEXT:    sharding.reshard %y
// CHECK-NEXT:    stablehlo.maximum
sharding.mesh @mesh = <["a"=2]>
func.func @maximum(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %1 = sharding.reshard %y : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %2 = stablehlo.maximum %0, %1 : tensor<8xf32>
  func.return %2 : tensor<8xf32>
}

// -----

// A term that is used whole as well is reduced in any case.
// CHECK-LABEL: @used_twice
// CHECK-NEXT:    sharding.reshard %x
// CHECK-NEXT:    sharding.reshard %y
// CHECK-NEXT:    stablehlo.add
sharding.mesh @mesh = <["a"=2]>
func.func @used_twice(%x: tensor<8xf32>, %y: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %1 = sharding.reshard %y : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %2 = stablehlo.add %0, %1 : tensor<8xf32>
  func.return %2, %0 : tensor<8xf32>, tensor<8xf32>
}

// -----

// Terms that are partial along different axes cannot be reduced together.
// CHECK-LABEL: @other_axis
// CHECK-NEXT:    sharding.reshard %x
// CHECK-NEXT:    sharding.reshard %y
// CHECK-NEXT:    stablehlo.add
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @other_axis(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %1 = sharding.reshard %y : #sharding.layout<@mesh, [{}], partial={sum: "b"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %2 = stablehlo.add %0, %1 : tensor<8xf32>
  func.return %2 : tensor<8xf32>
}
