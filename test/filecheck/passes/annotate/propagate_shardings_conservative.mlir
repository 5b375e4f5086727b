// RUN: eggshard-opt %s -p 'import-sdy,propagate-shardings{conservative=true},export-sdy' | filecheck %s

sdy.mesh @mesh = <["a"=4, "b"=2]>

// No axis is cut into parts.
// CHECK-LABEL: @no_parts
// CHECK-NEXT:    stablehlo.reshape %x : (tensor<8xf32>) -> tensor<2x4xf32>
func.func @no_parts(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}]>}) -> tensor<2x4xf32> {
  %0 = stablehlo.reshape %x : (tensor<8xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// A dimension that is cut needs neighbours' data and is not followed; the other is.
// CHECK-LABEL: @no_halo
// CHECK-NEXT:    stablehlo.slice
// CHECK-SAME:    <@mesh, [{?}, {"b", ?}]>
func.func @no_halo(%x: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {"b"}]>}) -> tensor<4x8xf32> {
  %0 = stablehlo.slice %x [0:4, 0:8] : (tensor<8x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
