"""Names of columns: those of SkyPortal's upload, and what else teams call them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of an upload."""

    name: str
    help: str
    required: bool = False
    aliases: tuple[str, ...] = ()


COLUMNS: tuple[Column, ...] = (
    Column("observation_id", "the team's own, unique per telescope", True, ("obs_id", "id")),
    Column(
        "telescope",
        "name in the registry; not needed where the upload is for one telescope",
        aliases=("telescope_name", "telescopename", "instrument", "instrument_name", "instrumentname"),
    ),
    Column("field_id", "field of the plan; instead of RA and Dec, or beside them", aliases=("field", "fieldid")),
    Column("ra", "centre, deg, ICRS", aliases=("ra_deg", "right_ascension")),
    Column("dec", "centre, deg, ICRS", aliases=("dec_deg", "declination")),
    Column(
        "obstime",
        "start of the exposure, UTC: ISO 8601, MJD, JD or what else astropy reads",
        True,
        ("obs_time", "date_obs", "time", "start"),
    ),
    Column("filter", "as the team names it", True, ("filt", "band")),
    Column("exposure_time", "s", True, ("exposure_s", "exptime", "exposure", "exposure_time_s")),
    Column("seeing", "arcsec", aliases=("seeing_arcsec", "fwhm")),
    Column("limmag", "limiting magnitude, AB", aliases=("limiting_mag", "limiting_magnitude", "maglim", "depth")),
    Column("airmass", "1 or more"),
    Column("target_name", "free text", aliases=("target", "object")),
    Column("processed_fraction", "usable part of the image, 0 to 1", aliases=("processed",)),
)
REQUIRED = tuple(column.name for column in COLUMNS if column.required)
_BY_NAME: Mapping[str, str] = {name: column.name for column in COLUMNS for name in (column.name, *column.aliases)}


def known_as(name: object) -> str | None:
    """Return our name of a column, whatever case, blanks and hyphens it is written with; None when it is not ours."""
    return _BY_NAME.get(str(name).strip().lstrip("\ufeff#").strip().casefold().replace(" ", "_").replace("-", "_"))
