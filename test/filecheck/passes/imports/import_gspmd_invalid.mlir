// RUN: eggshard-opt %s -p import-gspmd --verify-diagnostics --split-input-file | filecheck %s

// CHECK: argument "w": error: import-gspmd: mhlo.sharding "{devices=4}" is none of {replicated}, {maximal device=0}, {manual}, {devices=[..]<=[..]}
func.func @unreadable(%w: tensor<8xf32> {mhlo.sharding = "{devices=4}", sharding.name = "w"}) {
  return
}

// -----

// CHECK: argument 0: error: import-gspmd: mhlo.sharding "{devices=[2,2]<=[2]}" has 4 tiles for 2 devices, required each device once
func.func @count(%x: tensor<8x8xf32> {mhlo.sharding = "{devices=[2,2]<=[2]}"}) {
  return
}

// -----

// CHECK: result 0: error: import-gspmd: mhlo.sharding "{devices=[2,2]<=[4]}" tiles 2 dimensions, the value has 1
func.func @rank(%x: tensor<8xf32>) -> (tensor<8xf32> {mhlo.sharding = "{devices=[2,2]<=[4]}"}) {
  return %x : tensor<8xf32>
}

// -----

// CHECK: argument 0: error: import-gspmd: mhlo.sharding "{devices=[4]<=[4]}" is for 4 devices, mesh data=4,model=2 has 8 devices; try: leave --mesh out, or --mesh axis_0=4 with names of your own
sharding.mesh @mesh = <["data"=4, "model"=2]>
func.func @devices(%x: tensor<8xf32> {mhlo.sharding = "{devices=[4]<=[4]}"}) {
  return
}

// -----

// CHECK: argument 0: error: import-gspmd: mhlo.sharding "{devices=[3,2]<=[6]}" cuts dimension 0 in 3 with stride 2, mesh a=2,b=3 has 6 devices; try: leave --mesh out, or --mesh axis_0=3,axis_1=2 with names of your own
sharding.mesh @mesh = <["a"=2, "b"=3]>
func.func @axes(%x: tensor<6x6xf32> {mhlo.sharding = "{devices=[3,2]<=[6]}"}) {
  return
}

// -----

// CHECK: argument 1: error: import-gspmd: mhlo.sharding "{devices=[2,3]<=[6]}" and the shardings before it fit no common mesh
func.func @no_common_mesh(
    %x: tensor<6x6xf32> {mhlo.sharding = "{devices=[3,2]<=[6]}"},
    %y: tensor<6x6xf32> {mhlo.sharding = "{devices=[2,3]<=[6]}"}
) {
  return
}

// -----

// CHECK: argument 0: error: import-gspmd: mhlo.sharding "{devices=[4]1,0,2,3}" numbers its devices in no regular order
func.func @order(%x: tensor<8xf32> {mhlo.sharding = "{devices=[4]1,0,2,3}"}) {
  return
}

// -----

// CHECK: per-device code takes an argument of the program as a whole; try: cut it with SPMDFullToShardShape
func.func @whole(%x: tensor<8xf32>, %y: tensor<4xf32>) -> tensor<8xf32> {
  %0 = stablehlo.custom_call @Sharding(%x) {mhlo.sharding = "{devices=[2]<=[2]}"} : (tensor<8xf32>) -> tensor<8xf32>
  %1 = stablehlo.custom_call @SPMDFullToShardShape(%0) {mhlo.sharding = "{manual}"} : (tensor<8xf32>) -> tensor<4xf32>
  %2 = stablehlo.add %1, %y : tensor<4xf32>
  %3 = stablehlo.custom_call @SPMDShardToFullShape(%2) {mhlo.sharding = "{devices=[2]<=[2]}"} : (tensor<4xf32>) -> tensor<8xf32>
  return %3 : tensor<8xf32>
}
