"""Tactics: PATTERN=LAYOUT over argument paths, and how they are refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from eggshard.annotation import add_mesh
from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.sharding import argument_layout
from eggshard.dialects.sharding.layout import Layout
from eggshard.frontends.load import from_jax
from eggshard.mesh import Mesh
from eggshard.partitioning.program import main_function
from eggshard.propagation import propagate
from eggshard.propagation.tactics import apply_tactics

Tactics = Sequence[tuple[str, str]]


def module() -> Any:
    """Two layers of a matrix and a bias each, and a batch, over data=4, model=2."""

    def apply(params: Any, x: Any) -> Any:
        for layer in params:
            x = jnp.tanh(x @ layer["w"] + layer["b"])
        return x

    f32 = jnp.float32
    layer = {"w": jax.ShapeDtypeStruct((16, 16), f32), "b": jax.ShapeDtypeStruct((16,), f32)}
    made = from_jax(apply, ([layer, layer], jax.ShapeDtypeStruct((8, 16), f32))).module
    add_mesh(made, Mesh({"data": 4, "model": 2}))
    return made


def text(layout: Layout | None) -> str | None:
    """As tactics write it, with priorities: `data+model p1,-`."""
    if layout is None:
        return None
    assert not any(dim.open for dim in layout.dims)
    return ",".join(
        "+".join(a.name for a in d.axes) + (f" p{d.priority}" if d.priority is not None else "") or "-"
        for d in layout.dims
    )


def arguments(tactics: Tactics) -> list[str | None]:
    """The layouts of b0, w0, b1, w1, x."""
    made = module()
    apply_tactics(made, tactics)
    function = main_function(made)
    return [text(argument_layout(function, i)) for i in range(5)]


def test_a_pattern_matches_whole_paths() -> None:
    """`w` alone matches nothing, `params/0/w` one matrix, `params/.*/w` both."""
    assert arguments([("params/0/w", "-,model")]) == [None, "-,model p1", None, None, None]
    assert arguments([("params/.*/w", "-,model")])[1::2] == ["-,model p1"] * 2


def test_dimensions_left_out_are_not_sharded() -> None:
    assert arguments([("x", "data")])[4] == "data p1,-"
    assert arguments([("x", "")])[4] == "-,-"


def test_axes_are_joined_by_plus() -> None:
    assert arguments([("x", "data+model")])[4] == "data+model p1,-"


def test_the_nth_tactic_has_priority_n() -> None:
    assert arguments([("x", "data"), ("params/.*/w", "-,model"), ("params/.*/b", "model")]) == [
        "model p3",
        "-,model p2",
        "model p3",
        "-,model p2",
        "data p1,-",
    ]


def test_a_later_tactic_replaces_an_earlier_one() -> None:
    """Dimensions that it leaves alone, or only shards further, keep the earlier priority."""
    first = ("params/0/w", "-,model")
    assert arguments([first, ("params/0/w", "data,model")])[1] == "data p2,model p1"
    assert arguments([first, ("params/0/w", "-,model+data")])[1] == "-,model+data p1"
    assert arguments([first, ("params/0/w", "-,data")])[1] == "-,data p2"
    assert arguments([first, ("params/0/w", "model")])[1] == "model p2,-"


def test_order_decides_and_not_luck() -> None:
    """Whoever comes first gets the contested axis, whatever the order of arguments."""

    def product(tactics: Tactics) -> str:
        made = module()
        apply_tactics(made, tactics)
        propagate(made)
        dot = next(op for op in made.walk() if op.name == "stablehlo.dot_general")
        from eggshard.dialects.sharding import layout_of

        layout = layout_of(dot.results[0])
        return "" if layout is None else ",".join("+".join(a.name for a in axes) or "-" for axes in layout.axes)

    batch, columns = ("x", "model"), ("params/0/w", "-,model")
    assert product([batch, columns]) == "model,-"
    assert product([columns, batch]) == "-,model"


REFUSED = {
    "unknown axis": (("x", "expert"), 'axis "expert" is not in the mesh (axes: "data", "model")'),
    "axis twice": (("x", "data,data"), 'axis "data" is used twice, an axis may appear once in a layout'),
    "axis twice in a dimension": (("x", "data+data"), "is used twice"),
    "too many dimensions": (("params/0/b", "-,model"), 'layout has 2 dimensions, argument "params/0/b" has 1'),
    "no match": (("params/0/wi", "model"), "pattern matches no argument"),
    "not a pattern": (("params/(", "model"), "pattern is not a regular expression"),
    "no such part": (("x", "data:(1)3"), 'sub-axis "data":(1)3 does not divide axis "data" (size 4)'),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    tactic, message = REFUSED[name]
    with pytest.raises(DiagnosticError, match=re.escape(message)) as error:
        arguments([tactic])
    assert error.value.location == f"tactic '{tactic[0]}={tactic[1]}'"
    assert len(str(error.value).splitlines()) == (2 if name == "no match" else 1)


def test_a_pattern_without_match_lists_the_nearest_paths() -> None:
    with pytest.raises(DiagnosticError) as error:
        arguments([("params/0/wi", "model")])
    assert error.value.hint is not None
    assert error.value.hint.startswith("the nearest paths: params/0/w")


def test_parts_of_axes() -> None:
    made = module()
    apply_tactics(made, [("x", "data:(1)2")])
    layout = argument_layout(main_function(made), 4)
    assert layout is not None and str(layout.axes[0][0]) == '"data":(1)2'
