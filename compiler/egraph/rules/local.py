"""
An op under a strategy: op(T..) in a layout is the local op on its operands in the layouts that the strategy reads.

A strategy is one row for each mesh axis. Axes that tile the same factor cut it jointly, in one of two orders, if it can
be cut into so many parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from eggshard.egraph.terms import Axes, at, rule


def rules(axes: Axes, arities: Iterable[int]) -> Iterator[str]:
    """At(op(a, b), out) = Local(rows, At(a, in), At(b, in))"""
    for n in sorted(set(arities)):
        for groups in axes.partitions():
            yield _rule(axes, n, groups)


def _rule(axes: Axes, n: int, groups: list[list[int]]) -> str:
    group_of = {axis: number for number, group in enumerate(groups) for axis in group}
    shared = [number for number, group in enumerate(groups) if len(group) > 1]
    facts = [f"(= t (Op{n} s{''.join(f' t{j}' for j in range(n))}))"]
    for axis in range(len(axes)):
        g = group_of[axis]
        inputs = "".join(f" i{j}_{g}" for j in range(n))
        facts.append(f"(row{n} s {axis} r{axis} f{g} o{g}{inputs})")
    facts += [f"(!= f{a} f{b})" for a in range(len(groups)) for b in range(a)]
    facts += [f"(joint s f{g} {axes.span(groups[g])})" for g in shared]

    def columns(letter: str) -> list[str]:
        return [f"{letter}{group_of[axis]}" for axis in range(len(axes))]

    order, orders = "0", ["0"] * (n + 1)
    if shared:
        order = "w"
        facts.append("(order w)")
        orders = [f"w{j}" for j in range(n + 1)]
        facts.append(f"(normal {' '.join(columns('o'))} w w{n})")
        facts += [f"(normal {' '.join(columns(f'i{j}_'))} w w{j})" for j in range(n)]
    operands = "".join(f" {at(f't{j}', columns(f'i{j}_'), orders[j])}" for j in range(n))
    chosen = " ".join(f"r{axis}" for axis in range(len(axes)))
    local = f"(Local{n} s {chosen} {order}{operands})"
    return rule("local", facts, [f"(union {at('t', columns('o'), orders[n])} {local})"])
