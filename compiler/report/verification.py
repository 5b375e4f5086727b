"""What a verification found, as people read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eggshard.report.paths import grouped
from eggshard.report.text import plural, table

if TYPE_CHECKING:
    from eggshard.runtime.verify import Comparison


def verification_section(comparisons: Sequence[Comparison], inputs: str) -> str:
    """One row per result, those whose paths differ in numbers or one key joined; the worst of each counts."""
    bad = [each for each in comparisons if not each.ok]
    worst = max((each.error for each in comparisons), default=0.0)
    verdict = f"{plural(len(bad), 'result')} of {len(comparisons)} off" if bad else "all within their limits"
    head = f"verify: {plural(len(comparisons), 'result')}, inputs: {inputs}; largest error {worst:.1e}, {verdict}"
    rows = []
    for group in grouped(
        [each.path for each in comparisons],
        range(len(comparisons)),
        [(each.shape, each.dtype, each.ok) for each in comparisons],
    ):
        members = [comparisons[i] for i in group.members]
        most = max(members, key=lambda each: each.error)
        shape = "x".join(map(str, most.shape)) or "scalar"
        ok = "ok" if most.ok else "OFF"
        rows.append([group.pattern, str(len(members)), shape, most.dtype, f"{most.error:.1e}", f"{most.limit:.0e}", ok])
    lines = [head, table(("result", "tensors", "shape", "dtype", "error", "limit", ""), rows, right=("tensors",))]
    blind = sum(each.has_nan for each in comparisons)
    if blind:
        lines.append(f"  {plural(blind, 'result')} hold NaN in both runs: these inputs show little about them")
    return "\n".join(lines)
