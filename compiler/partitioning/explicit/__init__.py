"""Reshards where the layouts around an op contradict each other, by Shardy's choice of what gives way."""
