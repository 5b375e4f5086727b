"""What Shardy demands of a sharding rule on an op."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from xdsl.dialects.builtin import DYNAMIC_INDEX, ShapedType
from xdsl.ir import Attribute, Operation
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.sdy.values import ShardingRule
from eggshard.dialects.sharding.syntax import factor_name


def check_rule(op: Operation, rule: ShardingRule) -> None:
    """Raises VerifyException unless `rule` maps every dimension of the operands and results of `op` to its factors."""
    used = _check_mappings(op.operand_types, rule.operands, rule.sizes, "operand")
    produced = _check_mappings(op.result_types, rule.results, rule.sizes, "result")
    for factor, size in enumerate(rule.sizes):
        if factor not in used | produced:
            raise VerifyException(f"factor {factor_name(factor)}={size} is in no operand and in no result")
    special = (rule.reduction, rule.need_replication, rule.permutation)
    for factors in (*special, rule.blocked):
        _check_special(factors, len(rule.sizes))
    if sum(map(len, special)) != len({factor for factors in special for factor in factors}):
        raise VerifyException("a factor is in two of reduction, need_replication and permutation; it may be in one")
    for factor in rule.reduction:
        if factor in produced:
            raise VerifyException(f"reduction factor {factor_name(factor)} is in a result; it must be in operands only")


def _check_mappings(
    types: Sequence[Attribute], mappings: Sequence[Sequence[Sequence[int]]], sizes: Sequence[int], what: str
) -> set[int]:
    """The factors that `mappings` use, once they are known to fit `types`."""
    if len(types) != len(mappings):
        raise VerifyException(f"rule has {len(mappings)} {what} mappings; the op has {len(types)} {what}s")
    used: set[int] = set()
    for number, (type, dims) in enumerate(zip(types, mappings, strict=True)):
        if not isinstance(type, ShapedType) or type.get_num_dims() < 0 or DYNAMIC_INDEX in type.get_shape():
            raise VerifyException(f"{what} {number} has type {type}; a rule needs a ranked tensor of static shape")
        if len(dims) != type.get_num_dims():
            raise VerifyException(f"mapping of {what} {number} has rank {len(dims)}; it has rank {type.get_num_dims()}")
        used |= _check_dims(dims, sizes, f"{what} {number}")
    return used


def _check_dims(dims: Sequence[Sequence[int]], sizes: Sequence[int], what: str) -> set[int]:
    used: set[int] = set()
    for factors in dims:
        for factor in factors:
            if factor >= len(sizes):
                raise VerifyException(f"{what} has factor {factor_name(factor)}, whose size is not given")
            if factor in used:
                raise VerifyException(f"{what} has factor {factor_name(factor)} twice; it may have it once")
            if sizes[factor] == 1 and len(factors) > 1:
                raise VerifyException(f"{what} joins factor {factor_name(factor)} of size 1 with others; leave it out")
            used.add(factor)
    return used


def _check_special(factors: Sequence[int], count: int) -> None:
    if any(a >= b for a, b in pairwise(factors)):
        raise VerifyException("special factors are not in ascending order, each once")
    if factors and factors[-1] >= count:
        raise VerifyException(f"special factor {factor_name(factors[-1])} has no size; sizes are given for {count}")
