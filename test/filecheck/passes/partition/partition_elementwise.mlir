// RUN: eggshard-opt %s -p partition --split-input-file | filecheck %s

sharding.mesh @mesh = <["x"=2, "y"=4]>
#both = #sharding.layout<@mesh, [{"x"}, {"y"}]>

// Each device computes its part; the function says what it runs on and what the whole is.
// CHECK-LABEL: @local(%a: tensor<4x4xf32>
// CHECK-SAME:  -> (tensor<4x4xf32>
// CHECK-SAME:  spmd.global = (tensor<8x16xf32>) -> tensor<8x16xf32>, spmd.mesh = @mesh
// CHECK-NEXT:  %[[R:.*]] = stablehlo.sine %a {sharding.layouts = [#sharding.layout<@mesh, [{"x"}, {"y"}]>]} : tensor<4x4xf32>
// CHECK-NEXT:  return %[[R]] : tensor<4x4xf32>
func.func @local(%a: tensor<8x16xf32> {sharding.layout = #both}) -> (tensor<8x16xf32> {sharding.layout = #both}) {
  %0 = stablehlo.sine %a {sharding.layouts = [#both], sharding.strategy = #sharding.strategy<@mesh, {x: i, y: j}>} : tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>

// An op without a strategy computes the whole on every device.
// CHECK-LABEL: @whole
// CHECK-NEXT:  stablehlo.sine %a : tensor<8x16xf32>
func.func @whole(%a: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %0 = stablehlo.sine %a : tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#xy = #sharding.layout<@mesh, [{"x", "y"}]>
#part = #sharding.layout<@mesh, [{"y":(2)2}]>

// Two axes may cut one dimension, and so may a part of an axis.
// CHECK-LABEL: @axes
// CHECK-NEXT:  stablehlo.negate %a {{.*}} : tensor<2xf32>
// CHECK-NEXT:  stablehlo.negate %b {{.*}} : tensor<8xf32>
func.func @axes(%a: tensor<16xf32> {sharding.layout = #xy}, %b: tensor<16xf32> {sharding.layout = #part}) -> (tensor<16xf32> {sharding.layout = #xy}, tensor<16xf32> {sharding.layout = #part}) {
  %0 = stablehlo.negate %a {sharding.layouts = [#xy], sharding.strategy = #sharding.strategy<@mesh, {x: i, y: i}>} : tensor<16xf32>
  %1 = stablehlo.negate %b {sharding.layouts = [#part], sharding.strategy = #sharding.strategy<@mesh, {"y":(2)2: i}>} : tensor<16xf32>
  return %0, %1 : tensor<16xf32>, tensor<16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#x = #sharding.layout<@mesh, [{"x"}]>

// A dimension that does not divide is padded; nothing looks at the padding, so nothing masks it.
// CHECK-LABEL: @padded(%a: tensor<4xf32>
// CHECK-NEXT:  stablehlo.sqrt %a {{.*}} : tensor<4xf32>
func.func @padded(%a: tensor<7xf32> {sharding.layout = #x}) -> (tensor<7xf32> {sharding.layout = #x}) {
  %0 = stablehlo.sqrt %a {sharding.layouts = [#x], sharding.strategy = #sharding.strategy<@mesh, {x: i}>} : tensor<7xf32>
  return %0 : tensor<7xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"x"}, {}]>
#columns = #sharding.layout<@mesh, [{}, {"x"}]>
#stacked = #sharding.layout<@mesh, [{"y"}, {"x"}, {}]>

// Transposes and broadcasts name no size.
// CHECK-LABEL: @shapes
// CHECK-NEXT:  stablehlo.transpose %a, dims = [1, 0] {{.*}} : (tensor<4x16xf32>) -> tensor<16x4xf32>
// CHECK-NEXT:  stablehlo.broadcast_in_dim %a, dims = [1, 2] {{.*}} : (tensor<4x16xf32>) -> tensor<1x4x16xf32>
func.func @shapes(%a: tensor<8x16xf32> {sharding.layout = #rows}) -> (tensor<16x8xf32> {sharding.layout = #columns}, tensor<4x8x16xf32> {sharding.layout = #stacked}) {
  %0 = stablehlo.transpose %a, dims = [1, 0] {sharding.layouts = [#columns], sharding.strategy = #sharding.strategy<@mesh, {x: j}>} : (tensor<8x16xf32>) -> tensor<16x8xf32>
  %1 = stablehlo.broadcast_in_dim %a, dims = [1, 2] {sharding.layouts = [#stacked], sharding.strategy = #sharding.strategy<@mesh, {y: i, x: j}>} : (tensor<8x16xf32>) -> tensor<4x8x16xf32>
  return %0, %1 : tensor<16x8xf32>, tensor<4x8x16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#merged = #sharding.layout<@mesh, [{"x", "y"}, {}]>
#split = #sharding.layout<@mesh, [{"x"}, {"y"}, {}]>

// A reshape splits and merges what is cut along the factors that both sides have.
// CHECK-LABEL: @reshape
// CHECK-NEXT:  stablehlo.reshape %a {{.*}} : (tensor<1x16xf32>) -> tensor<1x1x16xf32>
func.func @reshape(%a: tensor<8x16xf32> {sharding.layout = #merged}) -> (tensor<2x4x16xf32> {sharding.layout = #split}) {
  %0 = stablehlo.reshape %a {sharding.layouts = [#split], sharding.strategy = #sharding.strategy<@mesh, {x: i, y: j}>} : (tensor<8x16xf32>) -> tensor<2x4x16xf32>
  return %0 : tensor<2x4x16xf32>
}
