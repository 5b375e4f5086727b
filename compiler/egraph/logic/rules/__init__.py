"""The logical rules, one ruleset a file. A product keeps a set of indices and sums over the rest of its factors'."""
