"""Every op that a program can hold is executed, or refused for a reason that is named here."""

from __future__ import annotations

import pytest

from eggshard.dialects.assembly import load
from eggshard.interpreter.tables import HOST, LOCAL, LOCKSTEP

REASONS = {
    "chlo.return": "a terminator",
    "sdy.return": "a terminator",
    "sharding.mesh": "a declaration at the top of a module",
    "stablehlo.return": "a terminator",
}


@pytest.mark.parametrize("dialect", ("stablehlo", "chlo", "sdy", "sharding", "spmd"))
def test_every_op_is_executed_or_has_a_reason(dialect: str) -> None:
    names = {op.name for op in load(dialect).operations}
    executed = {*LOCAL, *LOCKSTEP, *HOST}
    assert names - executed - set(REASONS) == set()


def test_no_op_has_two_entries() -> None:
    assert not LOCAL.keys() & LOCKSTEP.keys()
    assert not HOST & (LOCAL.keys() | LOCKSTEP.keys())


def test_no_entry_is_for_an_op_that_does_not_exist() -> None:
    names = {
        op.name
        for dialect in ("stablehlo", "chlo", "sdy", "sharding", "spmd", "func")
        for op in load(dialect).operations
    }
    assert {*LOCAL, *LOCKSTEP, *HOST} <= names
