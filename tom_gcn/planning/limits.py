"""Limits that a plan adds to a telescope's own, the Moon's by its phase, and who is asked at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tom_gcn.planning.geometry import FloatArray
from tom_gcn.planning.options import USAGE_CLASSES, PlanOptions
from tom_gcn.planning.telescopes import PlanTelescope
from tom_grandma_facilities.almanac import airmass

SYNODIC_MONTH_DAYS = 29.530588
MOON_WIDTH_DAYS = 6.0
"""Days from full Moon after which half of the distance is kept: where the RTML 2.3 reference says to begin."""
_ALTITUDES_DEG = np.linspace(0.0, 90.0, 901)
_PREFIXES = ("sdss", "ps1::", "standard::", "bessell", "atlas", "sloan")


def moon_limit_deg(declared_deg: FloatArray | float, illumination: FloatArray | float) -> FloatArray:
    """Return the least distance from the Moon when a fraction of its disk is lit.

    The Moon-avoidance Lorentzian of the Berkeley Automated Imaging Telescope, ``declared / (1 + (t / 6 d)^2)`` with t
    the days to or from full Moon (RTML 2.3 reference, Lorentzian.Distance and Width), where t is half a synodic month
    times the phase angle over 180 deg and the phase angle follows from the illumination k: ``cos i = 2 k - 1``.

    Parameters
    ----------
    declared_deg : float or ndarray
        The distance at full Moon.
    illumination : float or ndarray
        0 (new) to 1 (full).
    """
    phase_angle = np.arccos(np.clip(2.0 * np.asarray(illumination, dtype=float) - 1.0, -1.0, 1.0))
    days = phase_angle / np.pi * SYNODIC_MONTH_DAYS / 2.0
    return np.asarray(np.asarray(declared_deg) / (1.0 + (days / MOON_WIDTH_DAYS) ** 2))


def altitude_of_airmass(highest: float) -> float:
    """Return the altitude in degrees, to 0.1 deg and never below, at which an airmass is reached."""
    falling = airmass(_ALTITUDES_DEG)
    return round(float(_ALTITUDES_DEG[np.argmax(falling <= highest)]), 1)


def with_limits(telescope: PlanTelescope, options: PlanOptions) -> PlanTelescope:
    """Return a telescope with the limits that a plan adds to its own; the stricter one holds."""
    lowest, widest = telescope.min_altitude_deg, telescope.hour_angle_max_h
    if options.airmass_max is not None:
        lowest = max(lowest, min(altitude_of_airmass(options.airmass_max), 89.0))
    if options.hour_angle_max_h is not None:
        widest = min(widest, options.hour_angle_max_h)
    return replace(
        telescope,
        min_altitude_deg=lowest,
        hour_angle_max_h=widest,
        galactic_latitude_min_deg=max(telescope.galactic_latitude_min_deg, options.galactic_latitude_min_deg),
        moon_by_phase=options.moon == "phase",
    )


def why_not_asked(telescope: PlanTelescope, options: PlanOptions) -> str:
    """Return the sentence for a telescope that the rules of a plan leave out, or an empty string.

    An unknown usage class or depth is no reason to leave a telescope out.
    """
    rarest = options.rarest_usage
    if rarest and telescope.usage in USAGE_CLASSES and _rarity(telescope.usage) > _rarity(rarest):
        return f"Its usage class is {telescope.usage}; this plan asks telescopes up to class {rarest}."
    wanted, depth = options.depth_min_mag, telescope.limiting_mag
    if wanted is not None and depth is not None and depth < wanted:
        return f"Its depth of {depth:g} mag does not reach the {wanted:g} mag that this plan asks for."
    return ""


def _rarity(usage: str) -> int:
    return USAGE_CLASSES.index(usage)


def filter_like(telescope: PlanTelescope, wanted: str) -> str:
    """Return the telescope's filter of a name, else one of the same band letter (sdssg for g), else its own."""
    if wanted in telescope.filters:
        return wanted
    return next((name for name in telescope.filters if _band(name) == _band(wanted)), telescope.filter)


def _band(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name.casefold()
