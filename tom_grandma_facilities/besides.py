"""Declares an observatory beside the network: what a request needs of it, and nothing that plans would need."""

from __future__ import annotations

from typing import Any

from astropy import units as u

from tom_grandma_facilities.telescope import (
    PROJECT_DEFAULT,
    Camera,
    Fact,
    Limits,
    Mode,
    Site,
    Telescope,
    UsageClass,
)

NOT_NEEDED = "not needed: it is asked by its own service and never planned here"
NOTHING: Fact[Any] = Fact(None, NOT_NEEDED)


def observatory(
    name: str,
    full_name: str,
    *,
    source: str,
    site: tuple[float, float, float] | None = None,
    site_note: str = "",
    filters: tuple[str, ...] = (),
    exposure_s: float | None = None,
    default_filter: str | None = None,
    aliases: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
    space: bool = False,
    survey: bool = False,
) -> Telescope:
    """Return a telescope of which only the given facts are known.

    Parameters
    ----------
    site
        Geodetic latitude and longitude (positive to the east) [deg] and height above the sea [m], as `source` has them.
    filters
        Names that its service takes, as `source` has them.
    exposure_s, default_filter
        What a form begins with: the project's choice.
    """
    latitude, longitude, elevation = site or (None, None, None)
    return Telescope(
        name=name,
        full_name=full_name,
        site=Site(
            latitude=Fact(None if latitude is None else latitude * u.deg, source, site_note),
            longitude=Fact(None if longitude is None else longitude * u.deg, source, site_note),
            elevation=Fact(None if elevation is None else elevation * u.m, source, site_note),
        ),
        aperture=NOTHING,
        cameras=(Camera(name="by its service", kind="imager", filters=Fact(filters or None, source)),),
        limits=Limits(NOTHING, NOTHING, NOTHING, NOTHING, Fact(-18.0 * u.deg, PROJECT_DEFAULT)),
        slew_rate=NOTHING,
        default_exposure=Fact(None if exposure_s is None else exposure_s * u.s, PROJECT_DEFAULT),
        default_filter=Fact(default_filter, PROJECT_DEFAULT),
        limiting_magnitude=NOTHING,
        cookbook_limit=NOTHING,
        mode=Fact(Mode.UNKNOWN, NOT_NEEDED),
        usage=Fact(UsageClass.UNKNOWN, NOT_NEEDED),
        trigger=NOTHING,
        robotic=Fact(True, source),
        membership=Fact(None, source, "Not a telescope of the network"),
        status=NOTHING,
        aliases=aliases,
        notes=notes,
        space=space,
        survey=survey,
    )
