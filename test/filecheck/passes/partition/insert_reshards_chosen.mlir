// RUN: eggshard-opt %s -p insert-reshards | filecheck %s

// Where strategies have been chosen, an op without one runs whole, and what it is given is gathered.
// CHECK-LABEL: @chosen
// CHECK-NOT:     sharding.chosen
// CHECK-NEXT:    %[[W:.*]] = sharding.reshard %x : #sharding.layout<@mesh, [{"a"}]> -> #sharding.layout<@mesh, [{}]>
// CHECK-NEXT:    stablehlo.negate %[[W]]
sharding.mesh @mesh = <["a"=2]>
func.func @chosen(%x: tensor<8xf32> {sharding.layout = #sharding.layout<@mesh, [{"a"}]>}) -> tensor<8xf32> attributes {sharding.chosen} {
  %0 = stablehlo.negate %x : tensor<8xf32>
  func.return %0 : tensor<8xf32>
}
