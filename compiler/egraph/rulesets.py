"""Which rules the search uses: all of them, but for those that are switched off to see what they are worth."""

from __future__ import annotations

from dataclasses import dataclass

LAYOUT = ("layouts", "local", "gather", "slice", "all_to_all", "reduce", "permute")
"""Rulesets of `rules/`, after `build`, which states the program."""
NEEDED = ("build", "layouts", "local")
"""Without these there is no plan at all."""
LOGICAL = ("commute", "associate", "distribute", "reduce", "scale", "broadcast", "reshape")
"""Rulesets of `logic/rules/`."""


@dataclass(frozen=True)
class Rules:
    """
    `layout_off` and `logic_off` are rulesets left out; without `logic` the program keeps the form that it has.

    All of these compute what the program says, up to the order in which floats are added and multiplied. With
    `relax_rounding` terms of a sum may also be rounded to a narrower float before they are added, as where gradients
    are made in f32 and wanted in bf16: half the bytes are sent, and each term is rounded once more.
    """

    logic: bool = True
    layout_off: frozenset[str] = frozenset()
    logic_off: frozenset[str] = frozenset()
    relax_rounding: bool = False

    @property
    def layout(self) -> tuple[str, ...]:
        """Layout rulesets that are on, in their order."""
        return ("build", *(name for name in LAYOUT if name not in self.layout_off))

    @property
    def logical(self) -> tuple[str, ...]:
        """Logical rulesets that are on."""
        return tuple(name for name in LOGICAL if name not in self.logic_off)


DEFAULT = Rules()
