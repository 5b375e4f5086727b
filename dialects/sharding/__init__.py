"""Our own whole-program view of shardings: meshes, layouts, strategies, reshards."""
