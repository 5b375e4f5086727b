// RUN: eggshard-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s

// CHECK: axis "z" is not in mesh @mesh (axes: "x", "y")
sharding.mesh @mesh = <["x"=2, "y"=8]>
func.func @unknown_axis(%x: tensor<8x16xf32>) {
  %y = sharding.constraint %x <@mesh, [{"z"}, {}]> : tensor<8x16xf32>
  return
}

// -----

// CHECK: axis "x" is used twice
sharding.mesh @mesh = <["x"=2, "y"=8]>
func.func @axis_twice(%x: tensor<8x16xf32>) {
  %y = sharding.constraint %x <@mesh, [{"x"}, {"x"}]> : tensor<8x16xf32>
  return
}

// -----

// CHECK: layout has 1 dimensions, the tensor has 2
sharding.mesh @mesh = <["x"=2, "y"=8]>
func.func @rank(%x: tensor<8x16xf32>) {
  %y = sharding.constraint %x <@mesh, [{"x"}]> : tensor<8x16xf32>
  return
}

// -----

// CHECK: sub-axis "y":(1)3 does not divide axis "y" (size 8)
sharding.mesh @mesh = <["x"=2, "y"=8]>
func.func @sub_axis(%x: tensor<8x16xf32>) {
  %y = sharding.constraint %x <@mesh, [{"y":(1)3}, {}]> : tensor<8x16xf32>
  return
}

// -----

// CHECK: axes "y":(1)4 and "y":(2)4 overlap
sharding.mesh @mesh = <["x"=2, "y"=8]>
func.func @overlap(%x: tensor<8x16xf32>) {
  %y = sharding.constraint %x <@mesh, [{"y":(1)4}, {"y":(2)4}]> : tensor<8x16xf32>
  return
}

// -----

// CHECK: cut their axis at bounds where neither divides the other
sharding.mesh @mesh = <["x"=6]>
func.func @no_common_digits(%x: tensor<8x16xf32>) {
  %y = sharding.constraint %x <@mesh, [{"x":(1)2}, {"x":(3)2}]> : tensor<8x16xf32>
  return
}

// -----

// CHECK: mesh @nowhere is not defined (meshes: @mesh)
sharding.mesh @mesh = <["x"=2]>
func.func @mesh(%x: tensor<8xf32>) {
  %y = sharding.reshard %x : #sharding.layout<@mesh, [{}]> -> #sharding.layout<@nowhere, [{}]> : tensor<8xf32>
  return
}

// -----

// CHECK: partial kind mean is not one of sum
sharding.mesh @mesh = <["x"=2]>
func.func @kind(%x: tensor<8xf32>) {
  %y = sharding.constraint %x <@mesh, [{}], partial={mean: "x"}> : tensor<8xf32>
  return
}

// -----

// A layout on an argument is checked with the mesh, and the argument is named.
// CHECK: argument "w" of @argument: axis "z" is not in mesh @mesh
sharding.mesh @mesh = <["x"=2]>
func.func @argument(%x: tensor<8xf32> {sharding.layout = #sharding.layout<@mesh, [{"z"}]>, sharding.name = "w"}) {
  return
}

// -----

// CHECK: has 1 results and 2 layouts
sharding.mesh @mesh = <["x"=2]>
func.func @layouts(%x: tensor<8xf32>) {
  %y = sharding.constraint %x <@mesh, [{}]> : tensor<8xf32>
  %z = "stablehlo.tanh"(%y) {sharding.layouts = [#sharding.layout<@mesh, [{}]>, #sharding.layout<@mesh, [{}]>]} : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

// CHECK: axis "x" is used twice
sharding.mesh @mesh = <["x"=2]>
func.func @strategy(%x: tensor<8xf32>) {
  %y = sharding.constraint %x <@mesh, [{}]> {sharding.strategy = #sharding.strategy<@mesh, {x: i, x: j}>} : tensor<8xf32>
  return
}

// -----

// CHECK: a is no factor
func.func @factor(%x: tensor<8xf32> {a.b = #sharding.strategy<@mesh, {x: a}>}) {
  return
}

// -----

// CHECK: mesh has 2 axes named "x"
sharding.mesh @mesh = <["x"=2, "x"=2]>

// -----

// CHECK: mesh axis "x" has size 0
sharding.mesh @mesh = <["x"=0]>

// -----

// CHECK: device_ids must be a permutation of 0 to 1
sharding.mesh @mesh = <["x"=2], device_ids=[1, 2]>
