// RUN: eggshard-opt %s --split-input-file -p choose-strategies,fold-reshards,hoist-reshards,share-reshards,insert-reshards,partition | filecheck %s
// RUN: eggshard-opt %s --split-input-file -p import-sdy,propagate-shardings,insert-reshards,reshard-to-collectives,export-sdy | filecheck %s
// RUN: eggshard-opt %s --split-input-file -p cancel-gather-slice,form-reduce-scatter,form-all-to-all,combine-collectives,share-collectives | filecheck %s

// Modules without a function that has a body go through every pass as they are.

// CHECK:      builtin.module {
// CHECK-NEXT: }
builtin.module {
}

// -----

// CHECK:      builtin.module {
// CHECK:        mesh @m
// CHECK:      }
sharding.mesh @m = <["x"=2]>

// -----

// CHECK:      func.func private @declared(tensor<4xf32>)
sharding.mesh @m = <["x"=2]>
func.func private @declared(tensor<4xf32>)
