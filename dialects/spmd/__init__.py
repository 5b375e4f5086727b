"""What one device runs: local shapes and collectives named by mesh axes."""
