// RUN: eggshard-opt %s -p drop-dead-ops | filecheck %s

// What nobody uses goes, and then what it used.
// CHECK-LABEL: @chain
// CHECK-NEXT:  %used = stablehlo.negate %a
// CHECK-NEXT:  return %used
func.func @chain(%a: tensor<4xf32>) -> tensor<4xf32> {
  %dead = stablehlo.sine %a : tensor<4xf32>
  %deader = stablehlo.cosine %dead : tensor<4xf32>
  %used = stablehlo.negate %a : tensor<4xf32>
  return %used : tensor<4xf32>
}

// One used result keeps an op.
// CHECK-LABEL: @half_used
// CHECK-NEXT:  %[[S:.*]]:2 = "stablehlo.sort"(%a, %b)
// CHECK:       return %[[S]]#1
func.func @half_used(%a: tensor<4xf32>, %b: tensor<4xi32>) -> tensor<4xi32> {
  %0:2 = "stablehlo.sort"(%a, %b) <{dimension = 0 : i64, is_stable = true}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>, %r: tensor<i32>, %s: tensor<i32>):
    %c = stablehlo.compare LT, %p, %q, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }) : (tensor<4xf32>, tensor<4xi32>) -> (tensor<4xf32>, tensor<4xi32>)
  return %0#1 : tensor<4xi32>
}

// Inside of a branch too; a loop without a used result goes whole.
// CHECK-LABEL: @regions
// CHECK-NEXT:  "stablehlo.if"(%p)
// CHECK-NEXT:    stablehlo.return %a
// CHECK-NOT:   stablehlo.sine
// CHECK-NOT:   stablehlo.while
func.func @regions(%p: tensor<i1>, %a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = "stablehlo.if"(%p) ({
    %dead = stablehlo.sine %a : tensor<4xf32>
    stablehlo.return %a : tensor<4xf32>
  }, {
    stablehlo.return %a : tensor<4xf32>
  }) : (tensor<i1>) -> tensor<4xf32>
  %1 = stablehlo.while(%x = %a) : tensor<4xf32> cond {
    stablehlo.return %p : tensor<i1>
  } do {
    stablehlo.return %x : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// An effect stays, used or not; a call without one goes.
// CHECK-LABEL: @effects
// CHECK-NEXT:  stablehlo.custom_call @print(%a)
// CHECK-NEXT:  return
func.func @effects(%a: tensor<4xf32>) {
  %0 = stablehlo.custom_call @print(%a) {has_side_effect = true} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = stablehlo.custom_call @pure(%a) : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// A loop with an effect in it stays.
// CHECK-LABEL: @effect_in_loop
// CHECK-NEXT:  stablehlo.while(%x = %a)
func.func @effect_in_loop(%p: tensor<i1>, %a: tensor<4xf32>) {
  %0 = stablehlo.while(%x = %a) : tensor<4xf32> cond {
    stablehlo.return %p : tensor<i1>
  } do {
    %1 = stablehlo.custom_call @print(%x) {has_side_effect = true} : (tensor<4xf32>) -> tensor<4xf32>
    stablehlo.return %1 : tensor<4xf32>
  }
  return
}

sdy.mesh @mesh = <["x"=2]>

// A constraint on the scalars of a reduction says nothing, and would hide that this is a sum.
// CHECK-LABEL: @reducer
// CHECK:       stablehlo.reduce(%a init: %zero) applies stablehlo.add
func.func @reducer(%a: tensor<4xf32>) -> tensor<f32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %0 = "stablehlo.reduce"(%a, %zero) <{dimensions = array<i64: 0>}> ({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %c = sdy.sharding_constraint %p <@mesh, []> : tensor<f32>
    %s = stablehlo.add %c, %q : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<4xf32>, tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// Outside of one it is kept while its result is used.
// CHECK-LABEL: @constraint
// CHECK-NEXT:  sdy.sharding_constraint %a
// CHECK-NEXT:  return
func.func @constraint(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = sdy.sharding_constraint %a <@mesh, [{"x"}]> : tensor<4xf32>
  return %0 : tensor<4xf32>
}
