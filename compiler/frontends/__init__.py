"""How models come in: JAX functions, `.mlir` text, `.mlirbc` bytecode."""
