// RUN: eggshard-opt %s -p choose-strategies,insert-reshards --split-input-file | filecheck %s

// A contracted dimension that is sharded leaves a partial result, which is reduced with its cause.
// CHECK-LABEL: @contracted
// CHECK:         %0 = stablehlo.dot_general {{.*}}partial={sum: "a"}
// CHECK-NEXT:    sharding.reshard %0 : #sharding.layout<@mesh, [{}, {}], partial={sum: "a"}> -> #sharding.layout<@mesh, [{}, {}]> because "result of dot_general"
sharding.mesh @mesh = <["a"=2]>
func.func @contracted(%x: tensor<8x4xf32> {sharding.layout = #sharding.layout<@mesh, [{}, {"a"}]>},
                      %w: tensor<4x6xf32> {sharding.layout = #sharding.layout<@mesh, [{"a"}, {}]>}) -> tensor<8x6xf32> {
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : (tensor<8x4xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
  func.return %0 : tensor<8x6xf32>
}

// -----

// An op without a rule reads whole operands.
// CHECK-LABEL: @no_rule
// CHECK:         sharding.reshard %x : #sharding.layout<@mesh, [{"a"}]> -> #sharding.layout<@mesh, [{}]> because "operand 0 of custom_call"
// CHECK-NEXT:    stablehlo.custom_call @unknown
sharding.mesh @mesh = <["a"=2]>
func.func @no_rule(%x: tensor<8xf32> {sharding.layout = #sharding.layout<@mesh, [{"a"}]>}) -> tensor<8xf32> {
  %0 = stablehlo.custom_call @unknown(%x) : (tensor<8xf32>) -> tensor<8xf32>
  func.return %0 : tensor<8xf32>
}

// -----

// What agrees needs nothing.
// CHECK-LABEL: @elementwise
// CHECK-NOT:     sharding.reshard
sharding.mesh @mesh = <["a"=2]>
func.func @elementwise(%x: tensor<8xf32> {sharding.layout = #sharding.layout<@mesh, [{"a"}]>})
    -> (tensor<8xf32> {sharding.layout = #sharding.layout<@mesh, [{"a"}]>}) {
  %0 = stablehlo.negate %x {sharding.layouts = [#sharding.layout<@mesh, [{"a"}]>]} : tensor<8xf32>
  func.return %0 : tensor<8xf32>
}

// -----

// A constraint to where the value lies is nothing; dimensions of size 1 stay whole, whatever is asked.
// CHECK-LABEL: @nothing_to_do
// CHECK-NEXT:    func.return %x, %one
sharding.mesh @mesh = <["a"=2]>
func.func @nothing_to_do(%x: tensor<8xf32> {sharding.layout = #sharding.layout<@mesh, [{"a"}]>}, %one: tensor<1xf32>) -> (tensor<8xf32> {sharding.layout = #sharding.layout<@mesh, [{"a"}]>}, tensor<1xf32> {sharding.layout = #sharding.layout<@mesh, [{"a"}]>}) {
  %0 = sharding.constraint %x <@mesh, [{"a"}]> : tensor<8xf32>
  func.return %0, %one : tensor<8xf32>, tensor<1xf32>
}

// -----

// Of several meshes the one with most devices runs the program, and of several functions the one called main.
// CHECK-LABEL: @helper
// CHECK-NEXT:    stablehlo.negate
// CHECK-LABEL: @main
// CHECK-NEXT:    sharding.reshard %x : #sharding.layout<@large, [{"a"}]> -> #sharding.layout<@large, [{}]>
sharding.mesh @small = <["a"=1]>
sharding.mesh @large = <["a"=2]>
func.func @helper(%x: tensor<8xf32> {sharding.layout = #sharding.layout<@large, [{"a"}]>}) -> tensor<8xf32> {
  %0 = stablehlo.negate %x : tensor<8xf32>
  func.return %0 : tensor<8xf32>
}
func.func @main(%x: tensor<8xf32> {sharding.layout = #sharding.layout<@large, [{"a"}]>}) -> tensor<8xf32> {
  %0 = stablehlo.custom_call @f(%x) : (tensor<8xf32>) -> tensor<8xf32>
  func.return %0 : tensor<8xf32>
}
