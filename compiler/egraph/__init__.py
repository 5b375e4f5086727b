"""Every sound partitioning of a program, by equality saturation."""
