// RUN: eggshard-opt %s -p hoist-reshards --split-input-file | filecheck %s

// A weight that the loop does not change is gathered once, before it.
// CHECK-LABEL: @invariant
// CHECK:         sharding.reshard %w : #sharding.layout<@mesh, [{"a"}]> -> #sharding.layout<@mesh, [{}]>
// CHECK-NEXT:    stablehlo.while
// CHECK-NOT:     sharding.reshard
// CHECK:         func.return
sharding.mesh @mesh = <["a"=2]>
func.func @invariant(%n: tensor<i32>, %w: tensor<8xf32>, %x: tensor<8xf32>) -> tensor<8xf32> {
  %0:3 = stablehlo.while(%i = %n, %v = %w, %y = %x) : tensor<i32>, tensor<8xf32>, tensor<8xf32>
      attributes {sharding.layouts = [#sharding.layout<@mesh, []>, #sharding.layout<@mesh, [{"a"}]>, #sharding.layout<@mesh, [{}]>]}
  cond {
    %c = stablehlo.constant dense<3> : tensor<i32>
    %p = stablehlo.compare LT, %i, %c : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  } do {
    %g = sharding.reshard %v : #sharding.layout<@mesh, [{"a"}]> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
    %z = stablehlo.multiply %y, %g : tensor<8xf32>
    stablehlo.return %i, %v, %z : tensor<i32>, tensor<8xf32>, tensor<8xf32>
  }
  func.return %0#2 : tensor<8xf32>
}

// -----

// A carry that changes is resharded in each round.
// CHECK-LABEL: @changing
// CHECK-NEXT:    stablehlo.while
// CHECK:         sharding.reshard
sharding.mesh @mesh = <["a"=2]>
func.func @changing(%n: tensor<i32>, %w: tensor<8xf32>, %x: tensor<8xf32>) -> tensor<8xf32> {
  %0:3 = stablehlo.while(%i = %n, %v = %w, %y = %x) : tensor<i32>, tensor<8xf32>, tensor<8xf32>
      attributes {sharding.layouts = [#sharding.layout<@mesh, []>, #sharding.layout<@mesh, [{"a"}]>, #sharding.layout<@mesh, [{}]>]}
  cond {
    %c = stablehlo.constant dense<3> : tensor<i32>
    %p = stablehlo.compare LT, %i, %c : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  } do {
    %g = sharding.reshard %v : #sharding.layout<@mesh, [{"a"}]> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
    %u = stablehlo.negate %v : tensor<8xf32>
    %z = stablehlo.multiply %y, %g : tensor<8xf32>
    stablehlo.return %i, %u, %z : tensor<i32>, tensor<8xf32>, tensor<8xf32>
  }
  func.return %0#2 : tensor<8xf32>
}
