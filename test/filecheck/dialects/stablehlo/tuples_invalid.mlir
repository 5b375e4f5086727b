// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: tuple takes (tensor<4xf32>), must be (tensor<5xf32>)
func.func @test(%x: tensor<4xf32>) {
  %0 = "stablehlo.tuple"(%x) : (tensor<4xf32>) -> tuple<tensor<5xf32>>
  func.return
}

// -----

// CHECK: index is 1, must be below 1, the size of the tuple
func.func @test(%tup: tuple<tensor<4xf32>>) {
  %0 = stablehlo.get_tuple_element %tup[1] : (tuple<tensor<4xf32>>) -> tensor<4xf32>
  func.return
}
