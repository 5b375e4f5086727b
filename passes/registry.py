"""Pass name -> where it lives; a pass is imported when it is asked for."""

from __future__ import annotations

import difflib
from importlib import import_module

from xdsl.passes import ModulePass

from eggshard.diagnostics import DiagnosticError

PASSES: dict[str, str] = {
    # import
    "inline-calls": "imports.inline_calls:InlineCallsPass",
    "fold-dynamic-shapes": "imports.fold_dynamic_shapes:FoldDynamicShapesPass",
    "drop-dead-ops": "imports.drop_dead_ops:DropDeadOpsPass",
    "import-sdy": "annotate.import_sdy:ImportSdyPass",
    "import-gspmd": "imports.import_gspmd:ImportGspmdPass",
    # annotate
    "apply-tactics": "annotate.apply_tactics:ApplyTacticsPass",
    "propagate-shardings": "annotate.propagate_shardings:PropagateShardingsPass",
    "export-sdy": "annotate.export_sdy:ExportSdyPass",
    # partition
    "choose-strategies": "partition.choose_strategies:ChooseStrategiesPass",
    "search-strategies": "partition.search_strategies:SearchStrategiesPass",
    "dump-egraph": "partition.dump_egraph:DumpEgraphPass",
    "insert-reshards": "partition.insert_reshards:InsertReshardsPass",
    "insert-explicit-reshards": "partition.insert_explicit_reshards:InsertExplicitReshardsPass",
    "defer-reductions": "partition.defer_reductions:DeferReductionsPass",
    "hoist-reshards": "partition.hoist_reshards:HoistReshardsPass",
    "fold-reshards": "partition.fold_reshards:FoldReshardsPass",
    "share-reshards": "partition.share_reshards:ShareReshardsPass",
    "reshard-to-collectives": "partition.reshard_to_collectives:ReshardToCollectivesPass",
    "partition": "partition.partition:PartitionPass",
    # collectives
    "form-reduce-scatter": "collectives.form_reduce_scatter:FormReduceScatterPass",
    "form-all-to-all": "collectives.form_all_to_all:FormAllToAllPass",
    "cancel-gather-slice": "collectives.cancel_gather_slice:CancelGatherSlicePass",
    "share-collectives": "collectives.share_collectives:ShareCollectivesPass",
    "combine-collectives": "collectives.combine_collectives:CombineCollectivesPass",
    # emit
    "emit-collectives": "emit.emit_collectives:EmitCollectivesPass",
}


def load_pass(name: str) -> type[ModulePass]:
    """
    The pass called `name`.

    Raises DiagnosticError with the nearest names if there is none.
    """
    if name not in PASSES:
        near = difflib.get_close_matches(name, PASSES, 3, 0.5)
        hint = "did you mean " + " or ".join(near) + "?" if near else "eggshard-opt --help lists all passes"
        raise DiagnosticError(f"there is no pass '{name}'", hint=hint)
    module, _, cls = PASSES[name].partition(":")
    found: type[ModulePass] = getattr(import_module(f"eggshard.passes.{module}"), cls)
    return found
