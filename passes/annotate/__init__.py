"""Stage annotate: tactics, and what propagation makes of them."""
