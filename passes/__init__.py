"""What changes the IR."""
