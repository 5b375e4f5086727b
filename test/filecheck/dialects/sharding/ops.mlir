// RUN: eggshard-opt %s | eggshard-opt | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// CHECK: sharding.mesh @mesh = <["data"=4, "model"=8]>
sharding.mesh @mesh = <["data"=4, "model"=8]>

// CHECK-NEXT: sharding.mesh @reordered = <["x"=2], device_ids=[1, 0]> {note}
sharding.mesh @reordered = <["x"=2], device_ids=[1, 0]> {note}

// Device ids in order go without saying.
// CHECK-NEXT: sharding.mesh @plain = <["x"=2]>
sharding.mesh @plain = <["x"=2], device_ids=[0, 1]>

// CHECK-NEXT: sharding.mesh @single = <[], device_ids=[3]>
sharding.mesh @single = <[], device_ids=[3]>

// CHECK-LABEL: @constraint
func.func @constraint(%x: tensor<8x16xf32>) -> tensor<8x16xf32> {
  // CHECK-NEXT: %y = sharding.constraint %x <@mesh, [{"data", ?}p1, {?}], replicated={"model":(4)2}> {note} : tensor<8x16xf32>
  %y = sharding.constraint %x <@mesh, [{"data", ?}p1, {?}], replicated={"model":(4)2}> {note} : tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}

// CHECK-LABEL: @reshard
func.func @reshard(%x: tensor<8x16xf32>) -> tensor<8x16xf32> {
  // CHECK-NEXT: %y = sharding.reshard %x : #sharding.layout<@mesh, [{}, {}], partial={max: "data"}> -> #sharding.layout<@mesh, [{"data"}, {}]> because "gpt.py:88" : tensor<8x16xf32>
  %y = sharding.reshard %x : #sharding.layout<@mesh, [{}, {}], partial={max: "data"}> -> #sharding.layout<@mesh, [{"data"}, {}]> because "gpt.py:88" : tensor<8x16xf32>
  // CHECK-NEXT: sharding.reshard %y : #sharding.layout<@mesh, [{"data"}, {}]> -> #sharding.layout<@mesh, [{}, {}]> : tensor<8x16xf32>
  %z = sharding.reshard %y : #sharding.layout<@mesh, [{"data"}, {}]> -> #sharding.layout<@mesh, [{}, {}]> : tensor<8x16xf32>
  return %z : tensor<8x16xf32>
}

// CHECK-LABEL: @attributes
// CHECK-SAME:  sharding.layout = #sharding.layout<@mesh, [{"model":(1)2, "data"}, {}], partial={sum: "model":(2)2, sum: "model":(4)2}>
func.func @attributes(%x: tensor<8x16xf32> {sharding.layout = #sharding.layout<@mesh, [{"model":(1)2, "data"}, {}], partial={sum: "model":(2)2, sum: "model":(4)2}>}) -> tensor<8x16xf32> {
  // CHECK-NEXT: sharding.strategy = #sharding.strategy<@mesh, {data: i, "model":(1)2: z_1}>
  %y = sharding.constraint %x <@mesh, [{}, {}]> {sharding.strategy = #sharding.strategy<@mesh, {data: i, "model":(1)2: z_1}>} : tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}
