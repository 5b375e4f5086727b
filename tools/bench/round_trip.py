"""
Reads every model of the suite from JAX and writes it again: is the text identical?

    python -m eggshard.tools.bench.round_trip                  small sizes
    python -m eggshard.tools.bench.round_trip --config real    published sizes

`text` is StableHLO without locations, `with locations` the same with them. Exit status 1 if one differs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

from eggshard.tools.bench.models import suite
from eggshard.tools.bench.table import print_table


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        prog="python -m eggshard.tools.bench.round_trip", description=(__doc__ or "").strip()
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--config", choices=("small", "odd", "real"), default="small")
    parser.add_argument("--dtype", choices=("f32", "bf16", "f64"), default="f32")
    args = parser.parse_args(argv)
    rows = [_row(name, args.config, args.dtype) for name in suite().MODELS]
    print_table(("model", "ops", "text", "with locations", "read CPU s", "write CPU s"), rows)
    return 0 if all(row[2] == row[3] == "identical" for row in rows) else 1


def _row(name: str, config: str, dtype: str) -> tuple[Any, ...]:
    import jax

    from eggshard.frontends.reader import Reader
    from eggshard.frontends.writer import Writer, mlir_context

    fn, args = suite().MODELS[name].build(config, dtype)
    source = jax.jit(fn, keep_unused=True).lower(*args).compiler_ir("stablehlo")
    start = time.process_time()
    module = Reader().module(source)
    middle = time.process_time()
    written = Writer(mlir_context()).module(module)
    end = time.process_time()
    same = [
        source.operation.get_asm(enable_debug_info=locations) == written.operation.get_asm(enable_debug_info=locations)
        for locations in (False, True)
    ]
    words = ("identical" if equal else "DIFFERS" for equal in same)
    return (name, sum(1 for _ in module.walk()), *words, f"{middle - start:.2f}", f"{end - middle:.2f}")


if __name__ == "__main__":
    sys.exit(main())
