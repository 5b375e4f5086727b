"""`propagate-shardings`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import PassFailedException

from eggshard.propagation import Mode, propagate


@dataclass(frozen=True)
class PropagateShardingsPass(ModulePass):
    """
    Gives every value the layout that follows from the layouts that the program has.

    Before:   %1 = stablehlo.add %x, %y                        with %x laid out as [{"data"}, {?}]
    After:    %1 = stablehlo.add %x, %y {sharding.layouts = [#sharding.layout<@mesh, [{"data", ?}, {?}]>]}
    Requires: layouts of ours (after `import-sdy`).
    Ensures:  closed dimensions are as they were; open ones may have more axes; priorities are gone.

    `mode` is user-priority (rounds by the priority of dimensions), op-priority (elementwise ops before others),
    aggressive or basic (how axes that two factors want are settled); each includes those after it.
    `conservative` cuts no axis, and stops at dimensions that would need data from neighbours. `bare` takes the program
    as it stands: constants are shared by their uses, and constraints are ops like others.
    """

    name = "propagate-shardings"

    mode: str = "user-priority"
    conservative: bool = False
    bare: bool = False

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        modes = [mode.value for mode in Mode]
        if self.mode not in modes:
            raise PassFailedException(f"mode is '{self.mode}', must be one of {', '.join(modes)}")
        propagate(op, Mode(self.mode), self.conservative, bare=self.bare)
