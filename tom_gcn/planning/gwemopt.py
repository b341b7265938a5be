"""Adapter to gwemopt 0.4.2, the planner most teams of the field know, as a second engine.

gwemopt plans every telescope by itself. It is given our sites, limits, nights and grids, and only the fields that touch
the region; its pointings are measured with our coverage, since its own sums count overlaps again (they are kept beside
ours as ``own_sum``). What is avoided:

- ``MOC.from_boxes`` takes half sides while gwemopt passes whole ones: squares come out four times too large. We give
  half of the side; `tests/unit/planning/test_gwemopt.py` notices when mocpy changes that.
- Its slots hold neither read-out nor slew: the gap to a neighbouring field is given as overhead, and pointings that a
  longer slew makes impossible are left out.
- It takes exposures that are only partly above the horizon, with refraction: it gets a higher limit.
- Its night is hard-coded to -12 deg: it gets the telescope's own nights.
- It looks galaxies up in ring order in a nested map, without their distance: in galaxy mode it gets our ranked ones.
- Its configuration files, sites, ``doIterativeTiling``, ``doOverlappingScheduling``, MILP solver and the schedule types
  other than those of `tom_gcn.planning.engines` are not used: they crash or give wrong results.

It never asks the network for anything. Importing it takes seconds and creates ``~/Data/gwemopt``: it is run in a
process of its own with a writable home (`tom_gcn.planning.isolated`).
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from math import ceil, radians, sin
from time import perf_counter
from typing import Any

import numpy as np

from tom_gcn.coverage import union_ranges
from tom_gcn.planning.check import keeps_limits
from tom_gcn.planning.clock import span_mjd, to_mjd
from tom_gcn.planning.engines import ENGINES, Progress
from tom_gcn.planning.geometry import FloatArray
from tom_gcn.planning.gwemopt_fields import Fields, galaxy_fields, tiling_fields
from tom_gcn.planning.limits import filter_like
from tom_gcn.planning.measure import outline_of
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.pixels import PixelTable, region_table
from tom_gcn.planning.problem import Problem
from tom_gcn.planning.reasons import why_not_dark, why_not_visible
from tom_gcn.planning.report import network_plan
from tom_gcn.planning.result import NetworkPlan
from tom_gcn.planning.standing import kept_drafts
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.planning.timing import Draft
from tom_gcn.planning.visibility import SECOND, Sky, dark_nights, sky_of
from tom_gcn.skymaps import SkyMap
from tom_grandma_facilities.almanac import separation_deg

logger = logging.getLogger(__name__)

REGION_LEVEL = 0.99
MASK_ORDER = 10
"""gwemopt draws its fields at this order: finer pixels of what was executed would not count."""
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
    """Plan fields of the grids with gwemopt's greedy scheduler, in this process: the short form of `solve`."""
    return solve(Problem(skymap, tuple(telescopes), start, hours, options, excluded or {}), {}, progress)


def solve(problem: Problem, options: Mapping[str, Any], progress: Progress | None = None) -> NetworkPlan:
    """Plan each telescope with gwemopt.

    Parameters
    ----------
    problem : Problem
    options : mapping
        ``schedule`` and ``targets`` as `tom_gcn.planning.engines` lists them.
    progress : callable, optional

    Raises
    ------
    EngineUnavailable
        When gwemopt is not installed or its folder in the home directory cannot be made.
    ValueError
        When an option is unknown or refused, or galaxies are wanted where there are none.
    """
    began = perf_counter()
    chosen = ENGINES["gwemopt"].complete(options)
    if chosen["targets"] == "galaxy" and problem.targets is None:
        raise ValueError(
            "There are no galaxies of a loaded catalogue in this localization for gwemopt to point at. "
            "Choose targets=tiling, or load a catalogue."
        )
    span = span_mjd(problem.start, problem.hours)
    skies = [sky_of(telescope, span, dark_nights(telescope, *span)) for telescope in problem.asked]
    table = region_table(problem.skymap, REGION_LEVEL, 1.0)
    left = _left(problem)
    drafts: list[Draft] = []
    reasons = dict(problem.left_out)
    for number, sky in enumerate(skies):
        if progress is not None:
            progress(number / len(skies), f"gwemopt: {sky.telescope.name}")
        reason = why_not_supported(sky.telescope) or why_not_dark(sky) or why_not_visible(sky, table)
        if not reason:
            run = _Run(number, sky, left, problem, chosen)
            drafts += (planned := _reachable(run.drafts(table), sky))
            reason = "" if planned else "gwemopt found no field for it."
        if reason:
            reasons[sky.telescope.name] = reason
    sound = _checked(drafts, problem.asked, reasons)
    together = sorted([*sound, *kept_drafts(problem)], key=lambda draft: (draft.end_mjd, draft.telescope))
    plan = network_plan(problem, skies, together, reasons, began, "gwemopt")
    return replace(plan, own_sum=sum(draft.gain for draft in sound), notes=tuple(_notes(problem)))


def _checked(drafts: list[Draft], telescopes: Sequence[PlanTelescope], reasons: dict[str, str]) -> list[Draft]:
    """Leave out what breaks a limit; telescopes that lose everything get their sentence."""
    kept = [draft for draft, fine in zip(drafts, keeps_limits(drafts, telescopes), strict=True) if fine]
    if len(kept) < len(drafts):
        lost = len(drafts) - len(kept)
        logger.info("%d of %d pointings of gwemopt break a limit and were left out", lost, len(drafts))
    for number in {draft.telescope for draft in drafts} - {draft.telescope for draft in kept}:
        reasons[telescopes[number].name] = "All pointings that gwemopt proposed break one of its limits."
    return kept


def _notes(problem: Problem) -> Iterator[str]:
    if problem.options.epochs > 1:
        yield "gwemopt plans every field once: the further visits that were asked for are not in its plan."
    yield "gwemopt planned every telescope by itself: its own sum counts sky that several look at as often as they do."


def _left(problem: Problem) -> FloatArray:
    """Probability density of every tile of the map, less where something was executed or is under way, sr^-1.

    A tile that was seen in part keeps its share: gwemopt's fields are drawn no finer.
    """
    skymap = problem.skymap
    outlines = [*(done.footprint() for done in problem.done), *(outline_of(kept) for kept in problem.kept)]
    seen = union_ranges(outlines, MASK_ORDER)
    if not len(seen):
        return skymap.probdensity
    edges = seen.ravel().astype(float)
    cells = np.cumsum((seen[:, 1] - seen[:, 0]).astype(float))
    below = np.column_stack([np.r_[0.0, cells[:-1]], cells]).ravel()
    lower, upper = skymap.lower.astype(float), skymap.upper.astype(float)
    part = (np.interp(upper, edges, below) - np.interp(lower, edges, below)) / (upper - lower)
    return np.asarray(skymap.probdensity * (1.0 - np.clip(part, 0.0, 1.0)))


def why_not_supported(telescope: PlanTelescope) -> str:
    """Return a sentence for a camera whose outline gwemopt cannot draw, or an empty string."""
    if telescope.shape == "rectangle" and telescope.width_deg != telescope.height_deg:
        return "gwemopt plans square and round fields only."
    return ""


def half_or_radius_deg(telescope: PlanTelescope) -> float:
    """Return the size that makes gwemopt draw the true field: half the side of a square, the radius of a circle."""
    return telescope.width_deg / 2.0


def safe_altitude_deg(telescope: PlanTelescope) -> float:
    """Return the altitude limit that keeps gwemopt's whole exposures above the true one.

    It takes an exposure when any part of it is above the limit, and counts refraction: the sky turns by at most 15 deg
    an hour, and refraction above 10 deg stays below 0.1 deg.
    """
    return telescope.min_altitude_deg + 0.15 + 15.0 * telescope.duration_s / 3600.0


@dataclass(frozen=True, eq=False)
class _Run:
    """gwemopt at work for one telescope."""

    number: int
    sky: Sky
    left: FloatArray
    problem: Problem
    chosen: Mapping[str, str]

    @property
    def telescope(self) -> PlanTelescope:
        return self.sky.telescope

    def drafts(self, table: PixelTable) -> list[Draft]:
        """Pointings in time order, ``gain`` holding what gwemopt states for the field (overlaps counted again)."""
        galaxies = self.problem.targets if self.chosen["targets"] == "galaxy" else None
        fields = galaxy_fields(galaxies, self.sky) if galaxies else tiling_fields(table, self.sky)
        modules = _modules()
        params = self._params(fields)
        config = params["config"][self.telescope.name]
        self._set_nights(params, config, modules)
        # it asks for the second slot to learn how long one is
        if len(config["exposurelist"]) < 2 or not len(fields):
            return []
        skymap = _table(self.problem.skymap, self.left)
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            rows = _scheduled(params, {"skymap": skymap, "skymap_schedule": skymap}, fields, modules)
        return [self._draft(fields, row) for row in rows]

    def _params(self, fields: Fields) -> dict[str, Any]:
        """gwemopt's parameters for one telescope, every one that its tiling code reads."""
        telescope = self.telescope
        own, common = telescope.max_pointings, self.problem.options.max_pointings
        limit = own if own is not None else common
        kept = sum(pointing.telescope == telescope.name for pointing in self.problem.kept)
        return {
            "telescopes": [telescope.name],
            "config": {telescope.name: _config(self.sky, fields)},
            "gpstime": None,
            "tilesType": "moc" if fields.weight is None else "galaxy",
            "scheduleType": self.chosen["schedule"],
            "timeallocationType": "powerlaw",
            "solverType": "heuristic",
            "exposuretimes": np.array([telescope.duration_s]),
            "filters": [telescope.filter or "r"],
            "airmass": 1.0 / sin(radians(min(safe_altitude_deg(telescope), 89.0))),
            "mindiff": 0.0,
            "max_nb_tiles": None if limit is None else max(limit - kept, 0),
            "treasuremap_token": None,
            "plots": [],
            "Ncores": 1,
            "doSingleExposure": True,
            **dict.fromkeys(_SWITCHED_OFF, False),
        }

    def _set_nights(self, params: dict[str, Any], config: dict[str, Any], modules: _Modules) -> None:
        """Give gwemopt the telescope's own nights and cut them into its slots, without those already taken."""
        kind = modules.segments.segments
        nights = kind.segmentlist(kind.segment(low, high) for low, high in self.sky.nights)
        slots = kind.segmentlist(
            slot
            for slot in modules.segments.get_exposures(params, config, nights)
            if any(night[0] <= slot[0] and slot[1] <= night[1] for night in nights) and not self._is_taken(*slot)
        )
        config["segmentlist"], config["exposurelist"] = nights, slots
        config["n_windows"] = len(slots)
        config["tot_obs_time"] = sum(slot[1] - slot[0] for slot in slots) / SECOND

    def _is_taken(self, start_mjd: float, end_mjd: float) -> bool:
        """Whether a pointing that stays as it is leaves no time for a slot, slews included."""
        gap = self.telescope.gap_s(180.0) * SECOND
        return any(
            kept.telescope == self.telescope.name
            and start_mjd < to_mjd(kept.end) + gap
            and to_mjd(kept.start) - gap < end_mjd
            for kept in self.problem.kept
        )

    def _draft(self, fields: Fields, row: Sequence[float]) -> Draft:
        """One row of gwemopt's result: RA, Dec, MJD, magnitude, exposure, field, probability, airmass."""
        start = ceil(row[2] / SECOND - 5e-4) * SECOND
        end = start + self.telescope.duration_s * SECOND
        name = fields.name[int(row[5])]
        place = (float(row[0]) % 360.0, float(row[1]))
        own_filter = filter_like(self.telescope, self.telescope.filter)
        return Draft(self.number, name, *place, start, end, float(row[6]), filter=own_filter)


@dataclass(frozen=True)
class _Modules:
    """The parts of gwemopt that are used."""

    coverage: Any
    moc: Any
    segments: Any
    tiles: Any


def _modules() -> _Modules:
    try:
        with redirect_stdout(io.StringIO()):
            from gwemopt import coverage, moc, segments, tiles
    except ImportError as error:
        raise EngineUnavailable(f"gwemopt cannot be imported ({error}); install it to use this engine.") from error
    except OSError as error:
        raise EngineUnavailable(f"gwemopt needs a writable home directory: {error}.") from error
    return _Modules(coverage, moc, segments, tiles)


def _scheduled(params: dict[str, Any], maps: dict[str, Any], fields: Fields, modules: _Modules) -> Any:
    """Rows of gwemopt's schedule, shape (n, 8)."""
    mocs = modules.moc.create_moc(params, map_struct=maps)
    if fields.weight is None:
        structs = modules.tiles.moc(params, maps, mocs)
    else:
        structs = {name: _worth(struct, fields, params) for name, struct in mocs.items()}
        for name, struct in structs.items():
            structs[name] = modules.segments.get_segments_tiles(params, params["config"][name], struct)
    _, result = modules.coverage.timeallocation(params, maps, structs)
    return result["data"]


def _worth(struct: dict[Any, Any], fields: Fields, params: dict[str, Any]) -> dict[Any, Any]:
    """What gwemopt's galaxy mode would have found for each field, from our weights."""
    assert fields.weight is not None
    for number, weight in zip(fields.number.tolist(), fields.weight.tolist(), strict=True):
        struct[number] |= {
            "prob": weight,
            "exposureTime": params["exposuretimes"],
            "nexposures": 1,
            "filt": params["filters"],
            "galaxies": np.array([number]),
        }
    return struct


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


def _config(sky: Sky, fields: Fields) -> dict[str, Any]:
    telescope = sky.telescope
    return {
        "telescope": telescope.name,
        "latitude": telescope.latitude_deg,
        "longitude": telescope.longitude_deg,
        "elevation": telescope.elevation_m,
        "horizon": telescope.min_altitude_deg,
        "moon_constraint": float(sky.moon_limit_deg.max(initial=0.0)),
        "ha_constraint": f"{-telescope.hour_angle_max_h},{telescope.hour_angle_max_h}",
        "dec_constraint": f"{telescope.dec_min_deg},{telescope.dec_max_deg}",
        "FOV": half_or_radius_deg(telescope),
        "FOV_type": "circle" if telescope.shape == "circle" else "square",
        "tesselation": np.column_stack([fields.number, fields.ra_deg, fields.dec_deg]),
        "exposuretime": telescope.duration_s,
        "overhead_per_exposure": float(ceil(telescope.gap_s(max(telescope.width_deg, telescope.height_deg)))),
        "filt_change_time": 0.0,
        "slew_rate": telescope.slew_deg_per_s,
        "readout": telescope.readout_s,
        "magnitude": telescope.limiting_mag or 20.0,
        "filt": telescope.filter or "r",
    }


def _table(skymap: SkyMap, density: FloatArray) -> Any:
    from astropy import units as u
    from astropy.table import QTable

    return QTable({"UNIQ": skymap.uniq.astype(np.uint64), "PROBDENSITY": density / u.sr})


def _reachable(drafts: list[Draft], sky: Sky) -> list[Draft]:
    """Leave out the pointings for which the telescope would still be slewing."""
    kept: list[Draft] = drafts[:1]
    for _, draft in pairwise(drafts):
        last = kept[-1]
        distance = float(separation_deg(last.ra_deg, last.dec_deg, draft.ra_deg, draft.dec_deg))
        if draft.start_mjd >= last.end_mjd + (sky.telescope.gap_s(distance) - 1e-3) * SECOND:
            kept.append(draft)
    return kept
