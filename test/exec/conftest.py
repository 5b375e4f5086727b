"""Execution tests choose their precision themselves, and leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import pytest


@pytest.fixture(autouse=True)
def single_precision() -> Iterator[None]:
    """JAX's default; a test that wants f64 turns it on and need not turn it off."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", False)
    yield
    jax.config.update("jax_enable_x64", before)
