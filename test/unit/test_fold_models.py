"""Folding of the model suite: every claim checked, and nothing that grows with depth."""

from __future__ import annotations

import dataclasses
import importlib

import pytest
from fold_support import checked, imported, unique
from models.registry import MODELS
from xdsl.dialects.func import FuncOp

from eggshard.fold.clusters import clusters


def step_of(name: str, **sizes: int) -> FuncOp:
    """The step of a model at small sizes, some of them changed."""
    configs = importlib.import_module(f"models.{name}").CONFIGS
    configs["fold"] = dataclasses.replace(configs["small"], **sizes)
    try:
        return imported(*MODELS[name].build("fold", "f32"))
    finally:
        del configs["fold"]


@pytest.mark.parametrize("name", list(MODELS))
def test_claims_hold(name: str) -> None:
    folding = checked(step_of(name))
    for exact in (True, False):
        found = [c for cluster in clusters(folding, exact=exact) for c in cluster.classes]
        assert len(found) == len(set(found)) == unique(folding)


@pytest.mark.parametrize(
    ("name", "field"), [("t32", "layers"), ("llama", "layers"), ("moe", "layers"), ("gnn", "steps")]
)
def test_unique_ops_do_not_grow_with_depth(name: str, field: str) -> None:
    shallow, deep = (checked(step_of(name, **{field: depth})) for depth in (4, 7))
    assert unique(shallow) == unique(deep)
    assert [family.length for family in deep.families if len(family.classes) > 8] == [7]
    assert len(shallow.families[0].interface) == len(deep.families[0].interface)


def test_without_names_hardly_worse() -> None:
    function = step_of("llama", layers=5)
    named = unique(checked(function))
    assert unique(checked(function, names=False)) <= 1.02 * named


def test_parameters_and_moments_are_one_family() -> None:
    folding = checked(step_of("t32", layers=4))
    (family,) = folding.families
    arguments = [folding.classes[c] for c in family.classes if folding.classes[c].is_argument]
    assert len(arguments) == 27 and all(list(c.members) == [0, 1, 2, 3] for c in arguments)
