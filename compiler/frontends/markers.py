"""Custom calls that say something about a value and hand it on unchanged."""

from __future__ import annotations

import re

from xdsl.dialects.builtin import DictionaryAttr, ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Operation

SHARDING_STRING = "mhlo.sharding"
"""The attribute that holds a sharding as a string."""
SHARDING = "Sharding"
ANNOTATIONS = frozenset({SHARDING, "xla.sdy.FuncResultSharding"})
MARK = re.compile(r"(?:^|[._:/])mark(?:er)?(?:$|[._:/])")
"""How the targets of other exporters' markers are called: `tt.mark_argument`, `mark_tensor`."""


def has_sharding_strings(module: ModuleOp) -> bool:
    """Whether an op, argument or result of the module has a sharding as a string."""
    for op in module.walk():
        if SHARDING_STRING in op.attributes:
            return True
        if isinstance(op, FuncOp):
            entries = (*(op.arg_attrs or ()), *(op.res_attrs or ()))
            if any(SHARDING_STRING in entry.data for entry in entries):
                return True
    return False


def target_of(op: Operation) -> str:
    """What a custom call calls; '' for any other op."""
    name = op.properties.get("call_target_name")
    return name.data if isinstance(name, StringAttr) else ""


def is_marker(op: Operation) -> bool:
    """Whether an op is a custom call that hands its one operand on."""
    if op.name != "stablehlo.custom_call" or len(op.operands) != 1 or len(op.results) != 1:
        return False
    if op.operands[0].type != op.results[0].type:
        return False
    target = target_of(op)
    return target in ANNOTATIONS or MARK.search(target) is not None


def name_in(op: Operation) -> str | None:
    """The name that a marker gives its value: the attribute whose key ends in "name", as `ttir.name = "x"`."""
    entries: list[tuple[str, Attribute]] = []
    for holder in (op.attributes, op.properties):
        for attribute in holder.values():
            if isinstance(attribute, DictionaryAttr):
                entries.extend(attribute.data.items())
    return next((v.data for k, v in entries if k.endswith("name") and isinstance(v, StringAttr)), None)
