"""A partitioning of one model: its per-device program, and everything that a user asks of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xdsl.dialects.builtin import ModuleOp

from eggshard.mesh import Mesh
from eggshard.pauses import collector_paused
from eggshard.plans.parts import Asked, OpPlan, Port, Prediction

if TYPE_CHECKING:
    from eggshard.frontends.trees import Trees
    from eggshard.runtime.program import Program


@dataclass
class Plan:
    """
    What `eggshard.plan` returns.

    `module` is the per-device program in the dialects `stablehlo` and `spmd` (None for a plan read from a file, which
    carries the emitted program instead). `ports` are the arguments and results, `ops` what was decided about each op in
    program order, `rewrites` the forms that take the place of written ones (planning/rewriting.py). A searched plan
    knows what was `asked` and what is predicted of it.
    """

    mesh: Mesh
    fingerprint: str
    ports: tuple[tuple[Port, ...], tuple[Port, ...]]
    ops: list[OpPlan]
    module: ModuleOp | None = None
    trees: Trees | None = None
    warnings: list[str] = field(default_factory=list)
    tactics: list[tuple[str, str]] = field(default_factory=list)
    rewrites: list[str] = field(default_factory=list)
    emitted: str | None = None
    exchanged: list[dict[str, Any]] | None = None
    asked: Asked | None = None
    predicted: Prediction | None = None

    @property
    def arguments(self) -> dict[str, str]:
        """Path -> layout, as tactics write it."""
        return {port.path: port.layout for port in self.ports[0]}

    @property
    def results(self) -> dict[str, str]:
        """As `arguments`."""
        return {port.path: port.layout for port in self.ports[1]}

    @property
    def searched(self) -> bool:
        """Whether a search chose the plan, and not propagation."""
        return self.predicted is not None and self.predicted.ended != "propagated"

    @property
    def seconds(self) -> float | None:
        """Predicted time of a step; None if not searched."""
        return None if self.predicted is None else self.predicted.seconds

    @property
    def bound_seconds(self) -> float | None:
        """No plan of the search is faster than this."""
        return None if self.predicted is None else self.predicted.bound_seconds

    @property
    def peak_bytes(self) -> int | None:
        """Predicted peak memory of a device."""
        return None if self.predicted is None else self.predicted.peak.bytes

    @property
    def gap(self) -> float | None:
        """(seconds - bound) / seconds: by so much the plan is at most slower than the best; None if not known."""
        return None if self.predicted is None else self.predicted.gap

    @property
    def hardware(self) -> str | None:
        """What the plan was searched for."""
        return None if self.asked is None else self.asked.hardware

    @property
    def memory_bytes(self) -> int | None:
        """What a device may hold."""
        return None if self.asked is None else self.asked.memory_bytes

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
        """
        Every collective in program order: kind, axes, type, bytes a device, times, cause, source line; in a searched
        plan also its seconds, all times together.
        """
        if self.exchanged is None:
            from eggshard.report.collectives import collectives

            assert self.module is not None
            self.exchanged = [collective.entry() for collective in collectives(self.module)]
        return self.exchanged

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
        from eggshard.plans.file import to_json

        return to_json(self)

    def save(self, path: str | Path) -> None:
        """Writes the plan, whole or not at all."""
        from eggshard.plans.file import save

        save(self, Path(path))

    @staticmethod
    def load(path: str | Path) -> Plan:
        """
        Reads a plan.

        Raises DiagnosticError if the file is no plan or of another schema version.
        """
        from eggshard.plans.file import load

        return load(Path(path))


def _copy_locations(old: ModuleOp, new: ModuleOp) -> None:
    for source, copy in zip(old.walk(), new.walk(), strict=True):
        copy.location = source.location
