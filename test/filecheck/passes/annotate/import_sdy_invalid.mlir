// RUN: eggshard-opt %s -p import-sdy --verify-diagnostics --split-input-file | filecheck %s
// RUN: eggshard-opt %s -p import-sdy --disable-verify --verify-diagnostics --split-input-file | filecheck %s

// The pass looks for itself: a module from jax has not been verified.

// CHECK: error: {{(import-sdy: )?}}argument 0 of @mesh: mesh @nowhere is not defined (meshes: @m)
sdy.mesh @m = <["a"=2]>
func.func @mesh(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@nowhere, [{"a"}]>}) {
  return
}

// -----

// CHECK: error: {{(import-sdy: )?}}stablehlo.negate: result 0: sharding has 2 dimensions, the tensor has 1
sdy.mesh @m = <["a"=2]>
func.func @rank(%x: tensor<8xf32>) {
  %0 = stablehlo.negate %x {sdy.sharding = #sdy.sharding_per_value<[<@m, [{"a"}, {}]>]>} : tensor<8xf32>
  return
}

// -----

// CHECK: error: {{(import-sdy: )?}}stablehlo.negate: result 0: axis "b" is not in mesh @m (axes: "a")
sdy.mesh @m = <["a"=2]>
func.func @axis(%x: tensor<8xf32>) {
  %0 = stablehlo.negate %x {sdy.sharding = #sdy.sharding_per_value<[<@m, [{"b"}]>]>} : tensor<8xf32>
  return
}
