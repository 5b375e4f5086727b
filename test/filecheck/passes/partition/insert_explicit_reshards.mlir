// RUN: eggshard-opt %s -p import-sdy,insert-explicit-reshards,export-sdy | filecheck %s
// RUN: eggshard-opt %s -p "import-sdy,insert-explicit-reshards{full=false},export-sdy" | filecheck %s --check-prefix=LESS

sdy.mesh @mesh = <["x"=4, "y"=2]>

// The smaller operand gives way, and sums over the contracted dimension are ops of their own.
// CHECK-LABEL: func.func @product
// CHECK-NEXT:    %[[RHS:.*]] = sdy.reshard %{{.*}} <@mesh, [{"x"}, {}]>
// CHECK-NEXT:    %[[DOT:.*]] = stablehlo.dot_general %{{.*}}, %[[RHS]], contracting_dims
// CHECK-NEXT:    %[[SUM:.*]] = sdy.all_reduce {"x"} %[[DOT]] out_sharding=<@mesh, [{"y"}, {}]>
// CHECK-NEXT:    func.return %[[SUM]]
// LESS-LABEL: func.func @product
// LESS-NOT:     sdy.reshard
// LESS-NOT:     sdy.all_reduce
func.func @product(
    %lhs: tensor<32x16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"y"}, {"x"}]>},
    %rhs: tensor<16x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {"y"}]>})
    -> (tensor<32x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"y"}, {}]>}) {
  %0 = stablehlo.dot_general %lhs, %rhs, contracting_dims = [1] x [0]
    {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"y"}, {}]>]>} : (tensor<32x16xf32>, tensor<16x8xf32>) -> tensor<32x8xf32>
  func.return %0 : tensor<32x8xf32>
}

// What runs once per element follows what most data has already; the result is moved to where it is promised.
// CHECK-LABEL: func.func @elementwise
// CHECK-NEXT:    %[[A:.*]] = sdy.reshard %{{.*}} <@mesh, [{"x"}]>
// CHECK-NEXT:    %[[ADD:.*]] = stablehlo.add %[[A]], %{{.*}} {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"x"}]>]>}
// CHECK-NEXT:    %[[OUT:.*]] = sdy.reshard %[[ADD]] <@mesh, [{}]>
// CHECK-NEXT:    func.return %[[OUT]]
func.func @elementwise(
    %a: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"y"}]>},
    %b: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}]>}) -> tensor<8xf32> {
  %0 = stablehlo.add %a, %b {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"x"}]>]>} : tensor<8xf32>
  func.return %0 : tensor<8xf32>
}

// Partial terms are summed before an op whose result is not partial, also where nothing else is done.
// CHECK-LABEL: func.func @partial
// CHECK-NEXT:    %[[SUM:.*]] = sdy.all_reduce {"y"} %{{.*}} out_sharding=<@mesh, [{}]>
// CHECK-NEXT:    stablehlo.negate %[[SUM]]
// LESS-LABEL: func.func @partial
// LESS-NEXT:    %[[SUM:.*]] = sdy.all_reduce {"y"} %{{.*}} out_sharding=<@mesh, [{}]>
// LESS-NEXT:    stablehlo.negate %[[SUM]]
func.func @partial(%a: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}], unreduced={"y"}>}) -> tensor<8xf32> {
  %0 = stablehlo.negate %a : tensor<8xf32>
  func.return %0 : tensor<8xf32>
}

// A shard becomes a term: zero outside of it.
// CHECK-LABEL: func.func @made_partial
// CHECK-NEXT:    sdy.sharded_to_unreduced [{"y"}] %{{.*}} out_sharding=<@mesh, [{"x"}], unreduced={"y"}>
func.func @made_partial(%a: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x", "y"}]>})
    -> (tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}], unreduced={"y"}>}) {
  func.return %a : tensor<8xf32>
}

// Slices of one tensor, and the tensor itself, are joined where they lie, as in a roll.
// CHECK-LABEL: func.func @roll
// CHECK-NOT:     sdy.reshard
// CHECK:         stablehlo.concatenate %tail, %head, %a, dim = 0 {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"y"}]>]>}
func.func @roll(%a: tensor<16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"y"}]>})
    -> (tensor<32xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"y"}]>}) {
  %head = stablehlo.slice %a [0:12] {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"y"}]>]>} : (tensor<16xf32>) -> tensor<12xf32>
  %tail = stablehlo.slice %a [12:16] {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"y"}]>]>} : (tensor<16xf32>) -> tensor<4xf32>
  %0 = stablehlo.concatenate %tail, %head, %a, dim = 0 {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"y"}]>]>} : (tensor<4xf32>, tensor<12xf32>, tensor<16xf32>) -> tensor<32xf32>
  func.return %0 : tensor<32xf32>
}

// With a tensor that no part was cut from, all of them are gathered.
// CHECK-LABEL: func.func @joined
// CHECK:         %[[A:.*]] = sdy.reshard %head <@mesh, [{}]>
// CHECK-NEXT:    %[[B:.*]] = sdy.reshard %b <@mesh, [{}]>
// CHECK-NEXT:    stablehlo.concatenate %[[A]], %[[B]]
func.func @joined(
    %a: tensor<16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"y"}]>},
    %b: tensor<16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"y"}]>})
    -> (tensor<28xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"y"}]>}) {
  %head = stablehlo.slice %a [0:12] {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"y"}]>]>} : (tensor<16xf32>) -> tensor<12xf32>
  %0 = stablehlo.concatenate %head, %b, dim = 0 {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"y"}]>]>} : (tensor<12xf32>, tensor<16xf32>) -> tensor<28xf32>
  func.return %0 : tensor<28xf32>
}
