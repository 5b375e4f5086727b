"""The sorts, constructors and relations of the e-graph, for a number of mesh axes and the arities of a program."""

from __future__ import annotations

from collections.abc import Iterable

from eggshard.egraph.terms import Axes

RULESETS = ("build", "layouts", "local", "gather", "slice", "all_to_all", "reduce", "permute")


def schema(axes: Axes, arities: Iterable[int]) -> str:
    """
    T is a tensor of the program, whatever its layout; L is what the devices hold of one in some layout.

      At t c.. o            tensor t under columns c.. and order o: every way to get it there is in this class
      Local{n} s r.. o l..  an op of signature s under the rows r.., run on the operands l..
    Facts:
      row{n}   signature, axis, row, factor, result column, operand columns
      joint    signature, factor, span: the factor may be cut into so many parts
      layout   kind, columns, order: layouts of a kind of tensor
      normal   columns, order, the order that counts
      movable  axis, columns, order: the axis is the minor one of its dimension
      kind     tensor, kind; of leaves alone: reshards of tensors of a kind are explored once
    """
    k = len(axes)
    columns = " ".join(["i64"] * k)
    lines = ["(sort T)", "(sort L)"]
    lines += [f"(ruleset {name})" for name in RULESETS]
    lines += [
        "(constructor Any (i64) T)",
        f"(constructor At (T {columns} i64) L)",
        "(function term (i64) T :no-merge)",
        "(relation kind (T i64))",
        "(relation leaf (i64 i64))",
        "(relation joint (i64 i64 i64))",
        f"(relation layout (i64 {columns} i64))",
        f"(relation normal ({columns} i64 i64))",
        f"(relation movable (i64 {columns} i64))",
        "(constructor AllGather (i64 L) L)",
        "(constructor Slice (i64 i64 L) L)",
        "(constructor AllToAll (i64 i64 L) L)",
        "(constructor AllReduce (i64 L) L)",
        "(constructor ReduceScatter (i64 i64 L) L)",
        "(constructor Permute (i64 i64 L) L)",
    ]
    for n in sorted(set(arities)):
        lines += [
            f"(constructor Op{n} (i64{' T' * n}) T)",
            f"(constructor Local{n} (i64 {columns} i64{' L' * n}) L)",
            f"(relation node{n} (i64 i64{' i64' * n}))",
            f"(relation row{n} (i64 i64 i64 i64 i64{' i64' * n}))",
        ]
    return "\n".join(lines)
