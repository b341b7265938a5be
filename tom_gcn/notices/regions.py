"""Where something may be, in the figures of a notice. Angles are degrees, ICRS (J2000 where the sender means that).

A region keeps the containment its sender means, the probability that the source lies inside, because radii are printed
at 50 %, 68 % or 90 % depending on the mission. None stands for a sender who does not say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from .errors import NoticeError


@dataclass(frozen=True)
class Point:
    """A position without an error worth keeping."""

    ra_deg: float
    dec_deg: float


@dataclass(frozen=True)
class Cone:
    """A circle on the sky; `radius_deg` is larger than 0 and at most 180."""

    ra_deg: float
    dec_deg: float
    radius_deg: float
    containment: float | None


@dataclass(frozen=True)
class Ellipse:
    """Semi-axes, the longer first, and its position angle in [0, 180), from North through East.

    `printed` keeps the numbers in the order and length the sender gave them.
    """

    ra_deg: float
    dec_deg: float
    major_deg: float
    minor_deg: float
    position_angle_deg: float
    containment: float | None
    printed: tuple[float, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Polygon:
    """Corners (RA, Dec) in order, joined by great circles; at least three. The position is the best one, if stated."""

    corners: tuple[tuple[float, float], ...]
    containment: float | None
    ra_deg: float | None = None
    dec_deg: float | None = None


@dataclass(frozen=True)
class Annulus:
    """A ring about a centre, as two spacecraft give it: `radius_deg` ± `half_width_deg`."""

    ra_deg: float
    dec_deg: float
    radius_deg: float
    half_width_deg: float
    containment: float | None


Region = Point | Cone | Ellipse | Polygon | Annulus


def read_position(ra: object, dec: object) -> tuple[float, float]:
    """RA in [0, 360) and Dec in [-90, 90] out of what a message says [deg].

    Raises
    ------
    NoticeError
        ``bad-position`` when it is no place on the sky.
    """
    try:
        ra_deg, dec_deg = float(str(ra)), float(str(dec))
    except ValueError:
        ra_deg = dec_deg = math.nan
    # Written so that a NaN fails too.
    if not (abs(dec_deg) <= 90 and -360 <= ra_deg <= 360):
        shown = f"({str(ra)[:30]!r}, {str(dec)[:30]!r})"
        raise NoticeError("bad-position", f"The position is {shown}.", "RA lies in 0 to 360, Dec in -90 to 90 degrees.")
    return ra_deg % 360.0, dec_deg
