// RUN: eggshard-opt %s -p import-sdy,choose-strategies,insert-reshards,partition --split-input-file | filecheck %s

sdy.mesh @mesh = <["x"=2, "y"=4]>

// What was written for one device stands among the rest as it is, its own collectives too; the axis that it leaves to
// the compiler cuts it further.
// CHECK-LABEL: @manual(%a: tensor<2x8xf32>
// CHECK-NEXT:  %[[S:.*]] = stablehlo.sine %a {{.*}} : tensor<2x8xf32>
// CHECK-NEXT:  "stablehlo.all_reduce"(%[[S]]) <{replica_groups = dense<{{\[\[}}0, 1, 2, 3], [4, 5, 6, 7]]>
// CHECK:       (tensor<2x8xf32>) -> tensor<2x8xf32>
// CHECK-NOT:   manual_computation
func.func @manual(%a: tensor<8x16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"y"}, {"x"}]>}) -> (tensor<8x16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"y"}, {"x"}]>}) {
  %0 = sdy.manual_computation(%a) in_shardings=[<@mesh, [{"y"}, {"x"}]>] out_shardings=[<@mesh, [{"y"}, {"x"}]>] manual_axes={"y"} (%p: tensor<2x16xf32>) {
    %1 = stablehlo.sine %p {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{}, {"x"}]>]>} : tensor<2x16xf32>
    %2 = "stablehlo.all_reduce"(%1) <{replica_groups = dense<[[0, 1, 2, 3], [4, 5, 6, 7]]> : tensor<2x4xi64>, channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, use_global_device_ids}> ({
    ^bb0(%q: tensor<f32>, %r: tensor<f32>):
      %s = stablehlo.add %q, %r : tensor<f32>
      stablehlo.return %s : tensor<f32>
    }) {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{}, {"x"}]>]>} : (tensor<2x16xf32>) -> tensor<2x16xf32>
    sdy.return %2 : tensor<2x16xf32>
  } : (tensor<8x16xf32>) -> tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}

// -----

sdy.mesh @mesh = <["x"=2, "y"=4]>

// Operands that lie elsewhere are brought to where the computation wants them; results lie where it says.
// CHECK-LABEL: @operand
// CHECK-NEXT:  %[[P:.*]] = spmd.slice %a {axes = ["y"], dim = 0, because = "operand 0 of manual_computation"} : tensor<8x16xf32> -> tensor<2x16xf32>
// CHECK-NEXT:  %[[S:.*]] = stablehlo.sine %[[P]]
// CHECK-NEXT:  return %[[S]] : tensor<2x16xf32>
func.func @operand(%a: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %0 = sdy.manual_computation(%a) in_shardings=[<@mesh, [{"y"}, {}]>] out_shardings=[<@mesh, [{"y"}, {}]>] manual_axes={"y"} (%p: tensor<2x16xf32>) {
    %1 = stablehlo.sine %p : tensor<2x16xf32>
    sdy.return %1 : tensor<2x16xf32>
  } : (tensor<8x16xf32>) -> tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}
