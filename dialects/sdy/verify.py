"""Checks the shardings and rules that hang on ops and functions as discardable attributes."""

from __future__ import annotations

from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Operation
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.sdy.access import RULE, SHARDING
from eggshard.dialects.sdy.attributes import OpShardingRuleAttr, TensorShardingAttr, TensorShardingPerValueAttr
from eggshard.dialects.sdy.check_rule import check_rule
from eggshard.dialects.sdy.checks import check_sharding, check_shardings, outer_manual_axes
from eggshard.dialects.sharding.access import meshes_of
from eggshard.dialects.sharding.layout import Mesh
from eggshard.dialects.sharding.syntax import symbol_text


def verify_shardings(module: Operation) -> None:
    """Raises VerifyException unless every `sdy.sharding` and `sdy.sharding_rule` under `module` is sound."""
    meshes = meshes_of(module)
    for op in module.walk():
        if isinstance(op, FuncOp):
            _verify_function(op, meshes)
        sharding, rule = op.attributes.get(SHARDING), op.attributes.get(RULE)
        if sharding is None and rule is None:
            continue
        try:
            if sharding is not None:
                _verify_on_op(op, sharding, meshes)
            if rule is not None:
                if not isinstance(rule, OpShardingRuleAttr):
                    raise VerifyException(f"{RULE} is {rule}, must be an #sdy.op_sharding_rule")
                check_rule(op, rule.data)
        except VerifyException as error:
            raise VerifyException(f"{op.name}: {error}") from None


def _verify_on_op(op: Operation, sharding: Attribute, meshes: dict[str, Mesh]) -> None:
    if not isinstance(sharding, TensorShardingPerValueAttr):
        raise VerifyException(f"{SHARDING} is {sharding}, must be an #sdy.sharding_per_value")
    check_shardings(sharding.data, op.result_types, meshes, outer_manual_axes(op), "result")


def _verify_function(func: FuncOp, meshes: dict[str, Mesh]) -> None:
    sides = (
        ("argument", func.arg_attrs, func.function_type.inputs),
        ("result", func.res_attrs, func.function_type.outputs),
    )
    for side, dictionaries, types in sides:
        for number, (attributes, type) in enumerate(zip(dictionaries or (), types, strict=False)):
            sharding = attributes.data.get(SHARDING)
            if sharding is None:
                continue
            where = f"{side} {number} of {symbol_text(func.sym_name.data)}"
            if not isinstance(sharding, TensorShardingAttr):
                raise VerifyException(f"{where}: {SHARDING} is {sharding}, must be an #sdy.sharding")
            try:
                check_sharding(sharding.data, type, meshes)
            except VerifyException as error:
                raise VerifyException(f"{where}: {error}") from None
