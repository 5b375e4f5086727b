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

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#sums = #sharding.layout<@mesh, [{}], partial={sum: "x"}>
#largest = #sharding.layout<@mesh, [{}], partial={max: "x"}>
#whole = #sharding.layout<@mesh, [{}]>

// The sum of two maxima is not the maximum of the sums, and a sum of one term twice is reduced once in any case.
// CHECK-LABEL: @others
// CHECK-NEXT:  sharding.reshard %a
// CHECK-NEXT:  sharding.reshard %b
// CHECK-NEXT:  stablehlo.add
// CHECK-NEXT:  %[[C:.*]] = sharding.reshard %a
// CHECK-NEXT:  stablehlo.add %[[C]], %[[C]]
// CHECK-NEXT:  return
func.func @others(%a: tensor<8xf32>, %b: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %0 = sharding.reshard %a : #largest -> #whole : tensor<8xf32>
  %1 = sharding.reshard %b : #largest -> #whole : tensor<8xf32>
  %2 = stablehlo.add %0, %1 {sharding.layouts = [#whole]} : tensor<8xf32>
  %3 = sharding.reshard %a : #sums -> #whole : tensor<8xf32>
  %4 = stablehlo.add %3, %3 {sharding.layouts = [#whole]} : tensor<8xf32>
  return %2, %4 : tensor<8xf32>, tensor<8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#sums = #sharding.layout<@mesh, [{}], partial={sum: "x"}>
#whole = #sharding.layout<@mesh, [{}]>
#scalar = #sharding.layout<@mesh, []>

// Not through what is not linear: integers made of floating-point numbers, one over a term, a sum that starts from one,
// a product.
// CHECK-LABEL: @not_linear
// CHECK-NEXT:  %[[P:.*]] = sharding.reshard %a
// CHECK-NEXT:  stablehlo.convert %[[P]]
// CHECK-NEXT:  sharding.reshard %n
// CHECK-NEXT:  stablehlo.add
// CHECK-NEXT:  %[[Q:.*]] = sharding.reshard %a
// CHECK-NEXT:  stablehlo.divide %b, %[[Q]]
// CHECK-NEXT:  sharding.reshard %b
// CHECK-NEXT:  stablehlo.add
// CHECK-NEXT:  stablehlo.constant
// CHECK-NEXT:  %[[R:.*]] = sharding.reshard %a
// CHECK-NEXT:  stablehlo.reduce(%[[R]]
// CHECK:       sharding.reshard %s
// CHECK-NEXT:  stablehlo.add
// CHECK-NEXT:  %[[T:.*]] = sharding.reshard %a
// CHECK-NEXT:  stablehlo.reduce(%[[T]]
// CHECK:       sharding.reshard %s
// CHECK-NEXT:  stablehlo.add
func.func @not_linear(%a: tensor<8xf32>, %b: tensor<8xf32>, %n: tensor<8xi32>, %s: tensor<f32>) -> (tensor<8xi32>, tensor<8xf32>, tensor<f32>, tensor<f32>) {
  %0 = sharding.reshard %a : #sums -> #whole : tensor<8xf32>
  %1 = stablehlo.convert %0 {sharding.layouts = [#whole]} : (tensor<8xf32>) -> tensor<8xi32>
  %2 = sharding.reshard %n : #sums -> #whole : tensor<8xi32>
  %3 = stablehlo.add %1, %2 {sharding.layouts = [#whole]} : tensor<8xi32>
  %4 = sharding.reshard %a : #sums -> #whole : tensor<8xf32>
  %5 = stablehlo.divide %b, %4 {sharding.layouts = [#whole]} : tensor<8xf32>
  %6 = sharding.reshard %b : #sums -> #whole : tensor<8xf32>
  %7 = stablehlo.add %5, %6 {sharding.layouts = [#whole]} : tensor<8xf32>
  %one = stablehlo.constant dense<1.0> : tensor<f32>
  %8 = sharding.reshard %a : #sums -> #whole : tensor<8xf32>
  %9 = stablehlo.reduce(%8 init: %one) applies stablehlo.add across dimensions = [0] {sharding.layouts = [#scalar]} : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  %10 = sharding.reshard %s : #sharding.layout<@mesh, [], partial={sum: "x"}> -> #scalar : tensor<f32>
  %11 = stablehlo.add %9, %10 {sharding.layouts = [#scalar]} : tensor<f32>
  %12 = sharding.reshard %a : #sums -> #whole : tensor<8xf32>
  %13 = stablehlo.reduce(%12 init: %one) applies stablehlo.multiply across dimensions = [0] {sharding.layouts = [#scalar]} : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
  %14 = sharding.reshard %s : #sharding.layout<@mesh, [], partial={sum: "x"}> -> #scalar : tensor<f32>
  %15 = stablehlo.add %13, %14 {sharding.layouts = [#scalar]} : tensor<f32>
  return %3, %7, %11, %15 : tensor<8xi32>, tensor<8xf32>, tensor<f32>, tensor<f32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#sums = #sharding.layout<@mesh, [{}], partial={sum: "x"}>
#whole = #sharding.layout<@mesh, [{}]>
#cut = #sharding.layout<@mesh, [{"y"}]>

// A factor lies as the reduced term does, not as the partial one: where the reduction moves it, it stays above.
// CHECK-LABEL: @scaled_elsewhere
// CHECK-NEXT:  %[[P:.*]] = sharding.reshard %a
// CHECK-NEXT:  stablehlo.multiply %[[P]], %c
// CHECK-NEXT:  sharding.reshard %b
// CHECK-NEXT:  stablehlo.add
func.func @scaled_elsewhere(%a: tensor<8xf32>, %b: tensor<8xf32>, %c: tensor<8xf32> {sharding.layout = #cut}) -> tensor<8xf32> {
  %0 = sharding.reshard %a : #sums -> #cut : tensor<8xf32>
  %1 = stablehlo.multiply %0, %c {sharding.layouts = [#cut], sharding.strategy = #sharding.strategy<@mesh, {y: i}>} : tensor<8xf32>
  %2 = sharding.reshard %b : #sums -> #cut : tensor<8xf32>
  %3 = stablehlo.add %1, %2 {sharding.layouts = [#cut], sharding.strategy = #sharding.strategy<@mesh, {y: i}>} : tensor<8xf32>
  return %3 : tensor<8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#sums = #sharding.layout<@mesh, [{}], partial={sum: "x"}>
#largest = #sharding.layout<@mesh, [{}], partial={max: "x"}>
#whole = #sharding.layout<@mesh, [{}]>

// Nor does a sum leave the loop if the condition looks at it, if it is returned twice, or if its terms are no sums.
// CHECK-LABEL: @stays_in_loop
// CHECK:       stablehlo.while(%c = %a, %d = %a, %e = %a, %f = %a)
// CHECK:       do {
// CHECK-COUNT-3: sharding.reshard
// CHECK:       stablehlo.return
// CHECK-NEXT:  }
// CHECK-NEXT:  return
func.func @stays_in_loop(%a: tensor<8xf32>) -> tensor<8xf32> {
  %0:4 = stablehlo.while(%c = %a, %d = %a, %e = %a, %f = %a) : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
      attributes {sharding.layouts = [#whole, #whole, #whole, #whole]} cond {
    %p = stablehlo.custom_call @test(%c) : (tensor<8xf32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  } do {
    %1 = stablehlo.sine %a {sharding.layouts = [#sums]} : tensor<8xf32>
    %2 = sharding.reshard %1 : #sums -> #whole : tensor<8xf32>
    %3 = stablehlo.add %c, %2 {sharding.layouts = [#whole]} : tensor<8xf32>
    %4 = stablehlo.cosine %a {sharding.layouts = [#sums]} : tensor<8xf32>
    %5 = sharding.reshard %4 : #sums -> #whole : tensor<8xf32>
    %6 = stablehlo.add %d, %5 {sharding.layouts = [#whole]} : tensor<8xf32>
    %7 = stablehlo.tanh %a {sharding.layouts = [#largest]} : tensor<8xf32>
    %8 = sharding.reshard %7 : #largest -> #whole : tensor<8xf32>
    %9 = stablehlo.add %f, %8 {sharding.layouts = [#whole]} : tensor<8xf32>
    stablehlo.return %3, %6, %6, %9 : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
  }
  return %0#0 : tensor<8xf32>
}
