// RUN: eggshard-opt %s -p import-gspmd --split-input-file | filecheck %s

// Without a mesh one is made whose axes the strings take whole: here dimension 0 in 4 along neighbours two apart, and a
// dimension in 2 along neighbours.
// CHECK:         sharding.mesh @mesh = <["axis_0"=4, "axis_1"=2]>
// CHECK:       func.func @ports(
// CHECK-SAME:      %rows: tensor<8x4xf32> {sharding.layout = #sharding.layout<@mesh, [{"axis_0"}, {}]>}
// CHECK-SAME:      %columns: tensor<8x4xf32> {sharding.layout = #sharding.layout<@mesh, [{}, {"axis_1"}]>}
// CHECK-SAME:      %both: tensor<8x4xf32> {sharding.layout = #sharding.layout<@mesh, [{"axis_0", "axis_1"}, {}]>}
// CHECK-SAME:      %swapped: tensor<8x4xf32> {sharding.layout = #sharding.layout<@mesh, [{"axis_1", "axis_0"}, {}]>}
// CHECK-SAME:      %whole: tensor<8x4xf32> {sharding.layout = #sharding.layout<@mesh, [{}, {}]>}
// CHECK-SAME:      %one: tensor<8x4xf32> {sharding.layout = #sharding.layout<@mesh, [{}, {}]>}
// CHECK-SAME:      %unknown: tensor<8x4xf32> {a.b}) ->
// CHECK-SAME:      (tensor<8x4xf32> {sharding.layout = #sharding.layout<@mesh, [{"axis_0"}, {"axis_1"}]>})
func.func @ports(
    %rows: tensor<8x4xf32> {mhlo.sharding = "{devices=[4,1,2]<=[8] last_tile_dim_replicate}"},
    %columns: tensor<8x4xf32> {mhlo.sharding = "{devices=[1,2,4]<=[4,2]T(1,0) last_tile_dim_replicate}"},
    %both: tensor<8x4xf32> {mhlo.sharding = "{devices=[8,1]0,1,2,3,4,5,6,7}"},
    %swapped: tensor<8x4xf32> {mhlo.sharding = "{devices=[8,1]<=[4,2]T(1,0)}"},
    %whole: tensor<8x4xf32> {mhlo.sharding = "{replicated metadata={op_name=\22x\22}}"},
    %one: tensor<8x4xf32> {mhlo.sharding = "{maximal device=0}"},
    %unknown: tensor<8x4xf32> {a.b, mhlo.sharding = "{unknown}"}
) -> (tensor<8x4xf32> {mhlo.sharding = "{devices=[4,2]<=[8]}"}) {
  return %rows : tensor<8x4xf32>
}

// -----

// With a mesh its own axes are found, parts of them where the strings cut them.
// CHECK:       sharding.mesh @m = <["data"=4, "model"=2]>
// CHECK-NOT:   sharding.mesh
// CHECK-LABEL: @parts
// CHECK-SAME:      #sharding.layout<@m, [{"data":(2)2}, {"data":(1)2}]>
sharding.mesh @m = <["data"=4, "model"=2]>
func.func @parts(%x: tensor<8x4xf32> {mhlo.sharding = "{devices=[2,2,2]<=[2,2,2]T(1,0,2) last_tile_dim_replicate}"}) {
  return
}

// -----

// Markers become constraints, dimensions that say nothing stay open; an op's own string becomes its layouts.
// CHECK-LABEL: @ops
// CHECK-NEXT:    %0 = sharding.constraint %x <@mesh, [{"axis_0"}, {}]> : tensor<8x4xf32>
// CHECK-NEXT:    %1 = sharding.constraint %0 <@mesh, [{?}, {"axis_0"}]> : tensor<8x4xf32>
// CHECK-NEXT:    %2 = stablehlo.tanh %1 {sharding.layouts = [#sharding.layout<@mesh, [{"axis_0"}, {}]>]} : tensor<8x4xf32>
// CHECK-NEXT:    %3:2 = stablehlo.optimization_barrier {sharding.layouts = [#sharding.layout<@mesh, [{"axis_0"}, {}]>, #sharding.layout<@mesh, [{}, {}]>]} %2, %x
// CHECK-NEXT:    func.return %3
func.func @ops(%x: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %0 = stablehlo.custom_call @Sharding(%x) {mhlo.sharding = "{devices=[2,1]<=[2]}"} : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %1 = stablehlo.custom_call @Sharding(%0) {backend_config = "unspecified_dims=[0]", mhlo.sharding = "{devices=[1,2]<=[2]}"} : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %2 = stablehlo.tanh %1 {mhlo.sharding = "{devices=[2,1]0,1}"} : tensor<8x4xf32>
  %3:2 = "stablehlo.optimization_barrier"(%2, %x) {mhlo.sharding = "{{devices=[2,1]<=[2]}, {replicated}}"} : (tensor<8x4xf32>, tensor<8x4xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>)
  return %3#0 : tensor<8x4xf32>
}

// -----

// Markers of other exporters go; the name that one gives an argument stays.
// CHECK-NOT:   sharding.mesh
// CHECK-LABEL: @marks
// CHECK-SAME:      %x: tensor<4xf32> {sharding.name = "weight"}, %y: tensor<4xf32>)
// CHECK-NEXT:    %0 = stablehlo.add %x, %y : tensor<4xf32>
// CHECK-NEXT:    %1 = stablehlo.custom_call @marked_down(%0)
func.func @marks(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.custom_call @tt.mark_argument(%x) {mhlo.frontend_attributes = {tt.argument_type = "parameter", tt.name = "weight"}} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = stablehlo.custom_call @mark_tensor(%y) : (tensor<4xf32>) -> tensor<4xf32>
  %2 = stablehlo.add %0, %1 : tensor<4xf32>
  %3 = stablehlo.custom_call @marked_down(%2) : (tensor<4xf32>) -> tensor<4xf32>
  return %3 : tensor<4xf32>
}

// -----

// Code between the calls that cut and join is per device; a constant that others use as well is copied into it.
// CHECK-LABEL: @manual
// CHECK-NEXT:    %cst = stablehlo.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK-NEXT:    %0 = sharding.constraint %x <@mesh, [{"axis_0"}]> : tensor<8xf32>
// CHECK-NEXT:    %1 = sdy.manual_computation(%0) in_shardings=[<@mesh, [{"axis_0"}]>] out_shardings=[<@mesh, [{}]>] manual_axes={"axis_0"} (%arg0: tensor<4xf32>) {
// CHECK-NEXT:      %cst_0 = stablehlo.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK-NEXT:      %3 = stablehlo.add %arg0, %cst_0 : tensor<4xf32>
// CHECK-NEXT:      %4 = "stablehlo.all_reduce"(%3)
// CHECK:           sdy.return %4 : tensor<4xf32>
// CHECK-NEXT:    } : (tensor<8xf32>) -> tensor<4xf32>
// CHECK-NEXT:    %2 = stablehlo.add %1, %cst : tensor<4xf32>
func.func @manual(%x: tensor<8xf32>) -> tensor<4xf32> {
  %c = stablehlo.constant dense<1.0> : tensor<4xf32>
  %0 = stablehlo.custom_call @Sharding(%x) {mhlo.sharding = "{devices=[2]<=[2]}"} : (tensor<8xf32>) -> tensor<8xf32>
  %1 = stablehlo.custom_call @SPMDFullToShardShape(%0) {mhlo.sharding = "{manual}"} : (tensor<8xf32>) -> tensor<4xf32>
  %2 = stablehlo.add %1, %c : tensor<4xf32>
  %3 = "stablehlo.all_reduce"(%2) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>, channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, use_global_device_ids}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %s = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<4xf32>) -> tensor<4xf32>
  %4 = stablehlo.custom_call @Sharding(%3) {mhlo.sharding = "{manual}"} : (tensor<4xf32>) -> tensor<4xf32>
  %5 = stablehlo.custom_call @SPMDShardToFullShape(%4) {mhlo.sharding = "{replicated}"} : (tensor<4xf32>) -> tensor<4xf32>
  %6 = stablehlo.add %5, %c : tensor<4xf32>
  return %6 : tensor<4xf32>
}

// -----

// Code that is per device along one axis only.
// CHECK-LABEL: @partly_manual
// CHECK:         sdy.manual_computation(%0) in_shardings=[<@m, [{"data", ?}, {?}]>] out_shardings=[<@m, [{"data", ?}, {?}]>] manual_axes={"data"}
// CHECK-SAME:        (%arg0: tensor<2x4xf32>) {
// CHECK-NEXT:      %2 = sharding.constraint %arg0 <@m, [{}, {"model"}]> : tensor<2x4xf32>
sharding.mesh @m = <["data"=4, "model"=2]>
func.func @partly_manual(%x: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %0 = stablehlo.custom_call @Sharding(%x) {mhlo.sharding = "{devices=[4,1,2]<=[8] last_tile_dim_replicate}"} : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %1 = stablehlo.custom_call @SPMDFullToShardShape(%0) {mhlo.sharding = "{devices=[1,1,4,2]<=[8] last_tile_dims={manual, replicated}}"} : (tensor<8x4xf32>) -> tensor<2x4xf32>
  %2 = stablehlo.custom_call @Sharding(%1) {mhlo.sharding = "{devices=[1,2,4]<=[4,2]T(1,0) last_tile_dims={manual}}"} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %3 = stablehlo.tanh %2 : tensor<2x4xf32>
  %4 = stablehlo.custom_call @SPMDShardToFullShape(%3) {mhlo.sharding = "{devices=[4,1,2]<=[8] last_tile_dim_replicate}"} : (tensor<2x4xf32>) -> tensor<8x4xf32>
  return %4 : tensor<8x4xf32>
}

// -----

// A mesh of one device is none to lay anything out on: another is made beside it.
// CHECK:       sharding.mesh @mesh_ = <["axis_0"=2]>
// CHECK-NEXT:  sharding.mesh @mesh = <["a"=1]>
// CHECK-LABEL: @one_device
// CHECK-SAME:      #sharding.layout<@mesh_, [{"axis_0"}, {}]>
sharding.mesh @mesh = <["a"=1]>
func.func @one_device(%x: tensor<8x4xf32> {mhlo.sharding = "{devices=[2,1]<=[2]}"}) {
  return
}

// -----

// Equal strings may leave dimensions open or not; one string for two results says nothing; a name is not replaced.
// CHECK-LABEL: @same_string
// CHECK-SAME:      %x: tensor<8x4xf32> {sharding.name = "first"}
// CHECK-NEXT:    %0 = sharding.constraint %x <@mesh, [{}, {"axis_0"}]> : tensor<8x4xf32>
// CHECK-NEXT:    %1 = sharding.constraint %0 <@mesh, [{?}, {"axis_0"}]> : tensor<8x4xf32>
// CHECK-NEXT:    %2:2 = stablehlo.optimization_barrier %1, %x :
func.func @same_string(%x: tensor<8x4xf32> {sharding.name = "first"}) -> tensor<8x4xf32> {
  %m = stablehlo.custom_call @tt.mark_argument(%x) {mhlo.frontend_attributes = {tt.argument_type = "parameter", tt.name = "second"}} : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %0 = stablehlo.custom_call @Sharding(%m) {mhlo.sharding = "{devices=[1,2]<=[2]}"} : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %1 = stablehlo.custom_call @Sharding(%0) {backend_config = "unspecified_dims=[0]", mhlo.sharding = "{devices=[1,2]<=[2]}"} : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %2:2 = "stablehlo.optimization_barrier"(%1, %x) {mhlo.sharding = "{devices=[1,2]<=[2]}"} : (tensor<8x4xf32>, tensor<8x4xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>)
  return %2#0 : tensor<8x4xf32>
}
