"""The stages of the compiler, in order, and why each stands where it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from eggshard.passes.registry import load_pass

# ---------------------------------------------------------------------------------------------------------------------
# Import: one function, layouts in our own terms.
# Calls go first: a layout cannot flow through a call, and repeated blocks are found later in any case.
# ---------------------------------------------------------------------------------------------------------------------
# Sizes that are operands are folded after that, for they may come from a caller; their constants then die.
# Strings come after Shardy's own annotations, whose mesh they are read against.
IMPORT = ("inline-calls", "fold-dynamic-shapes", "drop-dead-ops", "import-sdy", "import-gspmd")

# ---------------------------------------------------------------------------------------------------------------------
# Annotate: what follows from the annotations of the program and its user.
# After each round of priorities strategies are extended, so that what an earlier tactic decided stands.
# ---------------------------------------------------------------------------------------------------------------------
ANNOTATE = ("propagate-shardings",)

# ---------------------------------------------------------------------------------------------------------------------
# Choose: how each op is tiled, whatever the layouts around it leave open. A saved plan replaces all from here upwards.
# ---------------------------------------------------------------------------------------------------------------------
CHOOSE = ("choose-strategies",)

# ---------------------------------------------------------------------------------------------------------------------
# Reshard: every change of layout becomes an op of its own, on whole shapes, where it is cheapest to move and to merge.
# Reductions are deferred before anything is shared: a sum of partial gradients is reduced once, whatever its terms.
# ---------------------------------------------------------------------------------------------------------------------
RESHARD = ("insert-reshards", "defer-reductions", "hoist-reshards", "fold-reshards", "share-reshards")

# ---------------------------------------------------------------------------------------------------------------------
# Partition: only now shapes become local, since all that is left to do is local.
# ---------------------------------------------------------------------------------------------------------------------
PARTITION = ("partition",)

# ---------------------------------------------------------------------------------------------------------------------
# Collectives: identities that only show once shapes are local.
# Slices move towards reductions before equal collectives are shared, and what is left is combined last.
# ---------------------------------------------------------------------------------------------------------------------
COLLECTIVES = (
    "form-reduce-scatter",
    "cancel-gather-slice",
    "form-all-to-all",
    "share-collectives",
    "combine-collectives",
)

# ---------------------------------------------------------------------------------------------------------------------
# Emit: StableHLO alone.
# ---------------------------------------------------------------------------------------------------------------------
EMIT = ("emit-collectives",)


def run(
    module: ModuleOp, context: Context, passes: Sequence[str], before: Callable[[str], None] | None = None
) -> None:
    """Runs passes by name; `before` is told the name of each that begins."""
    for name in passes:
        if before is not None:
            before(name)
        load_pass(name)().apply(context, module)
