"""The values of a JAX function and the flat arrays of its program: pytrees, and random keys, which hide integers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
from jax.dtypes import prng_key

from eggshard.diagnostics import DiagnosticError

Kinds = Mapping[int, Any]
"""Which leaves are typed random keys, and of what kind, as `jax.random.key_impl` says."""


class Trees(NamedTuple):
    """The pytrees of a function's arguments (as a tuple) and of what it returns."""

    inputs: Any
    outputs: Any
    input_keys: Kinds
    output_keys: Kinds

    def flatten(self, arguments: tuple[Any, ...]) -> list[Any]:
        """
        The leaves of the arguments.

        Raises DiagnosticError, naming the first place, if their structure is another.
        """
        leaves: list[Any]
        leaves, tree = jax.tree_util.tree_flatten(arguments)
        if tree != self.inputs:
            raise DiagnosticError(_difference(self.inputs, tree), hint="pass arguments of the structure planned for")
        return leaves

    def unflatten(self, results: Sequence[Any]) -> Any:
        """What the function would have returned."""
        return jax.tree_util.tree_unflatten(self.outputs, typed(results, self.output_keys))


def trees_of(arguments: tuple[Any, ...], results: Any) -> Trees:
    """The trees of example arguments and of results as jax describes them."""
    leaves, inputs = jax.tree_util.tree_flatten(arguments)
    returned, outputs = jax.tree_util.tree_flatten(results)
    return Trees(inputs, outputs, key_kinds(leaves), key_kinds(returned))


def is_key(value: Any) -> bool:
    """Whether a value is an array of typed random keys."""
    dtype = getattr(value, "dtype", None)
    return dtype is not None and jax.dtypes.issubdtype(dtype, prng_key)


def key_kinds(leaves: Iterable[Any]) -> Kinds:
    """The kinds of those leaves that are typed random keys; arrays or only their descriptions."""
    return {index: _kind(leaf) for index, leaf in enumerate(leaves) if is_key(leaf)}


def _kind(leaf: Any) -> Any:
    found: list[Any] = []
    # Only a traced key tells its kind, a description does not.
    jax.eval_shape(lambda key: found.append(jax.random.key_impl(key)), jax.ShapeDtypeStruct(leaf.shape, leaf.dtype))
    return found[0]


def typed(values: Sequence[Any], kinds: Kinds) -> list[Any]:
    """The values with the integers of random keys made into keys again."""
    return [
        jax.random.wrap_key_data(value, impl=kinds[index]) if index in kinds and not is_key(value) else value
        for index, value in enumerate(values)
    ]


def untyped(value: Any) -> Any:
    """The integers of random keys; any other value as it is."""
    return jax.random.key_data(value) if is_key(value) else value


def _difference(wanted: Any, given: Any) -> str:
    """Where two structures of arguments begin to differ, in one line."""
    path = "arguments"
    while True:
        pairs = list(zip(wanted.children(), given.children(), strict=False))
        if wanted.node_data() != given.node_data() or len(wanted.children()) != len(given.children()):
            return f"{path} are {_node(given)}, required {_node(wanted)}"
        index = next(i for i, (one, other) in enumerate(pairs) if one != other)
        data = wanted.node_data()
        keys = data[1] if data is not None and isinstance(data[1], list) else None
        path += f"[{keys[index]!r}]" if keys else f"[{index}]"
        wanted, given = pairs[index]


def _node(tree: Any) -> str:
    """`a dict of 3 ('w', 'b', 'scale')`, `an array`."""
    data = tree.node_data()
    if data is None:
        return "an array" if tree.num_leaves else "nothing"
    kind, keys = data
    listed = f" ({', '.join(map(repr, keys))})" if isinstance(keys, list) else ""
    return f"{kind.__name__} of {len(tree.children())}{listed}"
