// RUN: eggshard-opt %s -p choose-strategies,insert-reshards,partition --split-input-file | filecheck %s

sharding.mesh @mesh = <["x"=2, "y"=4]>
#batch = #sharding.layout<@mesh, [{"y"}, {}, {}]>
#batch_rows = #sharding.layout<@mesh, [{"y"}, {"x"}, {}]>

// Batch and free dimensions are local.
// CHECK-LABEL: @free
// CHECK-NEXT:  stablehlo.dot_general %a, %b, {{.*}} : (tensor<1x4x16xf32>, tensor<1x16x6xf32>) -> tensor<1x4x6xf32>
// CHECK-NEXT:  return
func.func @free(%a: tensor<4x8x16xf32> {sharding.layout = #batch_rows}, %b: tensor<4x16x6xf32> {sharding.layout = #batch}) -> (tensor<4x8x6xf32> {sharding.layout = #batch_rows}) {
  %0 = stablehlo.dot_general %a, %b, batching_dims = [0] x [0], contracting_dims = [2] x [1] {sharding.layouts = [#batch_rows]} : (tensor<4x8x16xf32>, tensor<4x16x6xf32>) -> tensor<4x8x6xf32>
  return %0 : tensor<4x8x6xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"x"}, {}]>
#columns = #sharding.layout<@mesh, [{}, {"x"}]>

// A contracted dimension that is cut leaves sums.
// CHECK-LABEL: @contracted
// CHECK-NEXT:  %[[P:.*]] = stablehlo.dot_general %a, %b, {{.*}}partial={sum: "x"}{{.*}} : (tensor<8x8xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
// CHECK-NEXT:  spmd.all_reduce %[[P]] {axes = ["x"], kind = sum, because = "result of dot_general"}
func.func @contracted(%a: tensor<8x16xf32> {sharding.layout = #columns}, %b: tensor<16x4xf32> {sharding.layout = #rows}) -> tensor<8x4xf32> {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<8x16xf32>, tensor<16x4xf32>) -> tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"x"}, {}]>
#columns = #sharding.layout<@mesh, [{}, {"x"}]>

// Where it does not divide, padding becomes zero on both sides: 0 x inf is not 0.
// CHECK-LABEL: @padded
// CHECK:       %[[A:.*]] = stablehlo.select %{{.*}}, %a, %{{.*}} : tensor<8x3xi1>, tensor<8x3xf32>
// CHECK:       %[[B:.*]] = stablehlo.select %{{.*}}, %b, %{{.*}} : tensor<3x4xi1>, tensor<3x4xf32>
// CHECK-NEXT:  stablehlo.dot_general %[[A]], %[[B]]
func.func @padded(%a: tensor<8x5xf32> {sharding.layout = #columns}, %b: tensor<5x4xf32> {sharding.layout = #rows}) -> tensor<8x4xf32> {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<8x5xf32>, tensor<5x4xf32>) -> tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"x"}, {}]>

// A free dimension that does not divide needs no mask.
// CHECK-LABEL: @padded_free
// CHECK-NEXT:  stablehlo.dot_general %a, %b, {{.*}} : (tensor<4x5xf32>, tensor<5x4xf32>) -> tensor<4x4xf32>
func.func @padded_free(%a: tensor<7x5xf32> {sharding.layout = #rows}, %b: tensor<5x4xf32>) -> (tensor<7x4xf32> {sharding.layout = #rows}) {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] {sharding.layouts = [#rows]} : (tensor<7x5xf32>, tensor<5x4xf32>) -> tensor<7x4xf32>
  return %0 : tensor<7x4xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#columns = #sharding.layout<@mesh, [{}, {"y"}]>
#rows = #sharding.layout<@mesh, [{"y"}, {}]>

// What divides has no padding to mask.
// CHECK-LABEL: @divides
// CHECK-NEXT:  stablehlo.dot_general %a, %b
func.func @divides(%a: tensor<8x8xf32> {sharding.layout = #columns}, %b: tensor<8x4xf32> {sharding.layout = #rows}) -> tensor<8x4xf32> {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<8x8xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}
