// RUN: eggshard-opt %s -p choose-strategies,insert-reshards,partition --split-input-file | filecheck %s

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>
#scalar = #sharding.layout<@mesh, []>

// A loop whose carry keeps its layout runs on shards.
// CHECK-LABEL: @loop
// CHECK-NEXT:  %[[L:.*]]:2 = stablehlo.while(%i = %n, %x = %a) : tensor<i32>, tensor<2xf32>
// CHECK:       do {
// CHECK-NEXT:    %v = stablehlo.sine %x {{.*}} : tensor<2xf32>
// CHECK-NEXT:    stablehlo.return %i, %v : tensor<i32>, tensor<2xf32>
// CHECK:       return %[[L]]#1 : tensor<2xf32>
func.func @loop(%a: tensor<8xf32> {sharding.layout = #y}, %n: tensor<i32>) -> (tensor<8xf32> {sharding.layout = #y}) {
  %0:2 = stablehlo.while(%i = %n, %x = %a) : tensor<i32>, tensor<8xf32> attributes {sharding.layouts = [#scalar, #y]} cond {
    %c = stablehlo.compare LT, %i, %n, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %v = stablehlo.sine %x {sharding.layouts = [#y]} : tensor<8xf32>
    stablehlo.return %i, %v : tensor<i32>, tensor<8xf32>
  }
  return %0#1 : tensor<8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>
#whole = #sharding.layout<@mesh, [{}]>

// A body that makes another layout brings the carry back to the one of the loop, in every round.
// CHECK-LABEL: @changed
// CHECK-NEXT:  %[[A:.*]] = spmd.all_gather %a {{.*}} because = "operand 0 of while"
// CHECK-NEXT:  stablehlo.while(%x = %[[A]]) : tensor<8xf32>
// CHECK:       do {
// CHECK-NEXT:    %[[X:.*]] = spmd.slice %x {{.*}} because = "operand 0 of sine"
// CHECK-NEXT:    %v = stablehlo.sine %[[X]]
// CHECK-NEXT:    %[[V:.*]] = spmd.all_gather %v {{.*}} because = "operand 0 of return"
// CHECK-NEXT:    stablehlo.return %[[V]]
func.func @changed(%a: tensor<8xf32> {sharding.layout = #y}, %n: tensor<i1>) -> tensor<8xf32> {
  %0 = stablehlo.while(%x = %a) : tensor<8xf32> attributes {sharding.layouts = [#whole]} cond {
    stablehlo.return %n : tensor<i1>
  } do {
    %v = stablehlo.sine %x {sharding.layouts = [#y]} : tensor<8xf32>
    stablehlo.return %v : tensor<8xf32>
  }
  return %0 : tensor<8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// A condition looks at the whole value, though the carry is cut.
// CHECK-LABEL: @condition
// CHECK:       cond {
// CHECK:         %[[P:.*]] = stablehlo.reduce(%x init: %low) applies stablehlo.maximum {{.*}} : (tensor<2xf32>, tensor<f32>)
// CHECK-NEXT:    %[[M:.*]] = spmd.all_reduce %[[P]] {axes = ["y"], kind = max
// CHECK-NEXT:    stablehlo.compare LT, %[[M]], %limit
func.func @condition(%a: tensor<8xf32> {sharding.layout = #y}, %limit: tensor<f32>) -> (tensor<8xf32> {sharding.layout = #y}) {
  %0 = stablehlo.while(%x = %a) : tensor<8xf32> attributes {sharding.layouts = [#y]} cond {
    %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %m = stablehlo.reduce(%x init: %low) applies stablehlo.maximum across dimensions = [0] : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
    %c = stablehlo.compare LT, %m, %limit, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %v = stablehlo.sine %x {sharding.layouts = [#y]} : tensor<8xf32>
    stablehlo.return %v : tensor<8xf32>
  }
  return %0 : tensor<8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// Branches agree on the layout of their result, and use values around them where they lie.
// CHECK-LABEL: @branches
// CHECK-NEXT:  %[[R:.*]] = "stablehlo.case"(%i) ({
// CHECK-NEXT:    %[[S:.*]] = stablehlo.sine %a {{.*}} : tensor<2xf32>
// CHECK-NEXT:    stablehlo.return %[[S]] : tensor<2xf32>
// CHECK-NEXT:  }, {
// CHECK-NEXT:    %[[B:.*]] = spmd.slice %b {axes = ["y"], dim = 0
// CHECK-NEXT:    stablehlo.return %[[B]] : tensor<2xf32>
// CHECK-NEXT:  }) {{.*}} : (tensor<i32>) -> tensor<2xf32>
func.func @branches(%i: tensor<i32>, %a: tensor<8xf32> {sharding.layout = #y}, %b: tensor<8xf32>) -> (tensor<8xf32> {sharding.layout = #y}) {
  %0 = "stablehlo.case"(%i) ({
    %1 = stablehlo.sine %a {sharding.layouts = [#y]} : tensor<8xf32>
    stablehlo.return %1 : tensor<8xf32>
  }, {
    stablehlo.return %b : tensor<8xf32>
  }) {sharding.layouts = [#y]} : (tensor<i32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// CHECK-LABEL: @if
// CHECK-NEXT:  "stablehlo.if"(%p) ({
// CHECK-NEXT:    stablehlo.return %a : tensor<2xf32>
func.func @if(%p: tensor<i1>, %a: tensor<8xf32> {sharding.layout = #y}) -> (tensor<8xf32> {sharding.layout = #y}) {
  %0 = "stablehlo.if"(%p) ({
    stablehlo.return %a : tensor<8xf32>
  }, {
    %1 = stablehlo.sine %a {sharding.layouts = [#y]} : tensor<8xf32>
    stablehlo.return %1 : tensor<8xf32>
  }) {sharding.layouts = [#y]} : (tensor<i1>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// A barrier hands on what lies as it lies.
// CHECK-LABEL: @barrier
// CHECK-NEXT:  %[[B:.*]]:2 = stablehlo.optimization_barrier {{.*}}%a, %b : tensor<2xf32>, tensor<8xf32>
// CHECK-NEXT:  stablehlo.negate %[[B]]#0 {{.*}} : tensor<2xf32>
func.func @barrier(%a: tensor<8xf32> {sharding.layout = #y}, %b: tensor<8xf32>) -> (tensor<8xf32> {sharding.layout = #y}, tensor<8xf32>) {
  %0:2 = "stablehlo.optimization_barrier"(%a, %b) {sharding.layouts = [#y, #sharding.layout<@mesh, [{}]>]} : (tensor<8xf32>, tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>)
  %1 = stablehlo.negate %0#0 {sharding.layouts = [#y]} : tensor<8xf32>
  return %1, %0#1 : tensor<8xf32>, tensor<8xf32>
}
