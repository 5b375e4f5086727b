"""The rules of the e-graph, one ruleset a file."""
