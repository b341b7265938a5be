"""Look at any engine's plan with astropy: what in it cannot be true, in sentences.

Nothing here trusts the planner or its almanac. Altitude, Sun and Moon are computed by astropy, from the tables it
brings along; a plan is refused when something is wrong by more than the tolerances below, which are smaller than any
limit means.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from math import isfinite

import numpy as np

from tom_gcn.planning.check import illumination
from tom_gcn.planning.clock import to_mjd
from tom_gcn.planning.geometry import FloatArray
from tom_gcn.planning.limits import moon_limit_deg
from tom_gcn.planning.problem import Problem
from tom_gcn.planning.result import NetworkPlan, Pointing
from tom_gcn.planning.telescopes import PlanTelescope

ANGLE_TOLERANCE_DEG = 0.05
"""Precession and nutation models, and altitudes with and without refraction near a limit of 15 deg or more."""
TIME_TOLERANCE = timedelta(seconds=1)
PROBABILITY_TOLERANCE = 1e-6
MOST_TOLD = 5
"""Sentences of one kind that are told; the rest is counted."""

_NUMBERS = (
    "ra_deg", "dec_deg", "exposure_s", "altitude_start_deg", "altitude_end_deg", "airmass_start", "airmass_end",
    "moon_separation_deg", "probability", "new_probability", "cumulative_probability", "telescope_cumulative",
)  # fmt: skip
_PROBABILITIES = ("probability", "new_probability", "cumulative_probability", "telescope_cumulative")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that cannot be true: a short stable name of its kind, and the sentence."""

    code: str
    sentence: str


def faults_of(problem: Problem, plan: object) -> tuple[Fault, ...]:
    """Return everything in a plan that cannot be true; nothing when it is sound.

    Parameters
    ----------
    problem : Problem
        What was asked.
    plan : object
        What an engine returned; anything that is no `NetworkPlan` is a fault by itself.

    Returns
    -------
    tuple of Fault
        Codes: ``no-plan``, ``not-finite``, ``bad-probability``, ``unknown-telescope``, ``missing-telescope``,
        ``bad-times``, ``outside-span``, ``bad-position``, ``too-many``, ``overlap``, ``not-dark``, ``too-low``,
        ``near-moon``, ``too-far-from-meridian``, ``near-plane``, ``outside-declination``.
    """
    if not isinstance(plan, NetworkPlan):
        return (Fault("no-plan", f"It returned {type(plan).__name__} in place of a plan."),)
    by_name = {telescope.name: telescope for telescope in problem.asked}
    planned = [pointing for pointing in plan.pointings if not pointing.kept]
    found = [*_of_the_whole(plan), *_of_names(plan, by_name, problem), *_of_numbers(plan.pointings)]
    sane = [pointing for pointing in planned if pointing.telescope in by_name and _is_sane(pointing)]
    found += _of_times(planned, problem)
    found += _of_each_telescope(plan, by_name, problem)
    found += _of_the_sky(sane, by_name)
    return tuple(found)


def in_words(faults: Sequence[Fault]) -> str:
    """Return some faults as one text, the first few of every kind, the rest counted."""
    by_code: dict[str, list[str]] = {}
    for fault in faults:
        by_code.setdefault(fault.code, []).append(fault.sentence)
    told = []
    for sentences in by_code.values():
        told += sentences[:MOST_TOLD]
        if len(sentences) > MOST_TOLD:
            told.append(f"({len(sentences) - MOST_TOLD} more like this.)")
    return " ".join(told)


def _is_probability(value: float) -> bool:
    return -PROBABILITY_TOLERANCE <= value <= 1.0 + PROBABILITY_TOLERANCE


def _of_the_whole(plan: NetworkPlan) -> Iterator[Fault]:
    figures = {"covered probability": plan.covered_probability, "area": plan.area_deg2}
    for words, value in figures.items():
        if not isfinite(value):
            yield Fault("not-finite", f"The {words} of the plan is {value}.")
    if isfinite(plan.covered_probability) and not _is_probability(plan.covered_probability):
        yield Fault("bad-probability", f"The plan claims to cover {plan.covered_probability:g} of the probability.")
    total = sum(pointing.new_probability for pointing in plan.pointings)
    if isfinite(total) and abs(total - plan.covered_probability) > 1e-3:
        yield Fault(
            "bad-probability",
            f"What its pointings add makes {total:.4f}, but the plan claims to cover {plan.covered_probability:.4f}.",
        )


def _of_names(plan: NetworkPlan, by_name: Mapping[str, PlanTelescope], problem: Problem) -> Iterator[Fault]:
    asked = {*by_name, *problem.left_out}
    kept = {pointing.telescope for pointing in problem.kept}
    for name in sorted({pointing.telescope for pointing in plan.pointings} - set(by_name) - kept):
        yield Fault("unknown-telescope", f"It plans {name}, which was not asked for.")
    told = {result.name for result in plan.telescopes}
    for name in sorted(asked - told):
        yield Fault("missing-telescope", f"It says nothing about {name}.")
    planned = {pointing.telescope for pointing in plan.pointings}
    for result in plan.telescopes:
        if result.name not in planned and not result.reason:
            yield Fault("missing-telescope", f"It plans nothing for {result.name} and does not say why.")


def _of_numbers(pointings: Sequence[Pointing]) -> Iterator[Fault]:
    for pointing in pointings:
        label = _label(pointing)
        wrong = [name for name in _NUMBERS if not isfinite(getattr(pointing, name))]
        if wrong:
            yield Fault("not-finite", f"{label}: {', '.join(wrong)} is no number.")
            continue
        for name in _PROBABILITIES:
            if not _is_probability(getattr(pointing, name)):
                yield Fault("bad-probability", f"{label}: {name} is {getattr(pointing, name):g}.")
        if not (0.0 <= pointing.ra_deg <= 360.0 and -90.0 <= pointing.dec_deg <= 90.0):
            place = f"RA {pointing.ra_deg:g}, Dec {pointing.dec_deg:g}"
            yield Fault("bad-position", f"{label}: there is no place {place} on the sky.")


def _is_sane(pointing: Pointing) -> bool:
    return (
        isfinite(pointing.ra_deg)
        and isfinite(pointing.dec_deg)
        and -90.0 <= pointing.dec_deg <= 90.0
        and pointing.end > pointing.start
    )


def _of_times(pointings: Sequence[Pointing], problem: Problem) -> Iterator[Fault]:
    for pointing in pointings:
        if pointing.end <= pointing.start:
            yield Fault("bad-times", f"{_label(pointing)} ends before it starts.")
        elif pointing.start < problem.start - TIME_TOLERANCE or pointing.end > problem.end + TIME_TOLERANCE:
            yield Fault("outside-span", f"{_label(pointing)} lies outside the time asked for.")


def _of_each_telescope(plan: NetworkPlan, by_name: Mapping[str, PlanTelescope], problem: Problem) -> Iterator[Fault]:
    for name, telescope in by_name.items():
        mine = sorted(plan.of(name), key=lambda pointing: pointing.start)
        for before, after in pairwise(mine):
            if after.start < before.end - TIME_TOLERANCE / 100:
                yield Fault("overlap", f"{_label(after)} starts before {_label(before)} has ended.")
        limit = telescope.max_pointings if telescope.max_pointings is not None else problem.options.max_pointings
        if limit is not None and len(mine) > max(limit, sum(pointing.kept for pointing in mine)):
            yield Fault("too-many", f"{name} has {len(mine)} pointings, but at most {limit} were allowed.")
        for pointing in mine:
            needed = timedelta(seconds=pointing.n_exposures * pointing.exposure_s)
            if not pointing.kept and pointing.end - pointing.start < needed - TIME_TOLERANCE:
                yield Fault("bad-times", f"{_label(pointing)} is shorter than its exposures.")


def _of_the_sky(pointings: Sequence[Pointing], by_name: Mapping[str, PlanTelescope]) -> Iterator[Fault]:
    if not pointings:
        return
    sites = [by_name[pointing.telescope] for pointing in pointings]
    seen = circumstances(pointings, sites)
    for number, (pointing, site) in enumerate(zip(pointings, sites, strict=True)):
        for code, sentence in _broken(seen, number, site):
            yield Fault(code, f"{_label(pointing)}: {sentence}")


def _broken(seen: Circumstances, number: int, site: PlanTelescope) -> Iterator[tuple[str, str]]:
    """Limits of a telescope that one pointing breaks."""
    sun, lowest = seen.sun_deg[:, number].max(), seen.altitude_deg[:, number].min()
    if sun > site.twilight_deg + ANGLE_TOLERANCE_DEG:
        yield "not-dark", f"the Sun is at {sun:.1f} deg, its limit is {site.twilight_deg:g}."
    if lowest < site.min_altitude_deg - ANGLE_TOLERANCE_DEG:
        yield "too-low", f"{lowest:.1f} deg high, its limit is {site.min_altitude_deg:g}."
    declared = site.moon_separation_deg
    limit = float(moon_limit_deg(declared, seen.lit[number])) if site.moon_by_phase else declared
    nearest = seen.moon_deg[:, number].min()
    if nearest < limit - ANGLE_TOLERANCE_DEG:
        yield "near-moon", f"the Moon is {nearest:.1f} deg away, its limit is {limit:.1f}."
    widest = np.abs(seen.hour_angle_h[:, number]).max()
    if widest > site.hour_angle_max_h + ANGLE_TOLERANCE_DEG / 15.0:
        yield "too-far-from-meridian", f"hour angle {widest:.1f} h, its limit is {site.hour_angle_max_h:g}."
    latitude = abs(seen.galactic_latitude_deg[number])
    if latitude < site.galactic_latitude_min_deg - ANGLE_TOLERANCE_DEG:
        yield "near-plane", f"{latitude:.1f} deg from the Galactic plane, at least {site.galactic_latitude_min_deg:g}."
    dec = seen.dec_deg[number]
    if not site.dec_min_deg - ANGLE_TOLERANCE_DEG <= dec <= site.dec_max_deg + ANGLE_TOLERANCE_DEG:
        yield "outside-declination", f"Dec {dec:.1f}, its limits are {site.dec_min_deg:g} to {site.dec_max_deg:g}."


@dataclass(frozen=True, eq=False)
class Circumstances:
    """What astropy says of some pointings, at start, middle and end of each where there are three rows.

    Attributes
    ----------
    altitude_deg, sun_deg, moon_deg, hour_angle_h : ndarray of float64, shape (3, n)
        Altitude of the field, altitude of the Sun, distance of the Moon (topocentric), hour angle; without refraction.
    lit, galactic_latitude_deg, dec_deg : ndarray of float64, shape (n,)
        Lit fraction of the Moon in the middle; latitude and declination of the field.
    """

    altitude_deg: FloatArray
    sun_deg: FloatArray
    moon_deg: FloatArray
    hour_angle_h: FloatArray
    lit: FloatArray
    galactic_latitude_deg: FloatArray
    dec_deg: FloatArray


def circumstances(pointings: Sequence[Pointing], sites: Sequence[PlanTelescope]) -> Circumstances:
    """Ask astropy about pointings, all at once and without any download.

    Parameters
    ----------
    pointings : sequence of Pointing, length n
    sites : sequence of PlanTelescope, length n
        The telescope of each.
    """
    from astropy import units as u
    from astropy.coordinates import AltAz, EarthLocation, HADec, SkyCoord, get_body
    from astropy.time import Time
    from astropy.utils import iers

    starts = np.array([to_mjd(pointing.start) for pointing in pointings])
    ends = np.array([to_mjd(pointing.end) for pointing in pointings])
    with (
        iers.conf.set_temp("auto_download", False),
        iers.conf.set_temp("auto_max_age", None),
        iers.conf.set_temp("iers_degraded_accuracy", "ignore"),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", category=iers.IERSWarning)
        when = Time(starts + (ends - starts) * np.array([0.0, 0.5, 1.0])[:, None], format="mjd", scale="utc")
        whole = np.ones(when.shape)
        place = EarthLocation.from_geodetic(
            whole * [site.longitude_deg for site in sites] * u.deg,
            whole * [site.latitude_deg for site in sites] * u.deg,
            whole * [site.elevation_m for site in sites] * u.m,
        )
        frame = AltAz(obstime=when, location=place)
        ra = whole * [pointing.ra_deg for pointing in pointings] * u.deg
        dec = whole * [pointing.dec_deg for pointing in pointings] * u.deg
        fields = SkyCoord(ra, dec)
        up = fields.transform_to(frame)
        hours = fields.transform_to(HADec(obstime=when, location=place)).ha.wrap_at(180.0 * u.deg).hour
        sun = get_body("sun", when, place).transform_to(frame)
        moon = get_body("moon", when, place).transform_to(frame)
        lit = illumination(get_body("sun", when[1]), get_body("moon", when[1]))
    return Circumstances(
        up.alt.deg, sun.alt.deg, moon.separation(up).deg, hours, lit, fields[0].galactic.b.deg, fields[0].dec.deg
    )


def _label(pointing: Pointing) -> str:
    return f"{pointing.telescope}, pointing {pointing.order}"
