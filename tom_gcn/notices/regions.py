"""Where something may be, in the figures of a notice. Angles are degrees, ICRS (J2000 where the sender means that).

A region keeps the containment its sender means, the probability that the source lies inside, because radii are printed
at 50 %, 68 % or 90 % depending on the mission. None stands for a sender who does not say.
"""

from __future__ import annotations

from dataclasses import dataclass


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
    """Semi-axes, and the position angle of the major one, from North through East."""

    ra_deg: float
    dec_deg: float
    major_deg: float
    minor_deg: float
    position_angle_deg: float
    containment: float | None


@dataclass(frozen=True)
class Polygon:
    """Corners (RA, Dec) in order, joined by great circles; at least three."""

    corners: tuple[tuple[float, float], ...]
    containment: float | None


@dataclass(frozen=True)
class Annulus:
    """A ring about a centre, as two spacecraft give it: `radius_deg` ± `half_width_deg`."""

    ra_deg: float
    dec_deg: float
    radius_deg: float
    half_width_deg: float
    containment: float | None


Region = Point | Cone | Ellipse | Polygon | Annulus
