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

// -----

// So is one that is read through a reshard alone, but changes: before the loop lies only its first value.
// CHECK-LABEL: @replaced
// CHECK-NEXT:    stablehlo.while
// CHECK:         sharding.reshard %v
// CHECK:         stablehlo.return %i, %x, %{{.*}}
sharding.mesh @mesh = <["a"=2]>
func.func @replaced(%n: tensor<i32>, %w: tensor<8xf32>, %x: tensor<8xf32>) -> tensor<8xf32> {
  %0:3 = stablehlo.while(%i = %n, %v = %w, %y = %x) : tensor<i32>, tensor<8xf32>, tensor<8xf32>
      attributes {sharding.layouts = [#sharding.layout<@mesh, []>, #sharding.layout<@mesh, [{"a"}]>, #sharding.layout<@mesh, [{}]>]}
  cond {
    %c = stablehlo.constant dense<3> : tensor<i32>
    %p = stablehlo.compare LT, %i, %c : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  } do {
    %g = sharding.reshard %v : #sharding.layout<@mesh, [{"a"}]> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
    %z = stablehlo.multiply %y, %g : tensor<8xf32>
    stablehlo.return %i, %x, %z : tensor<i32>, tensor<8xf32>, tensor<8xf32>
  }
  func.return %0#2 : tensor<8xf32>
}

// -----

// A carry that another one takes over keeps the layout in which it is taken over.
// CHECK-LABEL: @taken_over
// CHECK-NEXT:    stablehlo.while(%v = %w, %u = %x)
// CHECK:         sharding.reshard %v
sharding.mesh @mesh = <["a"=2]>
#cut = #sharding.layout<@mesh, [{"a"}]>
#whole = #sharding.layout<@mesh, [{}]>
func.func @taken_over(%p: tensor<i1>, %w: tensor<8xf32>, %x: tensor<8xf32>) -> tensor<8xf32> {
  %0:2 = stablehlo.while(%v = %w, %u = %x) : tensor<8xf32>, tensor<8xf32> attributes {sharding.layouts = [#cut, #cut]} cond {
    stablehlo.return %p : tensor<i1>
  } do {
    %g = sharding.reshard %v : #cut -> #whole : tensor<8xf32>
    stablehlo.custom_call @look(%g) {has_side_effect = true} : (tensor<8xf32>) -> ()
    stablehlo.return %v, %v : tensor<8xf32>, tensor<8xf32>
  }
  func.return %0#1 : tensor<8xf32>
}

// -----

// A condition that looks at the carry where it lies keeps it there; one that reads it whole as well does not.
// CHECK-LABEL: @condition
// CHECK-NEXT:    %[[W:.*]] = sharding.reshard %w {{.*}} because "first"
// CHECK-NEXT:    %[[L:.*]]:2 = stablehlo.while(%v = %[[W]], %u = %x)
// CHECK:         sharding.layouts = [#sharding.layout<@mesh, [{}]>, #sharding.layout<@mesh, [{"a"}]>]
// CHECK:           stablehlo.custom_call @test(%v, %u)
// CHECK:         do {
// CHECK-NEXT:      %[[G:.*]] = sharding.reshard %u
// CHECK-NEXT:      stablehlo.custom_call @look(%v, %[[G]])
// CHECK:         %[[V:.*]] = sharding.reshard %[[L]]#0 : #sharding.layout<@mesh, [{}]> -> #sharding.layout<@mesh, [{"a"}]> because "carry of a loop"
// CHECK-NEXT:    func.return %[[V]], %[[L]]#1
sharding.mesh @mesh = <["a"=2]>
#cut = #sharding.layout<@mesh, [{"a"}]>
#whole = #sharding.layout<@mesh, [{}]>
func.func @condition(%w: tensor<8xf32>, %x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %0:2 = stablehlo.while(%v = %w, %u = %x) : tensor<8xf32>, tensor<8xf32> attributes {sharding.layouts = [#cut, #cut]} cond {
    %c = sharding.reshard %v : #cut -> #whole because "second" : tensor<8xf32>
    %p = stablehlo.custom_call @test(%c, %u) : (tensor<8xf32>, tensor<8xf32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  } do {
    %g = sharding.reshard %v : #cut -> #whole because "first" : tensor<8xf32>
    %h = sharding.reshard %u : #cut -> #whole : tensor<8xf32>
    stablehlo.custom_call @look(%g, %h) {has_side_effect = true} : (tensor<8xf32>, tensor<8xf32>) -> ()
    stablehlo.return %v, %u : tensor<8xf32>, tensor<8xf32>
  }
  func.return %0#0, %0#1 : tensor<8xf32>, tensor<8xf32>
}

// -----

// Two layouts wanted of one carry: it stays.
// CHECK-LABEL: @two_layouts
// CHECK-NEXT:    stablehlo.while(%v = %w)
// CHECK:         sharding.reshard %v
// CHECK-NEXT:    sharding.reshard %v
sharding.mesh @mesh = <["a"=2]>
#rows = #sharding.layout<@mesh, [{"a"}, {}]>
#columns = #sharding.layout<@mesh, [{}, {"a"}]>
#whole = #sharding.layout<@mesh, [{}, {}]>
func.func @two_layouts(%p: tensor<i1>, %w: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = stablehlo.while(%v = %w) : tensor<8x8xf32> attributes {sharding.layouts = [#rows]} cond {
    stablehlo.return %p : tensor<i1>
  } do {
    %g = sharding.reshard %v : #rows -> #whole : tensor<8x8xf32>
    %h = sharding.reshard %v : #rows -> #columns : tensor<8x8xf32>
    stablehlo.custom_call @look(%g, %h) {has_side_effect = true} : (tensor<8x8xf32>, tensor<8x8xf32>) -> ()
    stablehlo.return %v : tensor<8x8xf32>
  }
  func.return %0 : tensor<8x8xf32>
}

// -----

// Nor does it move where the condition wants it in another layout than the body.
// CHECK-LABEL: @condition_differs
// CHECK-NEXT:    stablehlo.while(%v = %w)
// CHECK:         sharding.reshard %v
// CHECK:         sharding.reshard %v
sharding.mesh @mesh = <["a"=2]>
#rows = #sharding.layout<@mesh, [{"a"}, {}]>
#columns = #sharding.layout<@mesh, [{}, {"a"}]>
#whole = #sharding.layout<@mesh, [{}, {}]>
func.func @condition_differs(%w: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = stablehlo.while(%v = %w) : tensor<8x8xf32> attributes {sharding.layouts = [#rows]} cond {
    %c = sharding.reshard %v : #rows -> #columns : tensor<8x8xf32>
    %p = stablehlo.custom_call @test(%c) : (tensor<8x8xf32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  } do {
    %g = sharding.reshard %v : #rows -> #whole : tensor<8x8xf32>
    stablehlo.custom_call @look(%g) {has_side_effect = true} : (tensor<8x8xf32>) -> ()
    stablehlo.return %v : tensor<8x8xf32>
  }
  func.return %0 : tensor<8x8xf32>
}
