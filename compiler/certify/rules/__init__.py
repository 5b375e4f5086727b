"""The trusted rules: per family of ops what a device's result is, given what its operands are."""
