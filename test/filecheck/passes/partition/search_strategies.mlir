// RUN: eggshard-opt %s -p 'search-strategies{memory=300MiB time-limit=20}' --split-input-file | filecheck %s
// RUN: eggshard-opt %s -p 'search-strategies{memory=300MiB time-limit=20 logic=false}' --split-input-file | filecheck %s --check-prefix=WRITTEN

// Two products too large to be replicated: the first is cut by columns where the second is cut by rows.

// CHECK-LABEL: func.func @mlp
// CHECK:         stablehlo.dot_general %x, %w, {{.*}} sharding.strategy = #sharding.strategy<@mesh, {model: i, data: j}>
// CHECK:         stablehlo.tanh {{.*}} sharding.strategy = #sharding.strategy<@mesh, {model: i, data: j}>
// CHECK:         stablehlo.dot_general {{.*}} sharding.strategy = #sharding.strategy<@mesh, {model: i, data: k}>

sharding.mesh @mesh = <["data"=4, "model"=2]>
func.func @mlp(%x: tensor<4096x4096xf32>, %w: tensor<4096x16384xf32>, %v: tensor<16384x4096xf32>) -> tensor<4096x4096xf32> {
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : (tensor<4096x4096xf32>, tensor<4096x16384xf32>) -> tensor<4096x16384xf32>
  %1 = stablehlo.tanh %0 : tensor<4096x16384xf32>
  %2 = stablehlo.dot_general %1, %v, contracting_dims = [1] x [0] : (tensor<4096x16384xf32>, tensor<16384x4096xf32>) -> tensor<4096x4096xf32>
  func.return %2 : tensor<4096x4096xf32>
}

// -----

// A chain of products is regrouped where that is cheaper over the mesh; not without logical rules.

// CHECK-LABEL: func.func @chain
// CHECK:         [[BC:%.*]] = stablehlo.dot_general %b, %c, {{.*}} -> tensor<16384x8xf32>
// CHECK-NEXT:    stablehlo.dot_general %a, [[BC]], {{.*}} sharding.strategy = #sharding.strategy<@mesh, {data: k}>

// WRITTEN-LABEL: func.func @chain
// WRITTEN:         stablehlo.dot_general %a, %b, {{.*}} -> tensor<64x2048xf32>
// WRITTEN-NEXT:    stablehlo.dot_general %{{.*}}, %c, {{.*}} -> tensor<64x8xf32>

sharding.mesh @mesh = <["data"=8]>
func.func @chain(%a: tensor<64x16384xf32>, %b: tensor<16384x2048xf32>, %c: tensor<2048x8xf32>) -> tensor<64x8xf32> {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<64x16384xf32>, tensor<16384x2048xf32>) -> tensor<64x2048xf32>
  %1 = stablehlo.dot_general %0, %c, contracting_dims = [1] x [0] : (tensor<64x2048xf32>, tensor<2048x8xf32>) -> tensor<64x8xf32>
  func.return %1 : tensor<64x8xf32>
}

// -----

// What an annotation fixes stays.

// CHECK-LABEL: func.func @pinned
// CHECK-SAME:    %x: tensor<8x4xf32> {sharding.layout = #sharding.layout<@mesh, [{}, {"data"}]>}

sharding.mesh @mesh = <["data"=4]>
func.func @pinned(%x: tensor<8x4xf32> {sharding.layout = #sharding.layout<@mesh, [{}, {"data"}]>}) -> tensor<8x4xf32> {
  %0 = stablehlo.tanh %x : tensor<8x4xf32>
  func.return %0 : tensor<8x4xf32>
}
