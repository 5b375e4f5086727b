"""Other forms of sums of products: the logical rewrites of a program."""
