// RUN: eggshard-opt %s -p choose-strategies,insert-reshards,partition --split-input-file | filecheck %s

sharding.mesh @mesh = <["x"=2, "y"=4]>
#x = #sharding.layout<@mesh, [{"x"}]>

// Each device reduces its part, from the neutral value.
// CHECK-LABEL: @sum
// CHECK-NEXT:  %zero = stablehlo.constant dense<0.000000e+00>
// CHECK-NEXT:  %[[P:.*]] = stablehlo.reduce(%a init: %zero) applies stablehlo.add {{.*}} : (tensor<4xf32>, tensor<f32>)
// CHECK-NEXT:  spmd.all_reduce %[[P]] {axes = ["x"], kind = sum
func.func @sum(%a: tensor<8xf32> {sharding.layout = #x}) -> tensor<f32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %0 = stablehlo.reduce(%a init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"x"}, {}]>
#x = #sharding.layout<@mesh, [{"x"}]>

// Another dimension than the one that is cut is reduced where it lies.
// CHECK-LABEL: @other_dimension
// CHECK:       stablehlo.reduce(%a init: %zero) {{.*}} : (tensor<4x16xf32>, tensor<f32>) -> tensor<4xf32>
// CHECK-NEXT:  return
func.func @other_dimension(%a: tensor<8x16xf32> {sharding.layout = #rows}) -> (tensor<8xf32> {sharding.layout = #x}) {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %0 = stablehlo.reduce(%a init: %zero) applies stablehlo.add across dimensions = [1] {sharding.layouts = [#x]} : (tensor<8x16xf32>, tensor<f32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#x = #sharding.layout<@mesh, [{"x"}]>

// Padding holds what changes nothing: the smallest number of the type for a maximum.
// CHECK-LABEL: @padded
// CHECK:       %[[LAST:.*]] = stablehlo.constant dense<7> : tensor<4xi32>
// CHECK-NEXT:  %[[IN:.*]] = stablehlo.compare LT, %{{.*}}, %[[LAST]]
// CHECK-NEXT:  %[[LOW:.*]] = stablehlo.constant dense<-2147483648> : tensor<4xi32>
// CHECK-NEXT:  %[[MASKED:.*]] = stablehlo.select %[[IN]], %a, %[[LOW]]
// CHECK-NEXT:  %[[P:.*]] = stablehlo.reduce(%[[MASKED]] init: %low) applies stablehlo.maximum
// CHECK-NEXT:  spmd.all_reduce %[[P]] {axes = ["x"], kind = max
func.func @padded(%a: tensor<7xi32> {sharding.layout = #x}) -> tensor<i32> {
  %low = stablehlo.constant dense<-2147483648> : tensor<i32>
  %0 = stablehlo.reduce(%a init: %low) applies stablehlo.maximum across dimensions = [0] : (tensor<7xi32>, tensor<i32>) -> tensor<i32>
  return %0 : tensor<i32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#x = #sharding.layout<@mesh, [{"x"}]>

// A starting value counts once, on the first device.
// CHECK-LABEL: @start
// CHECK:       %[[P:.*]] = stablehlo.reduce(%a init: %{{.*}}) applies stablehlo.add
// CHECK:       %[[FIRST:.*]] = stablehlo.compare EQ
// CHECK:       %[[ONCE:.*]] = stablehlo.select %[[FIRST]], %start, %{{.*}} : tensor<i1>, tensor<f32>
// CHECK-NEXT:  %[[WITH:.*]] = stablehlo.add %[[P]], %[[ONCE]]
// CHECK-NEXT:  spmd.all_reduce %[[WITH]]
func.func @start(%a: tensor<8xf32> {sharding.layout = #x}, %start: tensor<f32>) -> tensor<f32> {
  %0 = stablehlo.reduce(%a init: %start) applies stablehlo.add across dimensions = [0] : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#x = #sharding.layout<@mesh, [{"x"}]>

// Of a maximum it may count on every device.
// CHECK-LABEL: @start_of_max
// CHECK:       %[[P:.*]] = stablehlo.reduce(%a init: %{{.*}}) applies stablehlo.maximum
// CHECK-NEXT:  %[[WITH:.*]] = stablehlo.maximum %[[P]], %start
// CHECK-NEXT:  spmd.all_reduce %[[WITH]] {axes = ["x"], kind = max
func.func @start_of_max(%a: tensor<8xf32> {sharding.layout = #x}, %start: tensor<f32>) -> tensor<f32> {
  %0 = stablehlo.reduce(%a init: %start) applies stablehlo.maximum across dimensions = [0] : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#x = #sharding.layout<@mesh, [{"x"}]>

// A body that is no known reduction, as of an argmax: the few local results are gathered and reduced by the same body.
// CHECK-LABEL: @any_body
// CHECK:       %[[P:.*]]:2 = stablehlo.reduce(%a init: %low), (%b init: %zero) {{.*}} (tensor<4xf32>, tensor<4xi32>
// CHECK:       %[[V:.*]] = spmd.all_gather %{{.*}} {axes = ["x"], dim = 0{{.*}} : tensor<1xf32> -> tensor<2xf32>
// CHECK:       %[[W:.*]] = spmd.all_gather %{{.*}} {axes = ["x"], dim = 0{{.*}} : tensor<1xi32> -> tensor<2xi32>
// CHECK-NEXT:  stablehlo.reduce(%[[V]] init: %low), (%[[W]] init: %zero) across dimensions = [0]
func.func @any_body(%a: tensor<8xf32> {sharding.layout = #x}, %b: tensor<8xi32> {sharding.layout = #x}) -> tensor<i32> {
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %0:2 = stablehlo.reduce(%a init: %low), (%b init: %zero) across dimensions = [0] : (tensor<8xf32>, tensor<8xi32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)
   reducer(%p: tensor<f32>, %r: tensor<f32>) (%q: tensor<i32>, %s: tensor<i32>)  {
    %c = stablehlo.compare GE, %p, %r, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %v = stablehlo.select %c, %p, %r : tensor<i1>, tensor<f32>
    %w = stablehlo.select %c, %q, %s : tensor<i1>, tensor<i32>
    stablehlo.return %v, %w : tensor<f32>, tensor<i32>
  }
  return %0#1 : tensor<i32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#x = #sharding.layout<@mesh, [{"x"}]>

// If nobody knows whether its starting value may count twice, the dimension is gathered.
// CHECK-LABEL: @any_start
// CHECK-NEXT:  %[[A:.*]] = spmd.all_gather %a
// CHECK-NEXT:  stablehlo.reduce(%[[A]] init: %start)
func.func @any_start(%a: tensor<8xf32> {sharding.layout = #x}, %start: tensor<f32>) -> tensor<f32> {
  %0 = stablehlo.reduce(%a init: %start) across dimensions = [0] : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
   reducer(%p: tensor<f32>, %q: tensor<f32>) {
    %c = stablehlo.power %p, %q : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }
  return %0 : tensor<f32>
}
