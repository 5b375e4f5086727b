"""The subcommands of `eggshard`: each has `add_arguments` and `run`, and imports nothing heavy before it runs."""
