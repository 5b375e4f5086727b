// RUN: eggshard-opt %s | filecheck %s
// RUN: eggshard-opt %s --print-op-generic | eggshard-opt | filecheck %s

// Tokens order what has effects.
// CHECK-LABEL: @tokens(
// CHECK-NEXT:    %0 = stablehlo.create_token : !stablehlo.token
// CHECK-NEXT:    %1 = stablehlo.after_all %0, %0 : !stablehlo.token
// CHECK-NEXT:    %2 = stablehlo.after_all : !stablehlo.token
// CHECK-NEXT:    %3:2 = "stablehlo.infeed"(%0) <{infeed_config = "foo", layout = {{\[\[}}0 : i64]]}> : (!stablehlo.token) -> (tensor<4xf32>, !stablehlo.token)
// CHECK-NEXT:    %4 = "stablehlo.outfeed"(%x, %0) <{outfeed_config = "foo"}> : (tensor<4xf32>, !stablehlo.token) -> !stablehlo.token
// CHECK-NEXT:    %5 = "stablehlo.send"(%x, %0) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 2>, is_host_transfer = true}> : (tensor<4xf32>, !stablehlo.token) -> !stablehlo.token
// CHECK-NEXT:    %6:2 = "stablehlo.recv"(%0) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 3>, is_host_transfer = true}> : (!stablehlo.token) -> (tensor<4xf32>, !stablehlo.token)
// CHECK-NEXT:    %7 = "stablehlo.send"(%x, %0) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, is_host_transfer = false, source_target_pairs = dense<{{\[\[}}0, 1]]> : tensor<1x2xi64>}> : (tensor<4xf32>, !stablehlo.token) -> !stablehlo.token
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @tokens(%x: tensor<4xf32>) {
  %0 = stablehlo.create_token : !stablehlo.token
  %1 = stablehlo.after_all %0, %0 : !stablehlo.token
  %2 = stablehlo.after_all : !stablehlo.token
  %3, %4 = "stablehlo.infeed"(%0) <{infeed_config = "foo", layout = [[0]]}> : (!stablehlo.token) -> (tensor<4xf32>, !stablehlo.token)
  %5 = "stablehlo.outfeed"(%x, %0) <{outfeed_config = "foo"}> : (tensor<4xf32>, !stablehlo.token) -> !stablehlo.token
  %6 = "stablehlo.send"(%x, %0) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 2>, is_host_transfer = true}> : (tensor<4xf32>, !stablehlo.token) -> !stablehlo.token
  %7, %8 = "stablehlo.recv"(%0) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 3>, is_host_transfer = true}> : (!stablehlo.token) -> (tensor<4xf32>, !stablehlo.token)
  %9 = "stablehlo.send"(%x, %0) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, is_host_transfer = false, source_target_pairs = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<4xf32>, !stablehlo.token) -> !stablehlo.token
  func.return
}
