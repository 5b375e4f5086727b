// RUN: eggshard-opt %s --verify-diagnostics --split-input-file | filecheck %s

// CHECK: tensor<4xf32> should be of base attribute stablehlo.token
func.func @test() {
  %0 = "stablehlo.create_token"() : () -> tensor<4xf32>
  func.return
}

// -----

// CHECK: tensor<4xf32> should be of base attribute stablehlo.token
func.func @test(%x: tensor<4xf32>) {
  %0 = "stablehlo.after_all"(%x) : (tensor<4xf32>) -> !stablehlo.token
  func.return
}

// -----

// CHECK: results are of types tensor<4xf32>, only the last must be a token
func.func @test(%t: !stablehlo.token) {
  %0 = "stablehlo.infeed"(%t) : (!stablehlo.token) -> tensor<4xf32>
  func.return
}

// -----

// CHECK: layout has 0 values, must have 1, one per result but the token
func.func @test(%t: !stablehlo.token) {
  %0, %1 = "stablehlo.infeed"(%t) <{layout = []}> : (!stablehlo.token) -> (tensor<4xf32>, !stablehlo.token)
  func.return
}

// -----

// CHECK: type is !stablehlo.token, must be a ranked tensor
func.func @test(%t: !stablehlo.token) {
  %0 = "stablehlo.outfeed"(%t, %t) : (!stablehlo.token, !stablehlo.token) -> !stablehlo.token
  func.return
}

// -----

// CHECK: channel_handle has type 1, must be 2 if is_host_transfer is True
func.func @test(%x: tensor<4xf32>, %t: !stablehlo.token) {
  %0 = "stablehlo.send"(%x, %t) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, is_host_transfer = true}> : (tensor<4xf32>, !stablehlo.token) -> !stablehlo.token
  func.return
}

// -----

// CHECK: results are of types tensor<4xf32>, only the last must be a token
func.func @test(%t: !stablehlo.token) {
  %0 = "stablehlo.recv"(%t) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 3>, is_host_transfer = true}> : (!stablehlo.token) -> tensor<4xf32>
  func.return
}
