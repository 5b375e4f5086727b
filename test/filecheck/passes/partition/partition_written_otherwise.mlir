// RUN: eggshard-opt %s -p choose-strategies,insert-reshards,partition --split-input-file | filecheck %s

sharding.mesh @mesh = <["x"=2, "y"=4]>
#xy = #sharding.layout<@mesh, [{"x"}, {"y"}]>
#x = #sharding.layout<@mesh, [{"x"}, {}]>

// Contracted letters leave sums; what lies in the padding of a contracted dimension is zeroed on both sides.
// CHECK-LABEL: @einsum
// CHECK:       %[[P:.*]] = stablehlo.einsum %{{.*}}, config = "ij,jk->ik" {{.*}} : (tensor<4x2xf32>, tensor<2x5xf32>) -> tensor<4x5xf32>
// CHECK-NEXT:  spmd.all_reduce %[[P]] {axes = ["y"], kind = sum
func.func @einsum(%a: tensor<8x7xf32> {sharding.layout = #xy}, %b: tensor<7x5xf32> {sharding.layout = #sharding.layout<@mesh, [{"y"}, {}]>}) -> (tensor<8x5xf32> {sharding.layout = #x}) {
  %0 = stablehlo.einsum %a, %b, config = "ij,jk->ik" {sharding.layouts = [#x]} : (tensor<8x7xf32>, tensor<7x5xf32>) -> tensor<8x5xf32>
  return %0 : tensor<8x5xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#xy = #sharding.layout<@mesh, [{"x"}, {"y"}]>
#x = #sharding.layout<@mesh, [{"x"}, {}]>

// New dimensions have the local size; a stretched dimension stays whole.
// CHECK-LABEL: @broadcast
// CHECK-NEXT:  stablehlo.broadcast %v, sizes = [4] {{.*}} : (tensor<2xf32>) -> tensor<4x2xf32>
// CHECK-NEXT:  chlo.broadcast_add %c, %v {{.*}} : (tensor<4x1xf32>, tensor<2xf32>) -> tensor<4x2xf32>
// CHECK-NEXT:  return
func.func @broadcast(%v: tensor<8xf32> {sharding.layout = #sharding.layout<@mesh, [{"y"}]>}, %c: tensor<8x1xf32> {sharding.layout = #x})
    -> (tensor<8x8xf32> {sharding.layout = #xy}, tensor<8x8xf32> {sharding.layout = #xy}) {
  %0 = stablehlo.broadcast %v, sizes = [8] {sharding.layouts = [#xy]} : (tensor<8xf32>) -> tensor<8x8xf32>
  %1 = chlo.broadcast_add %c, %v {sharding.layouts = [#xy]} : (tensor<8x1xf32>, tensor<8xf32>) -> tensor<8x8xf32>
  return %0, %1 : tensor<8x8xf32>, tensor<8x8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#x = #sharding.layout<@mesh, [{"x"}, {}]>
#y = #sharding.layout<@mesh, [{}, {"y"}]>

// The dimension that indices choose from is gathered, the others are not.
// CHECK-LABEL: @index_select
// CHECK-NEXT:  %[[W:.*]] = spmd.all_gather %a {axes = ["x"], dim = 0
// CHECK-NEXT:  "stablehlo.torch_index_select"(%[[W]], %i) {{.*}} : (tensor<8x2xf32>, tensor<5xi32>) -> tensor<5x2xf32>
func.func @index_select(%a: tensor<8x8xf32> {sharding.layout = #sharding.layout<@mesh, [{"x"}, {"y"}]>}, %i: tensor<5xi32>) -> (tensor<5x8xf32> {sharding.layout = #y}) {
  %0 = "stablehlo.torch_index_select"(%a, %i) <{dim = 0 : i64, batch_dims = 0 : i64}> {sharding.layouts = [#y]} : (tensor<8x8xf32>, tensor<5xi32>) -> tensor<5x8xf32>
  return %0 : tensor<5x8xf32>
}
