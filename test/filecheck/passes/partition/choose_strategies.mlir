// RUN: eggshard-opt %s -p choose-strategies --split-input-file | filecheck %s

// Operands and results agree: the batch is tiled over a, the columns over b.
// CHECK-LABEL: @agree
// CHECK:         stablehlo.dot_general {{.*}}sharding.strategy = #sharding.strategy<@mesh, {a: i, b: j}>
sharding.mesh @mesh = <["a"=2, "b"=2]>
func.func @agree(%x: tensor<8x4xf32> {sharding.layout = #sharding.layout<@mesh, [{"a"}, {}]>},
                 %w: tensor<4x6xf32> {sharding.layout = #sharding.layout<@mesh, [{}, {"b"}]>}) -> tensor<8x6xf32> {
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] {sharding.layouts = [#sharding.layout<@mesh, [{"a"}, {"b"}]>]} : (tensor<8x4xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
  func.return %0 : tensor<8x6xf32>
}

// -----

// One axis, two factors: moving the small weight costs less than moving the large batch.
// CHECK-LABEL: @conflict
// CHECK:         stablehlo.dot_general {{.*}}sharding.strategy = #sharding.strategy<@mesh, {a: i}>
sharding.mesh @mesh = <["a"=2]>
func.func @conflict(%x: tensor<4096x16xf32> {sharding.layout = #sharding.layout<@mesh, [{"a"}, {}]>},
                    %w: tensor<16x16xf32> {sharding.layout = #sharding.layout<@mesh, [{"a"}, {}]>}) -> tensor<4096x16xf32> {
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] {sharding.layouts = [#sharding.layout<@mesh, [{"a"}, {}]>]} : (tensor<4096x16xf32>, tensor<16x16xf32>) -> tensor<4096x16xf32>
  func.return %0 : tensor<4096x16xf32>
}

// -----

// Nothing is sharded: no strategy.
// CHECK-LABEL: @nothing
// CHECK-NOT:     sharding.strategy
sharding.mesh @mesh = <["a"=2]>
func.func @nothing(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.negate %x : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>

// A merged dimension is cut by its major part: by a minor one only if the major one is cut wholly, and evenly.
// CHECK-LABEL: @merged
// CHECK-NEXT:  stablehlo.reshape %a {sharding.strategy = #sharding.strategy<@mesh, {x: i, y: j}>} : (tensor<2x8xf32>) -> tensor<16xf32>
// CHECK-NEXT:  stablehlo.reshape %b : (tensor<4x8xf32>) -> tensor<32xf32>
// CHECK-NEXT:  stablehlo.reshape %c : (tensor<6x8xf32>) -> tensor<48xf32>
// CHECK-NEXT:  stablehlo.reshape %d {sharding.strategy = #sharding.strategy<@mesh, {x: i}>} : (tensor<6x8xf32>) -> tensor<48xf32>
func.func @merged(
    %a: tensor<2x8xf32> {sharding.layout = #sharding.layout<@mesh, [{"x"}, {"y"}]>},
    %b: tensor<4x8xf32> {sharding.layout = #sharding.layout<@mesh, [{}, {"y"}]>},
    %c: tensor<6x8xf32> {sharding.layout = #sharding.layout<@mesh, [{"y"}, {}]>},
    %d: tensor<6x8xf32> {sharding.layout = #sharding.layout<@mesh, [{"x", "y"}, {}]>}
) -> (tensor<16xf32>, tensor<32xf32>, tensor<48xf32>, tensor<48xf32>) {
  %0 = stablehlo.reshape %a : (tensor<2x8xf32>) -> tensor<16xf32>
  %1 = stablehlo.reshape %b : (tensor<4x8xf32>) -> tensor<32xf32>
  %2 = stablehlo.reshape %c : (tensor<6x8xf32>) -> tensor<48xf32>
  %3 = stablehlo.reshape %d : (tensor<6x8xf32>) -> tensor<48xf32>
  return %0, %1, %2, %3 : tensor<16xf32>, tensor<32xf32>, tensor<48xf32>, tensor<48xf32>
}

// -----

sharding.mesh @mesh = <["x"=2]>

// Factors that one side alone has are not tiled: those of sizes without a common divisor, and those of a program's rule.
// CHECK-LABEL: @one_sided
// CHECK-NOT:   sharding.strategy
// CHECK:       return
func.func @one_sided(%a: tensor<6x7x5xf32>, %b: tensor<8xf32>) -> (tensor<15x14xf32>, tensor<8x8xf32>) {
  %0 = stablehlo.reshape %a {sharding.layouts = [#sharding.layout<@mesh, [{}, {"x"}]>]} : (tensor<6x7x5xf32>) -> tensor<15x14xf32>
  %1 = stablehlo.custom_call @f(%b) {sdy.sharding_rule = #sdy.op_sharding_rule<([i])->([i, j]) {i=8, j=8}, custom>, sharding.layouts = [#sharding.layout<@mesh, [{}, {"x"}]>]} : (tensor<8xf32>) -> tensor<8x8xf32>
  return %0, %1 : tensor<15x14xf32>, tensor<8x8xf32>
}
