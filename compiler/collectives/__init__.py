"""Identities of collectives in a per-device program."""
