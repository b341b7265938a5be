"""Executed observations whose field may touch a sky map, found by the index of their centres."""

from typing import Any

from django.db.models import QuerySet

from tom_gcn.covered import ranges_within_reach
from tom_gcn.skymaps import SkyMap, coarsen
from tom_grandma_facilities.executed.sky import class_reach_deg
from tom_grandma_facilities.models import ExecutedObservation
from tom_grandma_facilities.observed import centred_in, size_classes

_MOST_RANGES = 1000


def executed_near(skymap: SkyMap, level: float, among: QuerySet[ExecutedObservation]) -> list[dict[str, Any]]:
    """Rows whose field may touch a credible region, and a few beside, the newest first, as plain values.

    How far a centre may lie outside the region depends on the size of the field.
    """
    region = skymap.region(level)
    around = {size: ranges_within_reach(region, class_reach_deg(size)) for size in size_classes()}
    rows = centred_in({size: coarsen(ranges, _MOST_RANGES) for size, ranges in around.items()}, among)
    return sorted(rows, key=lambda row: (row["start"], row["id"]), reverse=True)
