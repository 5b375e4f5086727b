"""Stage partition: explicit reshards, then per-device shapes."""
