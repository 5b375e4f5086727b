"""MODEL -> module: a JAX function, `.mlir` (pretty or generic), `.mlirbc`, or `package.module:function`."""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxlib.mlir import ir
from xdsl.dialects.builtin import ModuleOp

from eggshard.diagnostics import DiagnosticError
from eggshard.frontends.reader import Reader
from eggshard.frontends.shardy_manual import unhide_manual
from eggshard.frontends.writer import mlir_context

if TYPE_CHECKING:
    from eggshard.frontends.trees import Trees


@dataclass
class Model:
    """
    A module as it came in; `trees` are the pytrees of arguments and results if it came from JAX.

    `fingerprint` identifies it by its text without locations, so that a plan recognises its model.
    """

    module: ModuleOp
    name: str
    fingerprint: str
    fn: Callable[..., Any] | None = None
    args: tuple[Any, ...] | None = None
    trees: Trees | None = None


def from_jax(fn: Callable[..., Any], args: Sequence[Any]) -> Model:
    """
    Lowers `fn` for `args` (arrays or jax.ShapeDtypeStructs).

    Unused arguments are kept, so that arguments and results correspond to the pytrees one to one.
    """
    import jax

    from eggshard.frontends.trees import trees_of

    lowered = jax.jit(fn, keep_unused=True).lower(*args)
    source = lowered.compiler_ir("stablehlo")
    module = Reader().module(source)
    trees = trees_of(tuple(args), lowered.out_info)
    return Model(module, getattr(fn, "__name__", "model"), fingerprint(source), fn, tuple(args), trees)


def load(spec: str) -> Model:
    """
    The model that a command line names.

    Raises DiagnosticError, with the position in the file, if it cannot be read.
    """
    suffix = Path(spec).suffix
    if suffix in (".mlir", ".mlirbc", ".bc", ".stablehlo") or os.path.exists(spec):
        return from_file(spec)
    if ":" in spec:
        return from_function(spec)
    raise DiagnosticError(
        f"model '{spec}' is neither a file nor package.module:function",
        hint="a path ending in .mlir or .mlirbc, or mypackage.mymodel:make where make() returns (fn, args)",
    )


def from_file(path: str) -> Model:
    """A module in MLIR text or bytecode."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DiagnosticError(f"cannot be read: {error.strerror}", location=path) from None
    source = _read(data, path)
    return Model(_module(source, data, path), Path(path).stem, fingerprint(source))


def fingerprint(source: Any) -> str:
    """The same for equal programs, whatever file or function they came from."""
    return hashlib.sha256(source.operation.get_asm(enable_debug_info=False).encode()).hexdigest()[:16]


def from_bytes(data: bytes, origin: str) -> ModuleOp:
    """Parses MLIR text or bytecode with jaxlib's parser."""
    return _module(_read(data, origin), data, origin)


def _module(source: Any, data: bytes, origin: str) -> ModuleOp:
    module = Reader(origin=origin).module(source)
    if HIDDEN in data:
        unhide_manual(module)
    return module


def _read(data: bytes, origin: str) -> Any:
    context = mlir_context()
    try:
        source: Any = data if data.startswith(b"ML\xefR") else data.decode()
        module = _parse(source, context)
        if HIDDEN in data:
            _unhide_shardy(module, context)
        return module
    except UnicodeDecodeError:
        raise DiagnosticError("is neither MLIR text nor MLIR bytecode", location=origin) from None
    except ir.MLIRError as error:
        message, position = _first_error(error, origin, data)
        raise DiagnosticError(message, location=position) from None


HIDDEN = b"xla.sdy."
"""How the names of attributes begin in which exporters hide Shardy's annotations from readers that do not know them."""


def _unhide_shardy(module: Any, context: Any) -> None:
    """`mhlo.frontend_attributes = {xla.sdy.sharding = "..."}`  ->  `sdy.sharding`"""
    from jaxlib.mlir.passmanager import PassManager

    with context:
        PassManager.parse("builtin.module(xla-sdy-round-trip-import-shardy-attrs)").run(module.operation)


def _parse(source: Any, context: Any) -> Any:
    """Plain MLIR, or a portable artifact: VHLO, StableHLO of a version of its own, which is upgraded."""
    try:
        module = ir.Module.parse(source, context=context)
    except ir.MLIRError:
        module = _upgraded(source, context)
        if module is None:
            raise
        return module
    if any(op.operation.name.startswith("vhlo.") for op in module.body.operations):
        return _upgraded(source, context) or module
    return module


def _upgraded(source: Any, context: Any) -> Any | None:
    """The module of a portable artifact; None if `source` is none."""
    from jaxlib.mlir.dialects import stablehlo

    if not isinstance(source, bytes):
        return None
    handler = context.attach_diagnostic_handler(lambda _: True)  # else MLIR writes to stderr itself
    try:
        return stablehlo.deserialize_portable_artifact(context, source)
    except ValueError:
        return None
    finally:
        handler.detach()


TOKEN = re.compile(r"[%@#!^]?[\w.$-]+|\S")


def _first_error(error: Any, origin: str, data: bytes) -> tuple[str, str]:
    """What MLIR objects to first, in one line with the word it stands at, and `file:line:column`."""
    diagnostics = getattr(error, "error_diagnostics", None) or []
    if not diagnostics:
        return str(error).splitlines()[-1], origin
    first = diagnostics[0]
    message = " ".join(first.message.split())
    position = str(first.location).removeprefix('loc("').removesuffix(")").replace('"', "").removeprefix("-")
    place = re.fullmatch(r":(\d+):(\d+)", position)
    if place is None:
        return message, f"{origin}: {position}"
    lines = data.splitlines()
    line, column = int(place[1]), int(place[2])
    rest = lines[line - 1][column - 1 :].decode(errors="replace") if 0 < line <= len(lines) else ""
    token = TOKEN.match(rest.lstrip())
    if token is not None and token[0] not in message and not data.startswith(b"ML"):
        message += f", at '{token[0]}'"
    return message, f"{origin}{position}"


def from_function(spec: str) -> Model:
    """`package.module:function`, a callable that returns (fn, args)."""
    module_name, _, attribute = spec.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        with _their_code(spec):
            target: Any = importlib.import_module(module_name)
    except ImportError as error:
        raise DiagnosticError(
            f"module '{module_name}' cannot be imported: {error}",
            location=spec,
            hint="run in the folder that holds it, or set PYTHONPATH",
        ) from None
    for name in attribute.split("."):
        if not hasattr(target, name):
            near = ", ".join(n for n in dir(target) if callable(getattr(target, n)) and not n.startswith("_"))
            raise DiagnosticError(f"module '{module_name}' has no '{name}'", location=spec, hint=f"one of {near}")
        target = getattr(target, name)
    with _their_code(spec):
        made = target()
    if not (isinstance(made, tuple) and len(made) == 2 and callable(made[0]) and isinstance(made[1], tuple)):
        raise DiagnosticError("must return (fn, args) with args a tuple of arrays or ShapeDtypeStructs", location=spec)
    with _their_code(spec):
        model = from_jax(*made)
    return Model(model.module, spec, model.fingerprint, model.fn, model.args, model.trees)


@contextmanager
def _their_code(spec: str) -> Iterator[None]:
    """What a model's own code raises is told with the line of it that raised."""
    try:
        yield
    except (DiagnosticError, ImportError):
        raise
    except Exception as error:
        libraries = f"{os.sep}site-packages{os.sep}"
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if libraries not in frame.filename]
        said = " ".join(str(error).split())
        where = f"{frames[-1].filename}:{frames[-1].lineno}"
        raise DiagnosticError(f"raised {type(error).__name__}: {said}", location=spec, because=where) from error
