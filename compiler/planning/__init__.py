"""From a program and a mesh to the cheapest partitioning that fits memory."""
