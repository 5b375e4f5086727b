"""The dialect of MLIR that quantized element types belong to."""

from __future__ import annotations

from xdsl.ir import Dialect

from eggshard.dialects.stablehlo.quantized_types import QuantizedType

Quant = Dialect("quant", [], [QuantizedType])
