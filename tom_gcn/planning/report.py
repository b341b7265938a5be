"""From timed drafts to a plan with every number measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from time import perf_counter

import numpy as np

from tom_gcn.coverage import footprint
from tom_gcn.planning.clock import from_mjd
from tom_gcn.planning.geometry import FloatArray
from tom_gcn.planning.measure import Footprints, footprints_of
from tom_gcn.planning.result import NetworkPlan, Pointing, TelescopeResult
from tom_gcn.planning.timing import Draft
from tom_gcn.planning.visibility import Sky
from tom_gcn.skymaps import SkyMap
from tom_grandma_facilities.almanac import airmass, altitude_azimuth, moon_topocentric, separation_deg


def network_plan(
    skymap: SkyMap,
    skies: Sequence[Sky],
    drafts: Sequence[Draft],
    reasons: Mapping[str, str],
    window: tuple[datetime, datetime],
    began: float,
    engine: str = "network",
) -> NetworkPlan:
    """Measure drafts and write them down.

    Parameters
    ----------
    skymap : SkyMap
    skies : sequence of Sky
        One per telescope.
    drafts : sequence of Draft
        In the order in which they end.
    reasons : mapping
        The sentence of every telescope without a pointing, by name; names not among ``skies`` are kept too.
    window : tuple of datetime
        Start and end of the plan.
    began : float
        `time.perf_counter` at the start of the work.
    engine : str
        What made the drafts.
    """
    telescopes = [sky.telescope for sky in skies]
    measured = footprints_of(skymap, drafts, telescopes)
    new = measured.new_probabilities(range(len(drafts)))
    pointings = _pointings(telescopes_of=skies, drafts=drafts, measured=measured, new=new)
    results = [_telescope_result(sky, pointings, reasons.get(sky.telescope.name, "")) for sky in skies]
    known = {sky.telescope.name for sky in skies}
    results += [TelescopeResult(name, reason) for name, reason in reasons.items() if name not in known]
    return NetworkPlan(
        pointings=pointings,
        telescopes=tuple(sorted(results, key=lambda result: result.name)),
        covered_probability=float(new.sum()),
        area_deg2=measured.area_deg2(),
        curve=tuple((pointing.end, pointing.cumulative_probability) for pointing in pointings),
        start=window[0],
        end=window[1],
        seconds=perf_counter() - began,
        engine=engine,
    )


def _pointings(
    telescopes_of: Sequence[Sky], drafts: Sequence[Draft], measured: Footprints, new: FloatArray
) -> tuple[Pointing, ...]:
    """Write down all pointings; vectorised per telescope."""
    own, total = measured.probabilities(), np.cumsum(new)
    written: dict[int, Pointing] = {}
    for number, sky in enumerate(telescopes_of):
        mine = [index for index, draft in enumerate(drafts) if draft.telescope == number]
        if not mine:
            continue
        alone = np.cumsum(measured.new_probabilities(mine)[mine])
        circumstances = _circumstances(sky, [drafts[index] for index in mine])
        for order, index in enumerate(mine):
            written[index] = _pointing(
                sky,
                drafts[index],
                order + 1,
                circumstances[:, order],
                (own[index], new[index], total[index], alone[order]),
            )
    return tuple(written[index] for index in range(len(drafts)))


def _circumstances(sky: Sky, drafts: Sequence[Draft]) -> FloatArray:
    """Altitude and airmass at start and end, and Moon distance in the middle, shape (5, n)."""
    site = (sky.telescope.latitude_deg, sky.telescope.longitude_deg)
    ra, dec = np.array([d.ra_deg for d in drafts]), np.array([d.dec_deg for d in drafts])
    start, end = np.array([d.start_mjd for d in drafts]), np.array([d.end_mjd for d in drafts])
    first, last = (altitude_azimuth(ra, dec, mjd, *site)[0] for mjd in (start, end))
    moon_ra, moon_dec, _, _ = moon_topocentric((start + end) / 2.0, *site)
    return np.stack([first, last, airmass(first), airmass(last), separation_deg(ra, dec, moon_ra, moon_dec)])


def _pointing(
    sky: Sky, draft: Draft, order: int, circumstances: FloatArray, probabilities: tuple[float, float, float, float]
) -> Pointing:
    telescope = sky.telescope
    altitude_start, altitude_end, airmass_start, airmass_end, moon = (float(value) for value in circumstances)
    own, new, total, alone = (float(value) for value in probabilities)
    return Pointing(
        telescope=telescope.name,
        order=order,
        field_id=draft.field_id,
        ra_deg=draft.ra_deg,
        dec_deg=draft.dec_deg,
        start=from_mjd(draft.start_mjd),
        end=from_mjd(draft.end_mjd),
        filter=telescope.filter,
        exposure_s=telescope.exposure_s,
        n_exposures=telescope.n_exposures,
        altitude_start_deg=altitude_start,
        altitude_end_deg=altitude_end,
        airmass_start=airmass_start,
        airmass_end=airmass_end,
        moon_separation_deg=moon,
        probability=own,
        new_probability=new,
        cumulative_probability=total,
        telescope_cumulative=alone,
        footprint=footprint(telescope.shape, telescope.width_deg, telescope.height_deg, draft.ra_deg, draft.dec_deg),
    )


def _telescope_result(sky: Sky, pointings: Sequence[Pointing], reason: str) -> TelescopeResult:
    mine = [pointing for pointing in pointings if pointing.telescope == sky.telescope.name]
    return TelescopeResult(
        name=sky.telescope.name,
        reason=reason if not mine else "",
        nights=tuple((from_mjd(low), from_mjd(high)) for low, high in sky.nights),
        n_pointings=len(mine),
        probability=mine[-1].telescope_cumulative if mine else 0.0,
        new_probability=sum(pointing.new_probability for pointing in mine),
        first_start=mine[0].start if mine else None,
        moon_separation_min_deg=min((pointing.moon_separation_deg for pointing in mine), default=None),
        moon_illumination=float(sky.illumination.max()) if sky.slots else None,
    )
