"""A telescope as the planner sees it: plain floats, nothing unknown left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from astropy import units as u

from tom_gcn.planning.geometry import field_reach_deg
from tom_grandma_facilities.telescope import Camera, Fact, Mode, Telescope, UsageClass

DEFAULT_MIN_ALTITUDE_DEG = 30.0
DEFAULT_MOON_SEPARATION_DEG = 20.0
DEFAULT_READOUT_S = 30.0
DEFAULT_SLEW_DEG_PER_S = 1.0
DEFAULT_EXPOSURE_S = 60.0
NARROW_FIELD_DEG = 1.0
"""Below this the cookbook targets galaxies (grandma-cookbook/doc2/14_Transcripts.md l.240)."""


class CannotPlan(ValueError):
    """A telescope cannot take part; the message is the sentence to show."""


@dataclass(frozen=True, slots=True)
class PlanTelescope:
    """What must be known of a telescope to plan it.

    Longitude is east positive. ``width_deg`` and ``height_deg`` are the full sides of the field (the diameter of a
    round one). ``overhead_s`` is spent before every pointing besides the slew, ``readout_s`` after every exposure; the
    telescope slews while the last exposure is read. ``narrow`` telescopes point freely, others use a fixed grid.
    ``max_pointings`` of None leaves the number to the plan's options. Before ``opens_mjd`` (UTC) it is closed.
    ``filters`` are those at hand, ``filter_change_s`` is spent at every change between them. ``moon_separation_deg``
    always holds, or with ``moon_by_phase`` at full Moon (`tom_gcn.planning.limits.moon_limit_deg`). ``usage`` is the
    class of the GRANDMA cookbook, empty when unknown.
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    elevation_m: float
    shape: str
    width_deg: float
    height_deg: float
    min_altitude_deg: float = DEFAULT_MIN_ALTITUDE_DEG
    moon_separation_deg: float = DEFAULT_MOON_SEPARATION_DEG
    twilight_deg: float = -18.0
    dec_min_deg: float = -90.0
    dec_max_deg: float = 90.0
    exposure_s: float = 60.0
    n_exposures: int = 1
    readout_s: float = DEFAULT_READOUT_S
    overhead_s: float = 0.0
    slew_deg_per_s: float = DEFAULT_SLEW_DEG_PER_S
    filter: str = ""
    limiting_mag: float | None = None
    max_pointings: int | None = None
    narrow: bool = False
    opens_mjd: float | None = None
    filters: tuple[str, ...] = ()
    filter_change_s: float = 0.0
    hour_angle_max_h: float = 12.0
    galactic_latitude_min_deg: float = 0.0
    moon_by_phase: bool = False
    usage: str = ""

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise CannotPlan(f"{name} of {self.name} is {value:g}, outside {low:g} to {high:g}.")

    @property
    def duration_s(self) -> float:
        """Seconds from the first photon to the last: exposures and the read-outs between them."""
        return self.n_exposures * self.exposure_s + (self.n_exposures - 1) * self.readout_s

    @property
    def field_deg2(self) -> float:
        """Area of the field in the plane, deg2."""
        area = self.width_deg * self.height_deg
        return area * 0.7853981633974483 if self.shape == "circle" else area

    @property
    def reach_deg(self) -> float:
        """Radius of a circle about the field's centre that holds the field."""
        return field_reach_deg(self.shape, self.width_deg, self.height_deg)

    def gap_s(self, distance_deg: float) -> float:
        """Seconds between the end of one pointing and the start of the next, ``distance_deg`` away."""
        return self.overhead_s + max(self.readout_s, distance_deg / self.slew_deg_per_s)


RANGES: dict[str, tuple[float, float]] = {
    "latitude_deg": (-90.0, 90.0),
    "longitude_deg": (-360.0, 360.0),
    "width_deg": (1e-3, 80.0),
    "height_deg": (1e-3, 80.0),
    "min_altitude_deg": (0.0, 89.0),
    "moon_separation_deg": (0.0, 180.0),
    "twilight_deg": (-60.0, 0.0),
    "dec_min_deg": (-90.0, 90.0),
    "dec_max_deg": (-90.0, 90.0),
    "exposure_s": (0.1, 36000.0),
    "n_exposures": (1, 1000),
    "readout_s": (0.0, 3600.0),
    "overhead_s": (0.0, 36000.0),
    "slew_deg_per_s": (1e-3, 1e4),
    "filter_change_s": (0.0, 3600.0),
    "hour_angle_max_h": (0.1, 12.0),
    "galactic_latitude_min_deg": (0.0, 89.0),
}
"""What a value of `PlanTelescope` may be, least and most."""


def _number(fact: Fact[u.Quantity], unit: u.UnitBase, default: float) -> float:
    return default if fact.value is None else float(fact.value.to_value(unit))


def plan_telescope(telescope: Telescope, **overrides: Any) -> PlanTelescope:
    """Turn a declared telescope into what the planner needs.

    Unknown limits, read-out and slew rate take the project's defaults named in this module; an unknown exposure is
    60 s. Galaxy-targeting telescopes, and others with a field below 1 deg that are not declared as tiling, are narrow.

    Parameters
    ----------
    telescope : Telescope
    **overrides
        Fields of `PlanTelescope` that replace the declared ones.

    Raises
    ------
    CannotPlan
        When the telescope, or a value given for it, makes planning impossible.
    """
    camera = telescope.planning_camera
    reason = telescope.why_not_plannable()
    if reason or camera is None:
        raise CannotPlan(reason or "No field of view is known from any public source.")
    declared = _declared(telescope, camera)
    try:
        return replace(declared, **overrides)
    except TypeError as error:
        raise CannotPlan(f"The planner has no such setting: {error}.") from error


def _declared(telescope: Telescope, camera: Camera) -> PlanTelescope:
    limits, site = telescope.limits, telescope.site
    width = _number(camera.width, u.deg, 0.0)
    height = _number(camera.height, u.deg, width)
    tiling = telescope.mode.value is Mode.TILING
    return PlanTelescope(
        name=telescope.name,
        latitude_deg=site.latitude_deg,
        longitude_deg=site.longitude_deg,
        elevation_m=_number(site.elevation, u.m, 0.0),
        shape=camera.shape.value,
        width_deg=width,
        height_deg=height,
        min_altitude_deg=_number(limits.min_altitude, u.deg, DEFAULT_MIN_ALTITUDE_DEG),
        moon_separation_deg=_number(limits.moon_separation, u.deg, DEFAULT_MOON_SEPARATION_DEG),
        twilight_deg=_number(limits.twilight, u.deg, -18.0),
        dec_min_deg=_number(limits.declination_min, u.deg, -90.0),
        dec_max_deg=_number(limits.declination_max, u.deg, 90.0),
        exposure_s=_number(telescope.default_exposure, u.s, DEFAULT_EXPOSURE_S),
        readout_s=_number(camera.readout, u.s, DEFAULT_READOUT_S),
        overhead_s=_number(camera.overhead, u.s, 0.0),
        slew_deg_per_s=_number(telescope.slew_rate, u.deg / u.s, DEFAULT_SLEW_DEG_PER_S),
        filter=telescope.default_filter.value or "",
        limiting_mag=telescope.limiting_magnitude.value,
        narrow=max(width, height) < NARROW_FIELD_DEG and not tiling,
        filters=camera.filters.value or (),
        filter_change_s=_number(camera.filter_change, u.s, 0.0),
        usage="" if telescope.usage.value in (None, UsageClass.UNKNOWN) else str(telescope.usage.value),
    )
