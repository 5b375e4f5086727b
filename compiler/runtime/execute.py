"""
A per-device program inside jax: a primitive in `jax.shard_map` whose lowering merges the program into the module.

So it composes with jit, donation, export and several processes like any other jax function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import mlir
from jax.sharding import Mesh as JaxMesh
from jax.sharding import NamedSharding, PartitionSpec
from jaxlib.mlir import ir

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.sharding.axes import digits
from eggshard.dialects.sharding.layout import Axis, Layout, Mesh
from eggshard.dialects.sharding.layout import local_shape as shape_on_device
from eggshard.dialects.sharding.syntax import axis_text
from eggshard.frontends.dtypes import numpy_dtype
from eggshard.frontends.trees import untyped
from eggshard.runtime.program import Port, Program

call_p = Primitive("eggshard_call")
call_p.multiple_results = True


def _abstract(*_: Any, program: Program) -> list[Any]:
    shapes = [shape_on_device(port.shape, port.layout, program.mesh) for port in program.results]
    dtypes = [numpy_dtype(port.type.element_type) for port in program.results]
    return [jax.core.ShapedArray(shape, dtype) for shape, dtype in zip(shapes, dtypes, strict=True)]


call_p.def_abstract_eval(_abstract)


def _lower(ctx: Any, *arguments: Any, program: Program) -> list[Any]:
    from jax._src.interpreters.mlir import merge_mlir_modules
    from jaxlib.mlir.dialects import func

    module = ctx.module_context.module
    source = ir.Module.parse(program.text, context=module.context)
    main = next(op for op in source.body.operations if ir.StringAttr(op.attributes["sym_name"]).value == "main")
    types = list(main.type.results)
    name = merge_mlir_modules(module, "eggshard_main", source)
    call = func.CallOp(types, ir.FlatSymbolRefAttr.get(name), arguments)
    return list(call.results)


mlir.register_lowering(call_p, _lower)


def jax_mesh(mesh: Mesh, layouts: Sequence[Layout], devices: Sequence[Any] | None = None) -> Any:
    """
    The mesh of jax devices, its axes cut wherever a layout uses a part of one.

    Raises DiagnosticError if there are not exactly as many devices as the mesh has places.
    """
    chosen = list(jax.devices() if devices is None else devices)
    if len(chosen) != mesh.device_count:
        sizes = "x".join(str(size) for _, size in mesh.axes)
        seen = f"this process sees {len(chosen)}" if devices is None else f"the devices given are {len(chosen)}"
        forced = f"XLA_FLAGS=--xla_force_host_platform_device_count={mesh.device_count}"
        raise DiagnosticError(
            f"mesh {sizes} has {mesh.device_count} devices, {seen}",
            hint=f"{forced} on a CPU, or choose a mesh of {len(chosen)}" if devices is None else "give one for each",
        )
    cut = _cut(mesh, layouts)
    order = mesh.device_ids or range(mesh.device_count)
    grid = np.array([chosen[i] for i in order]).reshape([mesh.size(axis) for axis in cut])
    return JaxMesh(grid, tuple(axis_name(axis) for axis in cut))


def _cut(mesh: Mesh, layouts: Sequence[Layout]) -> tuple[Axis, ...]:
    used = [axis for layout in layouts for axes in layout.axes for axis in axes]
    return digits((Axis(name) for name, _ in mesh.axes), used, mesh)


def axis_name(axis: Axis) -> str:
    """A name for jax: the axis's own, or one for a part of it."""
    return axis_text(axis) if axis.size else axis.name


def partition_spec(layout: Layout, mesh: Mesh, layouts: Sequence[Layout]) -> Any:
    """The layout as jax writes it, over the axes of `jax_mesh`."""
    used = [axis for other in layouts for axes in other.axes for axis in axes]
    entries: list[Any] = []
    for axes in layout.axes:
        names = tuple(axis_name(axis) for axis in digits(axes, used, mesh))
        entries.append(None if not names else names[0] if len(names) == 1 else names)
    return PartitionSpec(*entries)


def executable(program: Program, devices: Sequence[Any] | None = None) -> Callable[..., list[Any]]:
    """
    A traceable function of whole arrays, flat, to the list of whole results; random keys are integers in both.

    Arrays whose dimensions do not divide are padded on the way in and cut on the way out. The function raises
    DiagnosticError for arrays that are not those of the program.
    """
    layouts = [port.layout for port in (*program.arguments, *program.results)]
    mesh = jax_mesh(program.mesh, layouts, devices)

    def specs(ports: Sequence[Port]) -> tuple[Any, ...]:
        return tuple(partition_spec(port.layout, program.mesh, layouts) for port in ports)

    # XLA makes constants of empty arrays, and refuses a manual computation whose operands are all constants.
    handed = [port for port in program.arguments if 0 not in port.shape]

    def local(*arguments: Any) -> Any:
        given = iter(arguments)
        whole = [_empty(port, program.mesh) if 0 in port.shape else next(given) for port in program.arguments]
        return tuple(call_p.bind(*whole, program=program))

    mapped = jax.shard_map(local, mesh=mesh, in_specs=specs(handed), out_specs=specs(program.results), check_vma=False)

    def run(*arguments: Any) -> list[Any]:
        if len(arguments) != len(program.arguments):
            raise DiagnosticError(f"{len(arguments)} arrays are given, the program takes {len(program.arguments)}")
        arrays = [_argument(a, port) for a, port in zip(arguments, program.arguments, strict=True)]
        pairs = zip(arrays, program.arguments, strict=True)
        padded = [_pad(array, port, program.mesh) for array, port in pairs if 0 not in port.shape]
        return [_cut_to(r, port.shape) for r, port in zip(mapped(*padded), program.results, strict=True)]

    return run


def _argument(value: Any, port: Port) -> Any:
    """The value as the program takes it; a number of Python's takes the argument's dtype."""
    array, dtype = jnp.asarray(untyped(value)), numpy_dtype(port.type.element_type)
    if array.shape == port.shape and array.dtype == dtype:
        return array
    if array.shape == port.shape and getattr(array, "weak_type", False):
        return array.astype(dtype)
    hint = None
    if dtype.itemsize > array.dtype.itemsize and not jax.config.jax_enable_x64 and array.shape == port.shape:
        hint = 'jax.config.update("jax_enable_x64", True)'
    raise DiagnosticError(
        f'argument "{port.name}" is {array.dtype}{list(array.shape)}, required {dtype}{list(port.shape)}', hint=hint
    )


def _empty(port: Port, mesh: Mesh) -> Any:
    """What one device holds of an array without elements."""
    return jnp.zeros(shape_on_device(port.shape, port.layout, mesh), numpy_dtype(port.type.element_type))


def _pad(array: Any, port: Port, mesh: Mesh) -> Any:
    wanted = port.padded_shape(mesh)
    if wanted == port.shape:
        return array
    return jnp.pad(array, [(0, w - s) for w, s in zip(wanted, port.shape, strict=True)])


def _cut_to(array: Any, shape: tuple[int, ...]) -> Any:
    return array if array.shape == shape else array[tuple(slice(0, size) for size in shape)]


def named_sharding(port: Port, program: Program, is_key: bool = False, devices: Sequence[Any] | None = None) -> Any:
    """
    What to put in `jax.jit(in_shardings=...)`; a dimension that does not divide stays whole there.

    The integers of a typed random key are a last dimension that jax does not show.
    """
    layouts = [p.layout for p in (*program.arguments, *program.results)]
    mesh = jax_mesh(program.mesh, layouts, devices)
    whole = tuple(
        axes if size % program.mesh.span(axes) == 0 else ()
        for size, axes in zip(port.shape, port.layout.axes, strict=True)
    )
    shown = whole[:-1] if is_key else whole
    return NamedSharding(mesh, partition_spec(Layout.of(port.layout.mesh, shown), program.mesh, layouts))
