"""The LAPACK custom calls that JAX emits on CPU, through scipy: the same routines, so the same signs and orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from eggshard.interpreter.call import Call, Kernel, Table
from eggshard.interpreter.linear_algebra import solve_triangular
from eggshard.interpreter.values import Array

LETTERS = "sdcz"
"""f32, f64, complex<f32>, complex<f64>."""
Routine = Callable[..., tuple[Any, ...]]


def option(call: Call, name: str, default: int = 0) -> int:
    """An entry of the call's configuration, a number."""
    config = call.attribute("mhlo.backend_config")
    entry = config.data.get(name) if config is not None else None
    return default if entry is None else int(entry.value.data)


def letter(call: Call, name: str, default: str) -> str:
    """An entry of the call's configuration that is the code of a letter, as LAPACK's options are."""
    return chr(option(call, name, ord(default)))


def routine(name: str, like: Array) -> Any:
    from scipy.linalg import get_lapack_funcs

    return get_lapack_funcs(name, (like,))


def batched(function: Routine, core_dims: tuple[int, ...]) -> Kernel:
    """
    A kernel that runs `function(call, *matrices)` for each element of the leading dimensions.

    `core_dims`: how many trailing dimensions of each operand the function takes.
    """

    def kernel(call: Call, *operands: Array) -> tuple[Array, ...]:
        batch = operands[0].shape[: operands[0].ndim - core_dims[0]]
        outputs = [np.empty(call.shape(i), call.dtype(i)) for i in range(len(call.op.results))]
        for index in np.ndindex(batch):
            made = function(call, *(x[index] for x in operands))
            for output, value in zip(outputs, made, strict=True):
                output[index] = value
        return tuple(outputs)

    return kernel


def potrf(call: Call, a: Array) -> tuple[Any, ...]:
    return tuple(routine("potrf", a)(a, lower=letter(call, "uplo", "L") == "L", clean=False))


def getrf(call: Call, a: Array) -> tuple[Any, ...]:
    lu, pivots, info = routine("getrf", a)(a)
    return lu, pivots + 1, info


def geqrf(call: Call, a: Array) -> tuple[Any, ...]:
    return tuple(routine("geqrf", a)(a)[:2])


def geqp3(call: Call, a: Array, pivots: Array) -> tuple[Any, ...]:
    """All columns are free, which is what zeros in `pivots` mean."""
    if pivots.any():
        raise NotImplementedError("geqp3 with columns fixed in front")
    return tuple(routine("geqp3", a)(a)[:3])


def orgqr(call: Call, a: Array, tau: Array) -> tuple[Any, ...]:
    name = "ungqr" if a.dtype.kind == "c" else "orgqr"
    return (routine(name, a)(a, tau)[0],)


def ormqr(call: Call, a: Array, tau: Array, c: Array) -> tuple[Any, ...]:
    adjoint = "C" if a.dtype.kind == "c" else "T"
    side, trans = "L" if option(call, "left") else "R", adjoint if option(call, "transpose") else "N"
    apply = routine("unmqr" if a.dtype.kind == "c" else "ormqr", a)
    size = int(apply(side, trans, a, tau, c, -1)[1][0].real)
    return (apply(side, trans, a, tau, c, size)[0],)


def syevd(call: Call, a: Array) -> tuple[Any, ...]:
    name = "heevd" if a.dtype.kind == "c" else "syevd"
    values, vectors, info = routine(name, a)(a, lower=letter(call, "uplo", "L") == "L")
    return vectors, values, info


def singular_values(name: str) -> Routine:
    def function(call: Call, a: Array) -> tuple[Any, ...]:
        """Mode: A all vectors, S as many as there are values, N none (the outputs are then not read)."""
        mode = letter(call, "mode", "S")
        u, s, vt, info = routine(name, a)(a, compute_uv=mode != "N", full_matrices=mode == "A")
        shapes = [call.shape(i)[-2:] for i in (2, 3)]
        if mode == "N":
            u, vt = (np.zeros(shape, a.dtype) for shape in shapes)
        return a, s, u, vt, info

    return function


def geev(call: Call, a: Array) -> tuple[Any, ...]:
    left, right = (letter(call, f"compute_{side}", "V") == "V" for side in ("left", "right"))
    *values, vl, vr, info = routine("geev", a)(a, compute_vl=left, compute_vr=right)
    if a.dtype.kind != "c":
        vl, vr = (unpacked(vectors, values[1]) for vectors in (vl, vr))
    n = a.shape[-1]
    none = np.zeros((n, n), np.result_type(a.dtype, np.complex64))
    return *values, vl if left else none, vr if right else none, info


def unpacked(vectors: Array, imaginary: Array) -> Array:
    """LAPACK's real storage of conjugate pairs, (re, im) in neighbouring columns, as complex vectors."""
    full = vectors.astype(np.result_type(vectors.dtype, np.complex64))
    for first in np.flatnonzero(imaginary > 0) if vectors.size > 1 else ():
        pair = vectors[:, first] + 1j * vectors[:, first + 1]
        full[:, first], full[:, first + 1] = pair, np.conj(pair)
    return full


def gees(call: Call, a: Array) -> tuple[Any, ...]:
    compute = letter(call, "mode", "V") == "V"
    t, _, *values, vs, _, info = routine("gees", a)(lambda *_: False, a, compute_v=compute)
    vectors = vs if compute else np.zeros_like(a)
    return t, vectors, *values, 0, info


def gehrd(call: Call, a: Array) -> tuple[Any, ...]:
    return tuple(routine("gehrd", a)(a, lo=option(call, "low", 1) - 1, hi=option(call, "high", a.shape[-1]) - 1))


def sytrd(call: Call, a: Array) -> tuple[Any, ...]:
    name = "hetrd" if a.dtype.kind == "c" else "sytrd"
    packed, d, e, tau, info = routine(name, a)(a, lower=letter(call, "uplo", "L") == "L")
    return packed, d, e, tau, info


def trsm(call: Call, a: Array, b: Array) -> tuple[Any, ...]:
    transpose = {"N": "NO_TRANSPOSE", "T": "TRANSPOSE", "C": "ADJOINT"}[letter(call, "trans_x", "N")]
    left, lower = letter(call, "side", "L") == "L", letter(call, "uplo", "L") == "L"
    unit = letter(call, "diag", "N") == "U"
    return (solve_triangular(a, b, left=left, lower=lower, transpose=transpose, unit=unit),)


def gtsv(call: Call, lower: Array, diagonal: Array, upper: Array, b: Array) -> tuple[Any, ...]:
    """The first element of `lower` and the last of `upper` lie outside the matrix."""
    *_, x, info = routine("gtsv", b)(lower[1:], diagonal, upper[:-1], b)
    return lower, diagonal, upper, x, info


def gtsv_only(call: Call, lower: Array, diagonal: Array, upper: Array, b: Array) -> tuple[Any, ...]:
    return (gtsv(call, lower, diagonal, upper, b)[3],)


ROUTINES: dict[str, tuple[Routine, tuple[int, ...]]] = {
    "gees": (gees, (2,)),
    "geev": (geev, (2,)),
    "gehrd": (gehrd, (2,)),
    "geqp3": (geqp3, (2, 1)),
    "geqrf": (geqrf, (2,)),
    "gesdd": (singular_values("gesdd"), (2,)),
    "gesvd": (singular_values("gesvd"), (2,)),
    "getrf": (getrf, (2,)),
    "gtsv": (gtsv, (1, 1, 1, 2)),
    "heevd": (syevd, (2,)),
    "hetrd": (sytrd, (2,)),
    "orgqr": (orgqr, (2, 1)),
    "ormqr": (ormqr, (2, 1, 2)),
    "potrf": (potrf, (2,)),
    "syevd": (syevd, (2,)),
    "sytrd": (sytrd, (2,)),
    "trsm": (trsm, (2, 2)),
    "ungqr": (orgqr, (2, 1)),
    "unmqr": (ormqr, (2, 1, 2)),
}

TABLE: Table = {
    **{
        f"lapack_{kind}{name}_ffi": batched(function, core)
        for name, (function, core) in ROUTINES.items()
        for kind in LETTERS
    },
    "tridiagonal_solve_perturbed_ffi": batched(gtsv_only, (1, 1, 1, 2)),
}
"""Call target -> kernel."""
