"""Adapter to gwemopt 0.4.2, the planner most teams of the field know, as a second engine.

gwemopt plans every telescope by itself. It is given our sites, limits, nights and grids, and only the fields that touch
the region; its pointings are measured with our coverage, since its own sums count overlaps again. What is avoided:

- ``MOC.from_boxes`` takes half sides while gwemopt passes whole ones: squares come out four times too large. We give
  half of the side; `tests/unit/planning/test_gwemopt.py` notices when mocpy changes that.
- Its slots hold neither read-out nor slew: the gap to a neighbouring field is given as overhead, and pointings that a
  longer slew makes impossible are left out.
- It takes exposures that are only partly above the horizon, with refraction: it gets a higher limit.
- Its night is hard-coded to -12 deg: it gets the telescope's own nights.
- Its configuration files, sites, galaxy mode, ``doIterativeTiling``, ``doOverlappingScheduling``, MILP solver and the
  schedule types other than ``greedy`` are not used: they crash or give wrong results.

Importing gwemopt takes seconds and creates ``~/Data/gwemopt``: call this in a worker process with a writable home.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil, radians, sin
from time import perf_counter
from typing import Any

import numpy as np

from tom_gcn.planning.check import keeps_limits
from tom_gcn.planning.clock import span_mjd
from tom_gcn.planning.geometry import IntArray, near, unit_vectors
from tom_gcn.planning.grids import Grid, field_grid
from tom_gcn.planning.network import Progress
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.pixels import PixelTable, region_table
from tom_gcn.planning.problem import Problem
from tom_gcn.planning.reasons import why_not_dark, why_not_visible
from tom_gcn.planning.report import network_plan
from tom_gcn.planning.result import NetworkPlan
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.planning.timing import Draft
from tom_gcn.planning.visibility import SECOND, Sky, dark_nights, sky_of
from tom_gcn.skymaps import SkyMap
from tom_grandma_facilities.almanac import separation_deg

logger = logging.getLogger(__name__)

REGION_LEVEL = 0.99
DEFAULT_OPTIONS = PlanOptions()


class EngineUnavailable(RuntimeError):
    """gwemopt cannot be used here; the message says why and what to do."""


def plan_gwemopt(
    skymap: SkyMap,
    telescopes: Sequence[PlanTelescope],
    start: datetime,
    hours: float = 24.0,
    options: PlanOptions = DEFAULT_OPTIONS,
    excluded: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> NetworkPlan:
    """Plan each telescope with gwemopt's greedy scheduler; arguments as for `tom_gcn.planning.plan_network`.

    Raises
    ------
    EngineUnavailable
        When gwemopt is not installed or its folder in the home directory cannot be made.
    ValueError
        As `tom_gcn.planning.plan_network`.
    """
    began = perf_counter()
    Problem(skymap, tuple(telescopes), start, hours, options)
    span = span_mjd(start, hours)
    skies = [sky_of(telescope, span, dark_nights(telescope, *span)) for telescope in telescopes]
    table = region_table(skymap, REGION_LEVEL, 1.0)
    drafts: list[Draft] = []
    reasons = dict(excluded or {})
    for number, sky in enumerate(skies):
        if progress is not None:
            progress(number / len(skies), f"gwemopt: {sky.telescope.name}")
        reason = why_not_supported(sky.telescope) or why_not_dark(sky) or why_not_visible(sky, table)
        planned = [] if reason else _reachable(schedule(number, sky, skymap, table, options), sky)
        if not planned:
            reasons[sky.telescope.name] = reason or "gwemopt found no field for it."
        drafts += planned
    kept = [draft for draft, fine in zip(drafts, keeps_limits(drafts, telescopes), strict=True) if fine]
    if len(kept) < len(drafts):
        logger.info(
            "%d of %d pointings of gwemopt break a limit and were left out", len(drafts) - len(kept), len(drafts)
        )
    kept.sort(key=lambda draft: (draft.end_mjd, draft.telescope))
    for number in {draft.telescope for draft in drafts} - {draft.telescope for draft in kept}:
        reasons[telescopes[number].name] = "All pointings that gwemopt proposed break one of its limits."
    return network_plan(skymap, skies, kept, reasons, (start, start + timedelta(hours=hours)), began, "gwemopt")


def why_not_supported(telescope: PlanTelescope) -> str:
    """Return a sentence for a camera whose outline gwemopt cannot draw, or an empty string."""
    if telescope.shape == "rectangle" and telescope.width_deg != telescope.height_deg:
        return "gwemopt plans square and round fields only."
    return ""


def schedule(number: int, sky: Sky, skymap: SkyMap, table: PixelTable, options: PlanOptions) -> list[Draft]:
    """Run gwemopt for one telescope.

    Returns
    -------
    list of Draft
        In time order, ``gain`` holding the probability that gwemopt states for the field (overlaps counted again).
    """
    coverage, segments, moc, tiles = _modules()
    telescope = sky.telescope
    grid = field_grid(telescope.shape, telescope.width_deg, telescope.height_deg)
    fields = np.flatnonzero(near(table.tree, unit_vectors(grid.ra_deg, grid.dec_deg), telescope.reach_deg))
    params = _params(sky, grid, fields, options)
    config = params["config"][telescope.name]
    _set_nights(sky, params, config, segments)
    if len(config["exposurelist"]) < 2 or not len(fields):
        return []
    skymap_struct = {"skymap": _table(skymap), "skymap_schedule": _table(skymap)}
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        structs = tiles.moc(params, skymap_struct, moc.create_moc(params, map_struct=skymap_struct))
        _, result = coverage.timeallocation(params, skymap_struct, structs)
    return [_draft(number, telescope, grid, row) for row in result["data"]]


def _modules() -> tuple[Any, Any, Any, Any]:
    try:
        with redirect_stdout(io.StringIO()):
            from gwemopt import coverage, moc, segments, tiles
    except ImportError as error:
        raise EngineUnavailable(f"gwemopt cannot be imported ({error}); install it to use this engine.") from error
    except OSError as error:
        raise EngineUnavailable(f"gwemopt needs a writable home directory: {error}.") from error
    return coverage, segments, moc, tiles


def half_or_radius_deg(telescope: PlanTelescope) -> float:
    """Return the size that makes gwemopt draw the true field: half the side of a square, the radius of a circle."""
    return telescope.width_deg / 2.0


def safe_altitude_deg(telescope: PlanTelescope) -> float:
    """Return the altitude limit that keeps gwemopt's whole exposures above the true one.

    It takes an exposure when any part of it is above the limit, and counts refraction: the sky turns by at most 15 deg
    an hour, and refraction above 10 deg stays below 0.1 deg.
    """
    return telescope.min_altitude_deg + 0.15 + 15.0 * telescope.duration_s / 3600.0


def _params(sky: Sky, grid: Grid, fields: IntArray, options: PlanOptions) -> dict[str, Any]:
    """gwemopt's parameters for one telescope, every one that its tiling code reads."""
    telescope = sky.telescope
    limit = telescope.max_pointings if telescope.max_pointings is not None else options.max_pointings
    return {
        "telescopes": [telescope.name],
        "config": {telescope.name: _config(telescope, grid, fields)},
        "gpstime": None,
        "tilesType": "moc",
        "scheduleType": "greedy",
        "timeallocationType": "powerlaw",
        "solverType": "heuristic",
        "exposuretimes": np.array([telescope.duration_s]),
        "filters": [telescope.filter or "r"],
        "airmass": 1.0 / sin(radians(min(safe_altitude_deg(telescope), 89.0))),
        "mindiff": 0.0,
        "max_nb_tiles": limit,
        "treasuremap_token": None,
        "plots": [],
        "Ncores": 1,
        "doSingleExposure": True,
        **dict.fromkeys(_SWITCHED_OFF, False),
    }


_SWITCHED_OFF = (
    "doAlternatingFilters",
    "doBalanceExposure",
    "doChipGaps",
    "doIterativeTiling",
    "doMindifFilt",
    "doOrderByObservability",
    "doOverlappingScheduling",
    "doParallel",
    "doReferences",
    "doUsePrimary",
    "doUseSecondary",
    "ignore_observability",
)


def _config(telescope: PlanTelescope, grid: Grid, fields: IntArray) -> dict[str, Any]:
    return {
        "telescope": telescope.name,
        "latitude": telescope.latitude_deg,
        "longitude": telescope.longitude_deg,
        "elevation": telescope.elevation_m,
        "horizon": telescope.min_altitude_deg,
        "moon_constraint": telescope.moon_separation_deg,
        "dec_constraint": f"{telescope.dec_min_deg},{telescope.dec_max_deg}",
        "FOV": half_or_radius_deg(telescope),
        "FOV_type": "circle" if telescope.shape == "circle" else "square",
        "tesselation": np.column_stack([fields, grid.ra_deg[fields], grid.dec_deg[fields]]),
        "exposuretime": telescope.duration_s,
        "overhead_per_exposure": float(ceil(telescope.gap_s(max(telescope.width_deg, telescope.height_deg)))),
        "filt_change_time": 0.0,
        "slew_rate": telescope.slew_deg_per_s,
        "readout": telescope.readout_s,
        "magnitude": telescope.limiting_mag or 20.0,
        "filt": telescope.filter or "r",
    }


def _set_nights(sky: Sky, params: dict[str, Any], config: dict[str, Any], segments: Any) -> None:
    """Give gwemopt the telescope's own nights and cut them into its slots."""
    nights = segments.segments.segmentlist(segments.segments.segment(low, high) for low, high in sky.nights)
    slots = segments.get_exposures(params, config, nights)
    slots = segments.segments.segmentlist(s for s in slots if any(n[0] <= s[0] and s[1] <= n[1] for n in nights))
    config["segmentlist"], config["exposurelist"] = nights, slots
    config["n_windows"] = len(slots)
    config["tot_obs_time"] = sum(slot[1] - slot[0] for slot in slots) / SECOND


def _table(skymap: SkyMap) -> Any:
    from astropy import units as u
    from astropy.table import QTable

    return QTable({"UNIQ": skymap.uniq.astype(np.uint64), "PROBDENSITY": skymap.probdensity / u.sr})


def _draft(number: int, telescope: PlanTelescope, grid: Grid, row: Sequence[float]) -> Draft:
    """One row of gwemopt's result: RA, Dec, MJD, magnitude, exposure, field, probability, airmass."""
    start = ceil(row[2] / SECOND - 5e-4) * SECOND
    return Draft(
        number,
        grid.field_id(int(row[5])),
        float(row[0]),
        float(row[1]),
        start,
        start + telescope.duration_s * SECOND,
        float(row[6]),
    )


def _reachable(drafts: list[Draft], sky: Sky) -> list[Draft]:
    """Leave out the pointings for which the telescope would still be slewing."""
    kept: list[Draft] = drafts[:1]
    for _, draft in pairwise(drafts):
        last = kept[-1]
        distance = float(separation_deg(last.ra_deg, last.dec_deg, draft.ra_deg, draft.dec_deg))
        if draft.start_mjd >= last.end_mjd + (sky.telescope.gap_s(distance) - 1e-3) * SECOND:
            kept.append(draft)
    return kept
