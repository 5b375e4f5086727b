"""The analytic cost model: a roofline for ops, alpha and beta for collectives, over a hardware description."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from eggshard.cost.batch import CollectiveBatch, Floats, OpBatch
from eggshard.cost.collectives import Groups, collective_seconds
from eggshard.dialects.sharding.layout import Mesh
from eggshard.hardware import DTYPES, AxisLink, Hardware, link_of_axis


class AnalyticCost:
    """
    A CostModel without measurements beyond the attained rates of the hardware file.

    Rates are those of one device while all of the mesh work. An op takes the longest of its arithmetic and its bytes
    through memory, and the start of its kernels.
    `links` overrides what single mesh axes run over.
    """

    def __init__(self, hardware: Hardware, mesh: Mesh, links: Mapping[str, AxisLink] | None = None):
        self.hardware = hardware = hardware.among(mesh.device_count)
        self.mesh = mesh
        self.links = link_of_axis(hardware, mesh, links)
        found = list(self.links.values())
        self._rates = np.array([link.bytes_per_second for link in found])
        self._seconds = np.array([link.seconds for link in found])
        self._torus = np.array([link.torus for link in found])
        self._copies = np.array([link.copies for link in found])
        self._strided = np.array([link.strided for link in found])
        self._flops = np.array([hardware.flops_per_second(dtype) for dtype in DTYPES])

    def ops(self, batch: OpBatch) -> Floats:
        """Seconds of each op."""
        hardware = self.hardware
        arithmetic = batch.flops / self._flops[batch.dtype] + batch.vector_flops / hardware.vector_flops
        moved = (batch.read + batch.written) / hardware.memory_bandwidth
        seconds: Floats = np.maximum(arithmetic, moved) + batch.kernels * hardware.launch_seconds
        return seconds

    def collectives(self, batch: CollectiveBatch) -> Floats:
        """Seconds of each collective."""
        axes = batch.axes
        groups = Groups(
            batch.spans,
            self._rates[axes] / np.where(batch.strided[:, None], self._strided[axes], 1.0),
            self._seconds[axes],
            self._torus[axes],
            self._copies[axes],
        )
        return collective_seconds(batch.kind, batch.bytes, groups, self.hardware.collective_seconds)
