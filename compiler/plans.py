"""A partitioning of one model: its per-device program, and everything that a user asks of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xdsl.dialects.builtin import ModuleOp

from eggshard.diagnostics import DiagnosticError
from eggshard.mesh import Mesh
from eggshard.pauses import collector_paused

if TYPE_CHECKING:
    from eggshard.frontends.trees import Trees
    from eggshard.report.collectives import Collective
    from eggshard.runtime.program import Program

SCHEMA = 1
"""Version of the plan file; a plan of another version is refused."""


@dataclass
class Plan:
    """
    What `eggshard.plan` returns.

    `module` is the per-device program in the dialects `stablehlo` and `spmd` (None for a plan read from a file, which
    carries the emitted program instead). `arguments` and `results` map paths to layouts, as text. A searched plan has
    the predicted `seconds` of a step on `hardware`, a bound that no plan is below, and the peak memory of a device.
    """

    mesh: Mesh
    fingerprint: str
    arguments: dict[str, str]
    results: dict[str, str]
    strategies: list[str]
    module: ModuleOp | None = None
    trees: Trees | None = None
    warnings: list[str] = field(default_factory=list)
    tactics: list[tuple[str, str]] = field(default_factory=list)
    emitted: str | None = None
    recorded: list[dict[str, Any]] = field(default_factory=list)
    seconds: float | None = None
    bound_seconds: float | None = None
    peak_bytes: int | None = None
    hardware: str | None = None
    memory_bytes: int | None = None

    @property
    def gap(self) -> float | None:
        """(seconds - bound) / seconds: by so much the plan is at most slower than the best; None if not searched."""
        if self.seconds is None or self.bound_seconds is None:
            return None
        return max(0.0, self.seconds - self.bound_seconds) / self.seconds if self.seconds > 0 else 0.0

    def collectives(self) -> Counter[str]:
        """
        How often each kind of collective runs, in our IR: loop bodies times their trip counts.

        A collective that carries several tensors counts once for each, so combining does not change the count.
        """
        total: Counter[str] = Counter()
        for entry in self.collective_list():
            total[entry["kind"]] += entry["times"]
        return total

    def collective_list(self) -> list[dict[str, Any]]:
        """Every collective in program order: kind, axes, type, bytes a device, times, cause, source line."""
        if self.module is None:
            return self.recorded
        from eggshard.report.collectives import collectives

        return [_entry(collective) for collective in collectives(self.module)]

    @collector_paused()
    def stablehlo(self) -> str:
        """The per-device program as StableHLO text that carries mesh, names and layouts."""
        if self.emitted is None:
            from eggshard.frontends.writer import Writer, mlir_context
            from eggshard.partitioning.emit import emit

            assert self.module is not None
            module = self.module.clone()
            _copy_locations(self.module, module)
            emit(module)
            written = Writer(mlir_context(), keep_layouts=True).module(module)
            self.emitted = written.operation.get_asm(enable_debug_info=True)
        return self.emitted

    @cached_property
    def program(self) -> Program:
        """The emitted program with its ports."""
        from eggshard.runtime.load import parse_program

        return parse_program(self.stablehlo(), "plan")

    def compile(self, devices: Sequence[Any] | None = None) -> Callable[..., Any]:
        """
        A jax function over whole arrays that runs on `devices` (default: all), like `jax.jit` of the model.

        It composes with jax.jit (and its donate_argnums) and jax.export. A plan read from a file does not know the
        pytrees of its model: its function takes them in any form, flattened in order, and returns the list of results
        in the order of `results`, random keys as integers. Raises DiagnosticError if the devices do not fit the mesh.
        Arrays that one device holds are moved to `devices`.
        """
        import jax

        from eggshard.runtime.execute import executable
        from eggshard.runtime.placing import Placing

        run, trees = executable(self.program, devices), self.trees

        def partitioned(*args: Any) -> Any:
            if trees is None:
                return run(*jax.tree_util.tree_leaves(args))
            return trees.unflatten(run(*trees.flatten(args)))

        return Placing(jax.jit(partitioned), self.program, devices)

    @property
    def in_shardings(self) -> Any:
        """
        A pytree of jax.NamedSharding like the arguments, for users who keep `jax.jit`; a list for a plan from a file.

        A dimension that does not divide is whole there, since jax has no other way to lay it out.
        """
        return self._shardings(0)

    @property
    def out_shardings(self) -> Any:
        """As `in_shardings`, for the results."""
        return self._shardings(1)

    def _shardings(self, side: int) -> Any:
        import jax

        from eggshard.runtime.execute import named_sharding

        ports = (self.program.arguments, self.program.results)[side]
        if self.trees is None:
            return [named_sharding(port, self.program) for port in ports]
        tree, keys = (
            (self.trees.inputs, self.trees.outputs)[side],
            (self.trees.input_keys, self.trees.output_keys)[side],
        )
        flat = [named_sharding(port, self.program, index in keys) for index, port in enumerate(ports)]
        return jax.tree_util.tree_unflatten(tree, flat)

    def to_json(self) -> dict[str, Any]:
        """The plan as its file holds it."""
        return {
            "schema": SCHEMA,
            "model": self.fingerprint,
            "mesh": self.mesh.axes,
            "tactics": [list(tactic) for tactic in self.tactics],
            "arguments": self.arguments,
            "results": self.results,
            "strategies": self.strategies,
            "collectives": self.collective_list(),
            "warnings": self.warnings,
            "seconds": self.seconds,
            "bound_seconds": self.bound_seconds,
            "peak_bytes": self.peak_bytes,
            "hardware": self.hardware,
            "memory_bytes": self.memory_bytes,
            "program": self.stablehlo(),
        }

    def save(self, path: str | Path) -> None:
        """Writes the plan, whole or not at all."""
        from eggshard.report.files import write_whole

        write_whole(Path(path), json.dumps(self.to_json(), indent=1))

    @staticmethod
    def load(path: str | Path) -> Plan:
        """
        Reads a plan.

        Raises DiagnosticError if the file is no plan or of another schema version.
        """
        try:
            data = json.loads(Path(path).read_text())
            if data["schema"] != SCHEMA:
                raise DiagnosticError(
                    f"plan has schema version {data['schema']}, required {SCHEMA}",
                    location=str(path),
                    hint="make the plan again with this version: eggshard plan",
                )
            return Plan(
                Mesh(data["mesh"]),
                str(data["model"]),
                dict(data["arguments"]),
                dict(data["results"]),
                list(data["strategies"]),
                warnings=list(data["warnings"]),
                tactics=[(str(pattern), str(layout)) for pattern, layout in data["tactics"]],
                emitted=str(data["program"]),
                recorded=[_checked(entry) for entry in data["collectives"]],
                seconds=data["seconds"],
                bound_seconds=data["bound_seconds"],
                peak_bytes=data["peak_bytes"],
                hardware=data.get("hardware"),
                memory_bytes=data.get("memory_bytes"),
            )
        except OSError as error:
            raise DiagnosticError(f"cannot be read: {error.strerror}", location=str(path)) from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"no entry {error}" if isinstance(error, KeyError) else str(error)
            raise DiagnosticError(
                f"is no plan of eggshard: {reason}", location=str(path), hint="eggshard partition MODEL ... writes one"
            ) from None


def _checked(entry: dict[str, Any]) -> dict[str, Any]:
    for key in ("kind", "axes", "type", "bytes", "times", "cause", "source"):
        entry[key]
    return entry


def _entry(collective: Collective) -> dict[str, Any]:
    from eggshard.dialects.sharding.syntax import axis_text

    return {
        "kind": collective.kind,
        "axes": [axis_text(axis).replace('"', "") for axis in collective.axes],
        "type": str(collective.type),
        "bytes": collective.bytes,
        "times": collective.times,
        "cause": collective.cause,
        "source": collective.source,
    }


def _copy_locations(old: ModuleOp, new: ModuleOp) -> None:
    for source, copy in zip(old.walk(), new.walk(), strict=True):
        copy.location = source.location
