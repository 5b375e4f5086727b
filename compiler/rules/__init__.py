"""The table op -> factors."""
