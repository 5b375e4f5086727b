// RUN: eggshard-opt %s -p fold-reshards --split-input-file | filecheck %s

// A reshard of a reshard is one; a reduction with a slice below it scatters.
// CHECK-LABEL: @chain
// CHECK-NEXT:    sharding.reshard %x : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{"a"}]>
// CHECK-NEXT:    func.return
sharding.mesh @mesh = <["a"=2]>
func.func @chain(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %1 = sharding.reshard %0 : #sharding.layout<@mesh, [{}]> -> #sharding.layout<@mesh, [{"a"}]> : tensor<8xf32>
  func.return %1 : tensor<8xf32>
}

// -----

// There and back again is nothing.
// CHECK-LABEL: @back
// CHECK-NEXT:    func.return %x
sharding.mesh @mesh = <["a"=2]>
func.func @back(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{"a"}]> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %1 = sharding.reshard %0 : #sharding.layout<@mesh, [{}]> -> #sharding.layout<@mesh, [{"a"}]> : tensor<8xf32>
  func.return %1 : tensor<8xf32>
}

// -----

// A reduction whose result is used whole too is not repeated.
// CHECK-LABEL: @reduced_once
// CHECK-NEXT:    sharding.reshard %x
// CHECK-NEXT:    sharding.reshard %0
sharding.mesh @mesh = <["a"=2]>
func.func @reduced_once(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %1 = sharding.reshard %0 : #sharding.layout<@mesh, [{}]> -> #sharding.layout<@mesh, [{"a"}]> : tensor<8xf32>
  func.return %1, %0 : tensor<8xf32>, tensor<8xf32>
}

// -----

sharding.mesh @mesh = <["a"=2, "b"=4]>
#whole = #sharding.layout<@mesh, [{}, {}]>
#rows = #sharding.layout<@mesh, [{"a"}, {}]>
#columns = #sharding.layout<@mesh, [{}, {"b"}]>

// What any device can make is made where it is read: constants, iotas and broadcast scalars.
// CHECK-LABEL: @made_again
// CHECK-NOT:   sharding.reshard
// CHECK:       %[[C:.*]] = stablehlo.constant {sharding.layouts = [#sharding.layout<@mesh, [{"a"}, {}]>], sharding.strategy = #sharding.strategy<@mesh, {a: i}>} dense<1.000000e+00>
// CHECK-NEXT:  %[[I:.*]] = stablehlo.iota dim = 1 {sharding.layouts = [#sharding.layout<@mesh, [{}, {"b"}]>], sharding.strategy = #sharding.strategy<@mesh, {b: j}>}
// CHECK-NEXT:  %[[B:.*]] = stablehlo.broadcast_in_dim %s, dims = [] {sharding.layouts = [#sharding.layout<@mesh, [{"a"}, {}]>], sharding.strategy = #sharding.strategy<@mesh, {a: i}>}
// CHECK-NEXT:  func.return %[[C]], %[[I]], %[[B]]
func.func @made_again(%s: tensor<f32>) -> (tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) {
  %0 = stablehlo.constant {sharding.layouts = [#whole]} dense<1.0> : tensor<8x8xf32>
  %1 = sharding.reshard %0 : #whole -> #rows : tensor<8x8xf32>
  %2 = stablehlo.iota dim = 1 {sharding.layouts = [#rows], sharding.strategy = #sharding.strategy<@mesh, {a: i}>} : tensor<8x8xf32>
  %3 = sharding.reshard %2 : #rows -> #columns : tensor<8x8xf32>
  %4 = stablehlo.broadcast_in_dim %s, dims = [] {sharding.layouts = [#whole]} : (tensor<f32>) -> tensor<8x8xf32>
  %5 = sharding.reshard %4 : #whole -> #rows : tensor<8x8xf32>
  func.return %1, %3, %5 : tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>
}

// -----

sharding.mesh @mesh = <["a"=2, "b"=4]>
#whole = #sharding.layout<@mesh, [{}, {}]>
#rows = #sharding.layout<@mesh, [{"a"}, {}]>

// One that is read elsewhere as it was stays beside the copy; one that is made whole again has no strategy.
// CHECK-LABEL: @both
// CHECK-NEXT:  %[[C:.*]] = stablehlo.constant {sharding.layouts = [#sharding.layout<@mesh, [{}, {}]>]} dense<1.000000e+00>
// CHECK-NEXT:  %[[R:.*]] = stablehlo.constant {{.*}}{a: i}>} dense<1.000000e+00>
// CHECK-NEXT:  %[[I:.*]] = stablehlo.iota dim = 0 {sharding.layouts = [#sharding.layout<@mesh, [{}, {}]>]} : tensor<8x8xi32>
// CHECK-NEXT:  func.return %[[C]], %[[R]], %[[I]]
func.func @both() -> (tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xi32>) {
  %0 = stablehlo.constant {sharding.layouts = [#whole]} dense<1.0> : tensor<8x8xf32>
  %1 = sharding.reshard %0 : #whole -> #rows : tensor<8x8xf32>
  %2 = stablehlo.iota dim = 0 {sharding.layouts = [#rows], sharding.strategy = #sharding.strategy<@mesh, {a: i}>} : tensor<8x8xi32>
  %3 = sharding.reshard %2 : #rows -> #whole : tensor<8x8xi32>
  func.return %0, %1, %3 : tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xi32>
}

// -----

sharding.mesh @mesh = <["a"=2]>
#whole = #sharding.layout<@mesh, [{}, {}]>
#vector = #sharding.layout<@mesh, [{}]>
#rows = #sharding.layout<@mesh, [{"a"}, {}]>
#sums = #sharding.layout<@mesh, [{}, {}], partial={sum: "a"}>

// A broadcast of more than a scalar is moved, and so is what becomes a term of a sum: it counts on one device.
// CHECK-LABEL: @moved
// CHECK-NEXT:  stablehlo.broadcast_in_dim
// CHECK-NEXT:  sharding.reshard
// CHECK-NEXT:  stablehlo.constant
// CHECK-NEXT:  sharding.reshard
func.func @moved(%v: tensor<8xf32>) -> (tensor<8x8xf32>, tensor<8x8xf32>) {
  %0 = stablehlo.broadcast_in_dim %v, dims = [1] {sharding.layouts = [#whole]} : (tensor<8xf32>) -> tensor<8x8xf32>
  %1 = sharding.reshard %0 : #whole -> #rows : tensor<8x8xf32>
  %2 = stablehlo.constant {sharding.layouts = [#whole]} dense<1.0> : tensor<8x8xf32>
  %3 = sharding.reshard %2 : #whole -> #sums : tensor<8x8xf32>
  func.return %1, %3 : tensor<8x8xf32>, tensor<8x8xf32>
}

// -----

sharding.mesh @mesh = <["a"=2]>
#cut = #sharding.layout<@mesh, [{"a"}]>
#whole = #sharding.layout<@mesh, [{}]>
#sums = #sharding.layout<@mesh, [{}], partial={sum: "a"}>

// All users of a reduction want it cut: it scatters, for each of them, and is not made whole.
// CHECK-LABEL: @all_cut
// CHECK-NEXT:  %[[A:.*]] = sharding.reshard %x : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{"a"}]> because "why"
// CHECK-NEXT:  %[[B:.*]] = sharding.reshard %x : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{"a"}]>
// CHECK-NEXT:  func.return %[[A]], %[[B]]
func.func @all_cut(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %0 = sharding.reshard %x : #sums -> #whole because "why" : tensor<8xf32>
  %1 = sharding.reshard %0 : #whole -> #cut : tensor<8xf32>
  %2 = sharding.reshard %0 : #whole -> #cut : tensor<8xf32>
  func.return %1, %2 : tensor<8xf32>, tensor<8xf32>
}

// -----

sharding.mesh @mesh = <["a"=2]>
#rows = #sharding.layout<@mesh, [{"a"}, {}]>
#columns = #sharding.layout<@mesh, [{}, {"a"}]>
#whole = #sharding.layout<@mesh, [{}, {}]>

// A gathered value of which a user wants a part: cut from the gathered one it costs nothing, from the source a transfer.
// CHECK-LABEL: @gathered_anyway
// CHECK-NEXT:  %[[W:.*]] = sharding.reshard %x : #sharding.layout<@mesh, [{"a"}, {}]> -> #sharding.layout<@mesh, [{}, {}]>
// CHECK-NEXT:  %[[C:.*]] = sharding.reshard %[[W]] : #sharding.layout<@mesh, [{}, {}]> -> #sharding.layout<@mesh, [{}, {"a"}]>
// CHECK-NEXT:  func.return %[[W]], %[[C]], %x
func.func @gathered_anyway(%x: tensor<8x8xf32>) -> (tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) {
  %0 = sharding.reshard %x : #rows -> #whole : tensor<8x8xf32>
  %1 = sharding.reshard %0 : #whole -> #columns : tensor<8x8xf32>
  %2 = sharding.reshard %0 : #whole -> #rows : tensor<8x8xf32>
  func.return %0, %1, %2 : tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>
}

// -----

sharding.mesh @mesh = <["a"=2, "b"=4]>
#minor = #sharding.layout<@mesh, [{"a"}]>
#both = #sharding.layout<@mesh, [{"a", "b"}]>
#sums = #sharding.layout<@mesh, [{}], partial={sum: "a"}>
#whole = #sharding.layout<@mesh, [{}]>

// A constant that is a term on each device is not the constant; a shape that axes do not divide is made as it is.
// CHECK-LABEL: @terms
// CHECK-NEXT:  stablehlo.constant
// CHECK-NEXT:  sharding.reshard
// CHECK-NEXT:  stablehlo.constant
// CHECK-NEXT:  func.return
func.func @terms() -> (tensor<8xf32>, tensor<6xf32>) {
  %0 = stablehlo.constant {sharding.layouts = [#sums]} dense<1.0> : tensor<8xf32>
  %1 = sharding.reshard %0 : #sums -> #whole : tensor<8xf32>
  %2 = stablehlo.constant {sharding.layouts = [#whole]} dense<1.0> : tensor<6xf32>
  %3 = sharding.reshard %2 : #whole -> #both : tensor<6xf32>
  func.return %1, %3 : tensor<8xf32>, tensor<6xf32>
}

// -----

sharding.mesh @mesh = <["a"=2]>
#whole = #sharding.layout<@mesh, [{}, {}]>
#columns = #sharding.layout<@mesh, [{}, {"a"}]>

// A tensor without elements has nothing to share out: it is cut where it is asked for.
// CHECK-LABEL: @empty
// CHECK-NEXT:  stablehlo.constant
// CHECK-NEXT:  sharding.reshard
func.func @empty() -> tensor<0x8xf32> {
  %0 = stablehlo.constant {sharding.layouts = [#whole]} dense<> : tensor<0x8xf32>
  %1 = sharding.reshard %0 : #whole -> #columns : tensor<0x8xf32>
  func.return %1 : tensor<0x8xf32>
}
