// RUN: not eggshard-opt %s -p 'propagate-shardings{mode=eager}' 2>&1 | filecheck %s

// CHECK: mode is 'eager', must be one of user-priority, op-priority, aggressive, basic
func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
  return %x : tensor<8xf32>
}
