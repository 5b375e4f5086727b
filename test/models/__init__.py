"""Models in plain JAX, held sequential against partitioned; `models.registry` lists them."""
