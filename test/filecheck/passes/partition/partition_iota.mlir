// RUN: eggshard-opt %s -p choose-strategies,insert-reshards,partition --split-input-file | filecheck %s

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// Each device counts on from where its shard begins; in integers, since bf16 rounds each number by itself.
// CHECK-LABEL: @counted
// CHECK-NEXT:  %[[FROM_ZERO:.*]] = stablehlo.iota dim = 0 : tensor<2xi32>
// CHECK-NEXT:  %[[D:.*]] = spmd.device_index {axes = ["y"]} : tensor<i32>
// CHECK-NEXT:  %[[TILE:.*]] = stablehlo.constant dense<2> : tensor<i32>
// CHECK-NEXT:  %[[BEGIN:.*]] = stablehlo.multiply %[[D]], %[[TILE]]
// CHECK-NEXT:  %[[B:.*]] = stablehlo.broadcast_in_dim %[[BEGIN]]
// CHECK-NEXT:  %[[N:.*]] = stablehlo.add %[[FROM_ZERO]], %[[B]]
// CHECK-NEXT:  stablehlo.convert %[[N]] : (tensor<2xi32>) -> tensor<2xbf16>
func.func @counted() -> (tensor<8xbf16> {sharding.layout = #y}) {
  %0 = stablehlo.iota dim = 0 {sharding.layouts = [#y]} : tensor<8xbf16>
  return %0 : tensor<8xbf16>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#columns = #sharding.layout<@mesh, [{}, {"y"}]>

// Along another dimension all shards are alike.
// CHECK-LABEL: @other_dimension
// CHECK-NEXT:  stablehlo.iota dim = 0 {{.*}} : tensor<3x2xi32>
// CHECK-NEXT:  return
func.func @other_dimension() -> (tensor<3x8xi32> {sharding.layout = #columns}) {
  %0 = stablehlo.iota dim = 0 {sharding.layouts = [#columns]} : tensor<3x8xi32>
  return %0 : tensor<3x8xi32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// A splat stays one; of other constants each device keeps its part.
// CHECK-LABEL: @constants
// CHECK-NEXT:  stablehlo.constant dense<2.000000e+00> : tensor<2xf32>
// CHECK-NEXT:  %[[C:.*]] = stablehlo.constant dense<[3, 1, 4, 1, 5, 9]> : tensor<6xi32>
// CHECK:       %[[EVEN:.*]] = stablehlo.pad %[[C]], %{{.*}}, low = [0], high = [2]
// CHECK-NEXT:  spmd.slice %[[EVEN]] {axes = ["y"], dim = 0} : tensor<8xi32> -> tensor<2xi32>
func.func @constants() -> (tensor<8xf32> {sharding.layout = #y}, tensor<6xi32> {sharding.layout = #y}) {
  %0 = stablehlo.constant {sharding.layouts = [#y]} dense<2.0> : tensor<8xf32>
  %1 = stablehlo.constant {sharding.layouts = [#y]} dense<[3, 1, 4, 1, 5, 9]> : tensor<6xi32>
  return %0, %1 : tensor<8xf32>, tensor<6xi32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#y = #sharding.layout<@mesh, [{"y"}]>

// Random bits are made whole on every device, so that they are those of the whole program; each keeps its part.
// CHECK-LABEL: @random
// CHECK-NEXT:  %[[R:.*]]:2 = stablehlo.rng_bit_generator %key, {{.*}} (tensor<2xui64>, tensor<8xui32>)
// CHECK-NEXT:  spmd.slice %[[R]]#1 {axes = ["y"], dim = 0
func.func @random(%key: tensor<2xui64>) -> (tensor<8xui32> {sharding.layout = #y}) {
  %0:2 = "stablehlo.rng_bit_generator"(%key) <{rng_algorithm = #stablehlo<rng_algorithm THREE_FRY>}> {sharding.layouts = [#sharding.layout<@mesh, [{}]>, #y]} : (tensor<2xui64>) -> (tensor<2xui64>, tensor<8xui32>)
  return %0#1 : tensor<8xui32>
}
