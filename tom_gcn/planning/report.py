"""From timed drafts to a plan with every number measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from tom_gcn.coverage import footprint
from tom_gcn.planning.clock import from_mjd
from tom_gcn.planning.geometry import FloatArray, IntArray
from tom_gcn.planning.measure import Footprints, footprints_of, name_of
from tom_gcn.planning.problem import Problem
from tom_gcn.planning.result import NetworkPlan, Pointing, TelescopeResult
from tom_gcn.planning.targets import worth_of
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.planning.timing import Draft
from tom_gcn.planning.visibility import Sky
from tom_grandma_facilities.almanac import airmass, altitude_azimuth, moon_topocentric, separation_deg

MOST_NAMED = 20
"""Galaxies named per pointing at most."""


def network_plan(
    problem: Problem,
    skies: Sequence[Sky],
    drafts: Sequence[Draft],
    reasons: Mapping[str, str],
    began: float,
    engine: str = "network",
) -> NetworkPlan:
    """Measure drafts and write them down.

    Parameters
    ----------
    problem : Problem
    skies : sequence of Sky
        One per telescope; their numbers are those of the drafts.
    drafts : sequence of Draft
        In the order in which they end.
    reasons : mapping
        The sentence of every telescope without a pointing, by name; names not among ``skies`` are kept too.
    began : float
        `time.perf_counter` at the start of the work.
    engine : str
        What made the drafts.
    """
    telescopes = [sky.telescope for sky in skies]
    measured = footprints_of(worth_of(problem), drafts, telescopes, problem.executed)
    new = np.minimum(measured.new_probabilities(range(len(drafts))), 1.0)
    pointings = _pointings(problem, skies, drafts, measured, new)
    galaxies = problem.targets
    return NetworkPlan(
        pointings=pointings,
        telescopes=_telescope_results(skies, pointings, reasons),
        covered_probability=_share(new.sum()),
        area_deg2=measured.area_deg2(),
        curve=tuple((pointing.end, pointing.cumulative_probability) for pointing in pointings),
        start=problem.start,
        end=problem.end,
        seconds=perf_counter() - began,
        engine=engine,
        executed_probability=measured.executed_probability,
        covered_galaxy_weight=None if galaxies is None else _share(measured.galaxy_shares() / galaxies.completeness),
    )


def _share(total: float) -> float:
    """A sum of shares of a whole; rounding does not lift it above 1."""
    return min(float(total), 1.0)


def _pointings(
    problem: Problem, skies: Sequence[Sky], drafts: Sequence[Draft], measured: Footprints, new: FloatArray
) -> tuple[Pointing, ...]:
    """Write down all pointings; vectorised per telescope."""
    own, total = measured.probabilities(), np.minimum(np.cumsum(new), 1.0)
    telescopes = [sky.telescope for sky in skies]
    names = [name_of(draft, telescopes) for draft in drafts]
    written: dict[int, Pointing] = {}
    for name in dict.fromkeys(names):
        mine = [index for index, other in enumerate(names) if other == name]
        alone = np.minimum(np.cumsum(measured.new_probabilities(mine)[mine]), 1.0)
        for order, (index, pointing) in enumerate(zip(mine, _described(drafts, mine, skies), strict=True)):
            written[index] = replace(
                pointing,
                order=order + 1,
                probability=float(own[index]),
                new_probability=float(new[index]),
                cumulative_probability=float(total[index]),
                telescope_cumulative=float(alone[order]),
                galaxies=_galaxies(problem, drafts[index], telescopes, measured.galaxies_in(index)),
            )
    return tuple(written[index] for index in range(len(drafts)))


def _described(drafts: Sequence[Draft], mine: Sequence[int], skies: Sequence[Sky]) -> list[Pointing]:
    """Pointings of one telescope without their probabilities; kept ones as they were."""
    fresh = [drafts[index] for index in mine if drafts[index].original is None]
    made: Iterator[Pointing] = iter(())
    if fresh:
        sky = skies[fresh[0].telescope]
        circumstances = _circumstances(sky, fresh)
        made = (_pointing(sky, draft, circumstances[:, n]) for n, draft in enumerate(fresh))
    originals = (drafts[index].original for index in mine)
    return [next(made) if original is None else replace(original, kept=True) for original in originals]


def _galaxies(problem: Problem, draft: Draft, telescopes: Sequence[PlanTelescope], inside: IntArray) -> tuple[str, ...]:
    """Names of the galaxies in a narrow field, the likeliest first; a wide field has no targets."""
    if problem.targets is None or draft.telescope < 0 or not telescopes[draft.telescope].narrow:
        return draft.original.galaxies if draft.original else ()
    return tuple(problem.targets.name[int(index)] for index in inside[:MOST_NAMED])


def _circumstances(sky: Sky, drafts: Sequence[Draft]) -> FloatArray:
    """Altitude and airmass at start and end, and Moon distance in the middle, shape (5, n)."""
    site = (sky.telescope.latitude_deg, sky.telescope.longitude_deg)
    ra, dec = np.array([d.ra_deg for d in drafts]), np.array([d.dec_deg for d in drafts])
    start, end = np.array([d.start_mjd for d in drafts]), np.array([d.end_mjd for d in drafts])
    first, last = (altitude_azimuth(ra, dec, mjd, *site)[0] for mjd in (start, end))
    moon_ra, moon_dec, _, _ = moon_topocentric((start + end) / 2.0, *site)
    return np.stack([first, last, airmass(first), airmass(last), separation_deg(ra, dec, moon_ra, moon_dec)])


def _pointing(sky: Sky, draft: Draft, circumstances: FloatArray) -> Pointing:
    """One pointing, its probabilities still to be filled in."""
    telescope = sky.telescope
    altitude_start, altitude_end, airmass_start, airmass_end, moon = (float(value) for value in circumstances)
    return Pointing(
        telescope=telescope.name,
        order=0,
        field_id=draft.field_id,
        ra_deg=draft.ra_deg,
        dec_deg=draft.dec_deg,
        start=from_mjd(draft.start_mjd),
        end=from_mjd(draft.end_mjd),
        filter=draft.filter or telescope.filter,
        exposure_s=telescope.exposure_s,
        n_exposures=telescope.n_exposures,
        altitude_start_deg=altitude_start,
        altitude_end_deg=altitude_end,
        airmass_start=airmass_start,
        airmass_end=airmass_end,
        moon_separation_deg=moon,
        probability=0.0,
        new_probability=0.0,
        cumulative_probability=0.0,
        telescope_cumulative=0.0,
        footprint=footprint(telescope.shape, telescope.width_deg, telescope.height_deg, draft.ra_deg, draft.dec_deg),
        epoch=draft.epoch,
    )


def _telescope_results(
    skies: Sequence[Sky], pointings: Sequence[Pointing], reasons: Mapping[str, str]
) -> tuple[TelescopeResult, ...]:
    """One result per telescope that was asked, was left out, or has a kept pointing; by name."""
    by_name: dict[str, list[Pointing]] = {}
    for pointing in pointings:
        by_name.setdefault(pointing.telescope, []).append(pointing)
    results = {sky.telescope.name: _telescope_result(sky, by_name.get(sky.telescope.name, [])) for sky in skies}
    for name in {*reasons, *by_name}.difference(results):
        results[name] = _summed(TelescopeResult(name, ""), by_name.get(name, []))
    reasoned = [one if one.n_pointings else replace(one, reason=reasons.get(name, "")) for name, one in results.items()]
    return tuple(sorted(reasoned, key=lambda result: result.name))


def _telescope_result(sky: Sky, mine: Sequence[Pointing]) -> TelescopeResult:
    blank = TelescopeResult(
        name=sky.telescope.name,
        reason="",
        nights=tuple((from_mjd(low), from_mjd(high)) for low, high in sky.nights),
        moon_illumination=float(sky.illumination.max()) if sky.slots else None,
    )
    return _summed(blank, mine)


def _summed(blank: TelescopeResult, mine: Sequence[Pointing]) -> TelescopeResult:
    """Fill in what a telescope's pointings come to."""
    if not mine:
        return blank
    return replace(
        blank,
        n_pointings=len(mine),
        probability=mine[-1].telescope_cumulative,
        new_probability=_share(sum(pointing.new_probability for pointing in mine)),
        first_start=mine[0].start,
        moon_separation_min_deg=min(pointing.moon_separation_deg for pointing in mine),
    )
