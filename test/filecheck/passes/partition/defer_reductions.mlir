// RUN: eggshard-opt %s -p defer-reductions --split-input-file | filecheck %s

// Two partial terms of a sum are reduced once, below it.
// CHECK-LABEL: @sum
// CHECK-NEXT:    %0 = stablehlo.add %x, %y {{.*}}partial={sum: "a"}
// CHECK-NEXT:    sharding.reshard %0 : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]>
// CHECK-NEXT:    func.return
sharding.mesh @mesh = <["a"=2]>
func.func @sum(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %1 = sharding.reshard %y : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %2 = stablehlo.add %0, %1 : tensor<8xf32>
  func.return %2 : tensor<8xf32>
}

// -----

// So they are across a transpose of one of them.
// CHECK-LABEL: @transposed
// CHECK-NEXT:    %0 = stablehlo.transpose %x, dims = [1, 0] {{.*}}partial={sum: "a"}
// CHECK-NEXT:    %1 = stablehlo.add %0, %y {{.*}}partial={sum: "a"}
// CHECK-NEXT:    sharding.reshard %1
sharding.mesh @mesh = <["a"=2]>
func.func @transposed(%x: tensor<4x8xf32>, %y: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{}, {}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}, {}]> : tensor<4x8xf32>
  %1 = stablehlo.transpose %0, dims = [1, 0] : (tensor<4x8xf32>) -> tensor<8x4xf32>
  %2 = sharding.reshard %y : #sharding.layout<@mesh, [{}, {}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}, {}]> : tensor<8x4xf32>
  %3 = stablehlo.add %1, %2 : tensor<8x4xf32>
  func.return %3 : tensor<8x4xf32>
}

// -----

// A maximum is no sum.
// CHECK-LABEL: @maximum
// CHECK-NEXT:    sharding.reshard %x
// CHECK-NEXT:    sharding.reshard %y
// CHECK-NEXT:    stablehlo.maximum
sharding.mesh @mesh = <["a"=2]>
func.func @maximum(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %1 = sharding.reshard %y : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %2 = stablehlo.maximum %0, %1 : tensor<8xf32>
  func.return %2 : tensor<8xf32>
}

// -----

// A term that is used whole as well is reduced in any case.
// CHECK-LABEL: @used_twice
// CHECK-NEXT:    sharding.reshard %x
// CHECK-NEXT:    sharding.reshard %y
// CHECK-NEXT:    stablehlo.add
sharding.mesh @mesh = <["a"=2]>
func.func @used_twice(%x: tensor<8xf32>, %y: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %1 = sharding.reshard %y : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %2 = stablehlo.add %0, %1 : tensor<8xf32>
  func.return %2, %0 : tensor<8xf32>, tensor<8xf32>
}

// -----

// Terms that are partial along different axes cannot be reduced together.
// CHECK-LABEL: @other_axis
// CHECK-NEXT:    sharding.reshard %x
// CHECK-NEXT:    sharding.reshard %y
// CHECK-NEXT:    stablehlo.add
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @other_axis(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  %0 = sharding.reshard %x : #sharding.layout<@mesh, [{}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %1 = sharding.reshard %y : #sharding.layout<@mesh, [{}], partial={sum: "b"}> -> #sharding.layout<@mesh, [{}]> : tensor<8xf32>
  %2 = stablehlo.add %0, %1 : tensor<8xf32>
  func.return %2 : tensor<8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#sums = #sharding.layout<@mesh, [{}], partial={sum: "x"}>
#whole = #sharding.layout<@mesh, [{}]>

// Quotients of integers are rounded, so the sum of the quotients is not that of the sums; those of other numbers are.
// CHECK-LABEL: @quotients
// CHECK:       stablehlo.divide %{{.*}}, %n
// CHECK:       %[[S:.*]] = stablehlo.add
// CHECK-NEXT:  %[[P:.*]] = stablehlo.sine
// CHECK-NEXT:  stablehlo.divide %[[P]], %a
// CHECK-NEXT:  stablehlo.cosine
// CHECK-NEXT:  stablehlo.add
// CHECK-NEXT:  sharding.reshard
// CHECK-NEXT:  return %[[S]]
func.func @quotients(%n: tensor<8xi32>, %a: tensor<8xf32>) -> (tensor<8xi32>, tensor<8xf32>) {
  %0 = stablehlo.negate %n {sharding.layouts = [#sums]} : tensor<8xi32>
  %1 = sharding.reshard %0 : #sums -> #whole : tensor<8xi32>
  %2 = stablehlo.divide %1, %n {sharding.layouts = [#whole]} : tensor<8xi32>
  %3 = stablehlo.not %n {sharding.layouts = [#sums]} : tensor<8xi32>
  %4 = sharding.reshard %3 : #sums -> #whole : tensor<8xi32>
  %5 = stablehlo.add %2, %4 {sharding.layouts = [#whole]} : tensor<8xi32>
  %6 = stablehlo.sine %a {sharding.layouts = [#sums]} : tensor<8xf32>
  %7 = sharding.reshard %6 : #sums -> #whole : tensor<8xf32>
  %8 = stablehlo.divide %7, %a {sharding.layouts = [#whole]} : tensor<8xf32>
  %9 = stablehlo.cosine %a {sharding.layouts = [#sums]} : tensor<8xf32>
  %10 = sharding.reshard %9 : #sums -> #whole : tensor<8xf32>
  %11 = stablehlo.add %8, %10 {sharding.layouts = [#whole]} : tensor<8xf32>
  return %5, %11 : tensor<8xi32>, tensor<8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#sums = #sharding.layout<@mesh, [{"y"}, {}], partial={sum: "x"}>
#whole = #sharding.layout<@mesh, [{}, {}]>
#vector = #sharding.layout<@mesh, [{}]>

// A sum over a dimension that is cut while its terms are partial would be partial along two axes: it is left alone.
// CHECK-LABEL: @cut_and_partial
// CHECK:       sharding.reshard
// CHECK:       stablehlo.reduce
// CHECK:       sharding.reshard
// CHECK:       stablehlo.add
// CHECK-NEXT:  return
func.func @cut_and_partial(%a: tensor<8x16xf32>, %b: tensor<16xf32>) -> tensor<16xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %0 = stablehlo.sine %a {sharding.layouts = [#sums], sharding.strategy = #sharding.strategy<@mesh, {y: i}>} : tensor<8x16xf32>
  %1 = sharding.reshard %0 : #sums -> #whole : tensor<8x16xf32>
  %2 = stablehlo.reduce(%1 init: %zero) applies stablehlo.add across dimensions = [0] {sharding.layouts = [#vector]} : (tensor<8x16xf32>, tensor<f32>) -> tensor<16xf32>
  %3 = stablehlo.cosine %b {sharding.layouts = [#sharding.layout<@mesh, [{}], partial={sum: "x"}>]} : tensor<16xf32>
  %4 = sharding.reshard %3 : #sharding.layout<@mesh, [{}], partial={sum: "x"}> -> #vector : tensor<16xf32>
  %5 = stablehlo.add %2, %4 {sharding.layouts = [#vector]} : tensor<16xf32>
  return %5 : tensor<16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#sums = #sharding.layout<@mesh, [{"y"}, {}], partial={sum: "x"}>
#rows = #sharding.layout<@mesh, [{"y"}, {}]>
#sums_t = #sharding.layout<@mesh, [{}, {"y"}], partial={sum: "x"}>
#columns = #sharding.layout<@mesh, [{}, {"y"}]>

// Through ops that are linear: a transpose, a factor, a change of type.
// CHECK-LABEL: @linear
// CHECK-NEXT:  %[[P:.*]] = stablehlo.sine %a
// CHECK-NEXT:  %[[T:.*]] = stablehlo.transpose %[[P]], {{.*}}[{}, {"y"}], partial={sum: "x"}>
// CHECK-NEXT:  %[[M:.*]] = stablehlo.multiply %[[T]], %c
// CHECK-NEXT:  %[[Q:.*]] = stablehlo.cosine %b
// CHECK-NEXT:  %[[C:.*]] = stablehlo.convert %[[Q]]
// CHECK-NEXT:  %[[S:.*]] = stablehlo.add %[[M]], %[[C]]
// CHECK-NEXT:  sharding.reshard %[[S]] : #sharding.layout<@mesh, [{}, {"y"}], partial={sum: "x"}> -> #sharding.layout<@mesh, [{}, {"y"}]>
// CHECK-NEXT:  return
func.func @linear(%a: tensor<8x16xf32> {sharding.layout = #rows}, %b: tensor<16x8xbf16> {sharding.layout = #columns}, %c: tensor<16x8xf32> {sharding.layout = #columns}) -> (tensor<16x8xf32> {sharding.layout = #columns}) {
  %0 = stablehlo.sine %a {sharding.layouts = [#sums], sharding.strategy = #sharding.strategy<@mesh, {y: i}>} : tensor<8x16xf32>
  %1 = sharding.reshard %0 : #sums -> #rows : tensor<8x16xf32>
  %2 = stablehlo.transpose %1, dims = [1, 0] {sharding.layouts = [#columns], sharding.strategy = #sharding.strategy<@mesh, {y: j}>} : (tensor<8x16xf32>) -> tensor<16x8xf32>
  %3 = stablehlo.multiply %2, %c {sharding.layouts = [#columns], sharding.strategy = #sharding.strategy<@mesh, {y: j}>} : tensor<16x8xf32>
  %4 = stablehlo.cosine %b {sharding.layouts = [#sums_t], sharding.strategy = #sharding.strategy<@mesh, {y: j}>} : tensor<16x8xbf16>
  %5 = sharding.reshard %4 : #sums_t -> #columns : tensor<16x8xbf16>
  %6 = stablehlo.convert %5 {sharding.layouts = [#columns], sharding.strategy = #sharding.strategy<@mesh, {y: j}>} : (tensor<16x8xbf16>) -> tensor<16x8xf32>
  %7 = stablehlo.add %3, %6 {sharding.layouts = [#columns], sharding.strategy = #sharding.strategy<@mesh, {y: j}>} : tensor<16x8xf32>
  return %7 : tensor<16x8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#sums = #sharding.layout<@mesh, [{}], partial={sum: "x"}>
#whole = #sharding.layout<@mesh, [{}]>
#scalar = #sharding.layout<@mesh, []>

// A loop that adds up sums reduces once, when it has ended; the value that it starts from counts once.
// CHECK-LABEL: @loop
// CHECK-NEXT:  %[[START:.*]] = sharding.reshard %a : #sharding.layout<@mesh, [{}]> -> #sharding.layout<@mesh, [{}], partial={sum: "x"}> because "start of a sum over a loop"
// CHECK-NEXT:  %[[L:.*]]:2 = stablehlo.while(%i = %n, %c = %[[START]])
// CHECK-SAME:  sharding.layouts = [#sharding.layout<@mesh, []>, #sharding.layout<@mesh, [{}], partial={sum: "x"}>]
// CHECK:       do {
// CHECK-NOT:   sharding.reshard
// CHECK:       stablehlo.return
// CHECK:       sharding.reshard %[[L]]#1 : #sharding.layout<@mesh, [{}], partial={sum: "x"}> -> #sharding.layout<@mesh, [{}]>
func.func @loop(%n: tensor<i32>, %a: tensor<8xf32>) -> tensor<8xf32> {
  %0:2 = stablehlo.while(%i = %n, %c = %a) : tensor<i32>, tensor<8xf32> attributes {sharding.layouts = [#scalar, #whole]} cond {
    %p = stablehlo.compare LT, %i, %n, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  } do {
    %1 = stablehlo.sine %a {sharding.layouts = [#sums]} : tensor<8xf32>
    %2 = sharding.reshard %1 : #sums -> #whole : tensor<8xf32>
    %3 = stablehlo.add %c, %2 {sharding.layouts = [#whole]} : tensor<8xf32>
    stablehlo.return %i, %3 : tensor<i32>, tensor<8xf32>
  }
  return %0#1 : tensor<8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#sums = #sharding.layout<@mesh, [{}], partial={sum: "x"}>
#whole = #sharding.layout<@mesh, [{}]>

// From zero it needs no more than that.
// CHECK-LABEL: @from_zero
// CHECK-NEXT:  %zero = stablehlo.constant
// CHECK-NEXT:  stablehlo.while(%c = %zero)
func.func @from_zero(%p: tensor<i1>, %a: tensor<8xf32>) -> tensor<8xf32> {
  %zero = stablehlo.constant {sharding.layouts = [#whole]} dense<0.0> : tensor<8xf32>
  %0 = stablehlo.while(%c = %zero) : tensor<8xf32> attributes {sharding.layouts = [#whole]} cond {
    stablehlo.return %p : tensor<i1>
  } do {
    %1 = stablehlo.sine %a {sharding.layouts = [#sums]} : tensor<8xf32>
    %2 = sharding.reshard %1 : #sums -> #whole : tensor<8xf32>
    %3 = stablehlo.add %2, %c {sharding.layouts = [#whole]} : tensor<8xf32>
    stablehlo.return %3 : tensor<8xf32>
  }
  return %0 : tensor<8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#sums = #sharding.layout<@mesh, [{}], partial={sum: "x"}>
#whole = #sharding.layout<@mesh, [{}]>

// Not if a round looks at the sum so far.
// CHECK-LABEL: @looked_at
// CHECK:       stablehlo.while(%c = %a)
// CHECK:       sharding.reshard
// CHECK-NEXT:  stablehlo.add
func.func @looked_at(%p: tensor<i1>, %a: tensor<8xf32>) -> tensor<8xf32> {
  %0 = stablehlo.while(%c = %a) : tensor<8xf32> attributes {sharding.layouts = [#whole]} cond {
    stablehlo.return %p : tensor<i1>
  } do {
    %1 = stablehlo.sine %c {sharding.layouts = [#sums]} : tensor<8xf32>
    %2 = sharding.reshard %1 : #sums -> #whole : tensor<8xf32>
    %3 = stablehlo.add %c, %2 {sharding.layouts = [#whole]} : tensor<8xf32>
    stablehlo.return %3 : tensor<8xf32>
  }
  return %0 : tensor<8xf32>
}
