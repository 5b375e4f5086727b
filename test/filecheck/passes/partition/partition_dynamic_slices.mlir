// RUN: eggshard-opt %s -p choose-strategies,insert-reshards,partition --split-input-file | filecheck %s

sharding.mesh @mesh = <["x"=2, "y"=4]>
#x = #sharding.layout<@mesh, [{"x"}]>

// One element of a dimension that is cut: the device that has it gives it, the others zero.
// CHECK-LABEL: @read_one
// CHECK:       %[[START:.*]] = stablehlo.subtract
// CHECK:       %[[PLACE:.*]] = stablehlo.minimum
// CHECK-NEXT:  %[[PIECE:.*]] = stablehlo.dynamic_slice %t, %[[PLACE]], sizes = [1] : (tensor<4xf32>, tensor<i32>) -> tensor<1xf32>
// CHECK-NEXT:  %[[OFFSET:.*]] = stablehlo.subtract %[[START]], %[[PLACE]]
// CHECK:       %[[HERE:.*]] = stablehlo.compare EQ, %[[OFFSET]]
// CHECK:       %[[TERM:.*]] = stablehlo.select %{{.*}}, %[[PIECE]]
// CHECK-NEXT:  spmd.all_reduce %[[TERM]] {axes = ["x"], kind = sum
func.func @read_one(%t: tensor<8xf32> {sharding.layout = #x}, %i: tensor<i32>) -> tensor<1xf32> {
  %0 = stablehlo.dynamic_slice %t, %i, sizes = [1] : (tensor<8xf32>, tensor<i32>) -> tensor<1xf32>
  return %0 : tensor<1xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#x = #sharding.layout<@mesh, [{"x"}]>

// Several may lie on two devices: what a device has is moved to its place, with zeros around it.
// CHECK-LABEL: @read_some
// CHECK:       %[[PIECE:.*]] = stablehlo.dynamic_slice %t, %{{.*}}, sizes = [3] : (tensor<4xf32>, tensor<i32>) -> tensor<3xf32>
// CHECK:       %[[AROUND:.*]] = stablehlo.pad %[[PIECE]], %{{.*}}, low = [3], high = [3]
// CHECK:       %[[TERM:.*]] = stablehlo.dynamic_slice %[[AROUND]], %{{.*}}, sizes = [3] : (tensor<9xf32>, tensor<i32>) -> tensor<3xf32>
// CHECK-NEXT:  spmd.all_reduce %[[TERM]]
func.func @read_some(%t: tensor<8xf32> {sharding.layout = #x}, %i: tensor<i32>) -> tensor<3xf32> {
  %0 = stablehlo.dynamic_slice %t, %i, sizes = [3] : (tensor<8xf32>, tensor<i32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"x"}, {}]>

// A dimension that the slice takes whole is local, and positions keep their type.
// CHECK-LABEL: @other_dimension
// CHECK-NEXT:  stablehlo.dynamic_slice %t, %z, %i, sizes = [4, 3] {{.*}} : (tensor<4x16xf32>, tensor<ui8>, tensor<ui8>) -> tensor<4x3xf32>
// CHECK-NEXT:  return
func.func @other_dimension(%t: tensor<8x16xf32> {sharding.layout = #rows}, %z: tensor<ui8>, %i: tensor<ui8>) -> (tensor<8x3xf32> {sharding.layout = #rows}) {
  %0 = stablehlo.dynamic_slice %t, %z, %i, sizes = [8, 3] {sharding.layouts = [#rows]} : (tensor<8x16xf32>, tensor<ui8>, tensor<ui8>) -> tensor<8x3xf32>
  return %0 : tensor<8x3xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#rows = #sharding.layout<@mesh, [{"x"}, {}]>

// A row is written by the device that has its place; the others write back what was there. Unsigned positions become
// signed ones, all of them.
// CHECK-LABEL: @write_row
// CHECK-NEXT:  %[[I:.*]] = stablehlo.convert %i : (tensor<ui32>) -> tensor<i64>
// CHECK-NEXT:  %[[Z:.*]] = stablehlo.convert %z : (tensor<ui32>) -> tensor<i64>
// CHECK:       %[[BEFORE:.*]] = stablehlo.dynamic_slice %t, %[[PLACE:.*]], %[[Z]], sizes = [1, 16]
// CHECK-NEXT:  %[[ROW:.*]] = stablehlo.select %{{.*}}, %u, %[[BEFORE]]
// CHECK-NEXT:  stablehlo.dynamic_update_slice %t, %[[ROW]], %[[PLACE]], %[[Z]] : (tensor<4x16xf32>, tensor<1x16xf32>, tensor<i64>, tensor<i64>) -> tensor<4x16xf32>
// CHECK-NEXT:  return
func.func @write_row(%t: tensor<8x16xf32> {sharding.layout = #rows}, %u: tensor<1x16xf32>, %i: tensor<ui32>, %z: tensor<ui32>) -> (tensor<8x16xf32> {sharding.layout = #rows}) {
  %0 = stablehlo.dynamic_update_slice %t, %u, %i, %z {sharding.layouts = [#rows]} : (tensor<8x16xf32>, tensor<1x16xf32>, tensor<ui32>, tensor<ui32>) -> tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#columns = #sharding.layout<@mesh, [{}, {"x"}]>

// A dimension that the update covers is local in both.
// CHECK-LABEL: @write_covered
// CHECK-NEXT:  stablehlo.dynamic_update_slice %t, %u, %i, %z {{.*}} : (tensor<8x8xf32>, tensor<1x8xf32>, tensor<i32>, tensor<i32>) -> tensor<8x8xf32>
func.func @write_covered(%t: tensor<8x16xf32> {sharding.layout = #columns}, %u: tensor<1x16xf32> {sharding.layout = #columns}, %i: tensor<i32>, %z: tensor<i32>) -> (tensor<8x16xf32> {sharding.layout = #columns}) {
  %0 = stablehlo.dynamic_update_slice %t, %u, %i, %z {sharding.layouts = [#columns]} : (tensor<8x16xf32>, tensor<1x16xf32>, tensor<i32>, tensor<i32>) -> tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#x = #sharding.layout<@mesh, [{"y"}]>

// An update longer than a shard has room in it for the time of the write.
// CHECK-LABEL: @write_more
// CHECK:       %[[ROOM:.*]] = stablehlo.pad %t, %{{.*}}, low = [0], high = [1]
// CHECK:       %[[WIDE:.*]] = stablehlo.dynamic_update_slice %[[ROOM]], %{{.*}} : (tensor<3xf32>, tensor<3xf32>, tensor<i32>) -> tensor<3xf32>
// CHECK-NEXT:  stablehlo.slice %[[WIDE]] [0:2]
func.func @write_more(%t: tensor<8xf32> {sharding.layout = #x}, %u: tensor<3xf32>, %i: tensor<i32>) -> (tensor<8xf32> {sharding.layout = #x}) {
  %0 = stablehlo.dynamic_update_slice %t, %u, %i {sharding.layouts = [#x]} : (tensor<8xf32>, tensor<3xf32>, tensor<i32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

sharding.mesh @mesh = <["x"=2, "y"=4]>
#x = #sharding.layout<@mesh, [{"x"}]>

// Positions of 64 bits without a sign lie behind every element where a sign would be.
// CHECK-LABEL: @far
// CHECK-NEXT:  %[[MOST:.*]] = stablehlo.constant dense<9223372036854775807> : tensor<ui64>
// CHECK-NEXT:  %[[NEAR:.*]] = stablehlo.minimum %i, %[[MOST]] : tensor<ui64>
// CHECK-NEXT:  stablehlo.convert %[[NEAR]] : (tensor<ui64>) -> tensor<i64>
func.func @far(%t: tensor<8xf32> {sharding.layout = #x}, %i: tensor<ui64>) -> tensor<1xf32> {
  %0 = stablehlo.dynamic_slice %t, %i, sizes = [1] : (tensor<8xf32>, tensor<ui64>) -> tensor<1xf32>
  return %0 : tensor<1xf32>
}
