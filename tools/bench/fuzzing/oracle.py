"""
Holds the partitioned form of a program against the whole one.

The whole program runs on XLA on one device; the per-device program on XLA on eight, and on the numpy interpreter with
garbage in all padding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from eggshard.tools.bench.fuzzing.inputs import inputs
from eggshard.tools.bench.fuzzing.program import Program

LIMITS = {"float64": 1e-9, "complex128": 1e-9, "float32": 1e-4, "complex64": 1e-4, "bfloat16": 4e-2}
"""Largest error relative to the largest finite magnitude of a result; integers and booleans are equal."""


VANISHES = 1e-4
"""Part of a difference that may be left in wider types if it was rounding."""


@dataclass(frozen=True)
class Fault:
    """
    `stage` that went wrong (plan, xla, interpreter), what was seen there, and in which result (-1: none came).

    `size` is the largest difference of finite numbers, 0 for other faults.
    """

    stage: str
    text: str
    result: int = -1
    size: float = 0.0

    @property
    def signature(self) -> str:
        """The same for faults of the same nature, as far as can be told."""
        words = self.text.split(":")[0] if self.result < 0 else "differs"
        return f"{self.stage} {words[:60]}"


def differences(
    function: Callable[..., Any],
    args: Sequence[Any],
    mesh: dict[str, int],
    shard: Sequence[tuple[str, str]] | dict[str, str],
    *,
    whole: Callable[..., Any] | None = None,
    on_xla: bool = True,
    interpreted: bool = True,
) -> list[Fault]:
    """
    Where `function` partitioned differs from `whole` (default: itself); [] if nowhere.

    `args` are flat arrays.
    """
    import jax
    import numpy as np

    import eggshard

    expected = [np.asarray(leaf) for leaf in jax.tree.leaves(jax.jit(whole or function)(*args))]
    limit = coarsest([*args, *expected])
    try:
        plan = eggshard.plan(function, args, mesh=mesh, shard=shard, search=False)
        text = plan.stablehlo()
        assert text
    except Exception as error:
        return [failed("plan", error)]
    found: list[Fault] = []
    if on_xla:
        found += _compared("xla", lambda: jax.tree.leaves(plan.compile()(*args)), expected, limit)
    if interpreted:
        found += _compared("interpreter", lambda: interpret(plan, args), expected, limit)
    return found


def failed(stage: str, error: Exception) -> Fault:
    import traceback

    lines = str(error).strip().splitlines() or [""]
    frames = traceback.extract_tb(error.__traceback__)
    inner = [f for f in frames if "eggshard" in f.filename or "/compiler/" in f.filename]
    place = f" [{inner[-1].filename.rsplit('/', 1)[-1]}:{inner[-1].lineno}]" if inner else ""
    return Fault(stage, f"{type(error).__name__}: {lines[0][:300]}{place}")


def _compared(stage: str, run: Callable[[], Sequence[Any]], expected: Sequence[Any], limit: float) -> list[Fault]:
    import numpy as np

    try:
        results = [np.asarray(value) for value in run()]
    except Exception as error:
        return [failed(stage, error)]
    return [
        Fault(stage, text, index, distance(one, other) if text.startswith("error") else 0.0)
        for index, (one, other) in enumerate(zip(expected, results, strict=True))
        if (text := difference(one, other, limit))
    ]


def interpret(plan: Any, args: Sequence[Any]) -> list[Any]:
    """The per-device program on the interpreter; padding is NaN, or the largest number."""
    import numpy as np

    from eggshard.interpreter import run_devices, shard, unshard
    from eggshard.interpreter.shards import copies_agree

    program = plan.program
    mesh = program.mesh
    local = [
        shard(np.asarray(value), port.layout, mesh, fill=garbage(np.asarray(value).dtype))
        for value, port in zip(args, program.arguments, strict=True)
    ]
    made = run_devices(plan.module, local, mesh.device_count)
    results = []
    for index, (lanes, port) in enumerate(zip(made, program.results, strict=True)):
        if not any(port.layout.axes) and not copies_agree(lanes, port.layout, mesh):
            raise ValueError(f"devices hold different copies of result {index}")
        results.append(unshard(lanes, port.layout, mesh, port.shape))
    return results


def garbage(dtype: Any) -> Any:
    import numpy as np

    if dtype == np.bool_:
        return True
    return np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else float("nan")


def difference(expected: Any, found: Any, limit: float) -> str:
    """What is wrong with `found`, or ''."""
    import numpy as np

    if expected.shape != found.shape or expected.dtype != found.dtype:
        return f"{found.dtype}{list(found.shape)} instead of {expected.dtype}{list(expected.shape)}"
    if not is_floating(expected):
        wrong = int((expected != found).sum())
        return f"{wrong} of {expected.size} {expected.dtype} differ" if wrong else ""
    wide = np.complex128 if np.iscomplexobj(expected) else np.float64
    a, b = expected.astype(wide), found.astype(wide)
    finite = np.isfinite(a)
    odd = ~finite | ~np.isfinite(b)
    strange = odd & ~((a == b) | (np.isnan(a) & np.isnan(b)))
    if strange.any():
        place = tuple(int(i) for i in np.argwhere(strange)[0]) if a.ndim else ()
        count = int(strange.sum())
        return f"{count} of {a.size} are NaN or infinite in one only, as {found[place]} not {expected[place]}"
    if not finite.any():
        return ""
    scale = float(np.abs(a[finite]).max()) or 1.0
    error = float(np.abs(a[finite] - b[finite]).max()) / scale
    return f"error {error:.2g} above {limit:.0e}" if error > limit else ""


def distance(expected: Any, found: Any) -> float:
    """The largest difference of numbers that are finite in both."""
    import numpy as np

    wide = np.complex128 if np.iscomplexobj(expected) else np.float64
    a, b = expected.astype(wide), found.astype(wide)
    finite = np.isfinite(a) & np.isfinite(b)
    return float(np.abs(a[finite] - b[finite]).max(initial=0.0))


def is_floating(array: Any) -> bool:
    return str(array.dtype) in LIMITS


def coarsest(arrays: Sequence[Any]) -> float:
    """The limit of the coarsest floating-point type among `arrays`."""
    import numpy as np

    return max([LIMITS.get(str(np.asarray(array).dtype), 0.0) for array in arrays], default=0.0)


def check(program: Program, on_xla: bool = True, interpreted: bool = True) -> list[Fault]:
    """The faults that the partitioned form of `program` shows."""
    return differences(
        program.function(),
        inputs(program),
        dict(program.mesh),
        list(program.shard),
        whole=program.function(constrain=False),
        on_xla=on_xla,
        interpreted=interpreted,
    )


def is_rounding(program: Program, fault: Fault) -> bool:
    """
    Whether a difference in numbers all but vanishes in wider types, so that it is rounding that came out otherwise.

    It need not vanish relative to the result: that may be zero up to rounding, as a sum of what has mean zero.
    """
    if not fault.size or "float64" in {arg.dtype for arg in program.args}:
        return False
    try:
        wider = check(program.wider())
    except Exception:
        return False
    return all(other.size and other.size < VANISHES * fault.size for other in wider)
