"""Exact outlines of the figures of notices: a mesh of tiles is coarser than the smallest circles and thinnest rings."""

from __future__ import annotations

import numpy as np
from scipy.special import erfinv

from .make import containment_of, frame_at

_OUTLINE_POINTS = 72
# Great circles between these keep to the edge of a wide ring within 4 arcsec.
_RING_POINTS = 360


def annulus_outlines(
    ra_deg: float, dec_deg: float, radius_deg: float, half_width_deg: float, containment: float | None, level: float
) -> list[list[list[float]]]:
    """Closed lines of a ring at a credible level, the outer one and the inner one, which turns the other way [deg].

    An edge that would lie beyond the centre or its antipode is left out; so is everything of a ring as wide as the sky.

    Raises
    ------
    SkyMapError
        ``bad-figures`` when the containment is none.
    """
    half = half_width_deg * float(erfinv(level) / erfinv(containment_of(containment)))
    inner, outer = radius_deg - half, radius_deg + half
    lines = []
    if 0 < outer < 180:
        lines.append(ellipse_outline(ra_deg, dec_deg, outer, outer, 0.0, _RING_POINTS))
    if 0 < inner < 180:
        lines.append(ellipse_outline(ra_deg, dec_deg, inner, inner, 0.0, _RING_POINTS)[::-1])
    return lines


def ellipse_outline(
    ra_deg: float,
    dec_deg: float,
    major_deg: float,
    minor_deg: float,
    position_angle_deg: float,
    points: int = _OUTLINE_POINTS,
) -> list[list[float]]:
    """Closed line of an ellipse on the sphere, ``[[ra, dec], ...]`` [deg], clockwise with east to the left."""
    frame = frame_at(ra_deg, dec_deg, position_angle_deg)
    turn = -np.linspace(0, 2 * np.pi, points + 1)
    axes = 2 * np.sin(np.radians([major_deg, minor_deg]) / 2)
    along, across = axes[0] * np.cos(turn), axes[1] * np.sin(turn)
    height = 1 - (along**2 + across**2) / 2
    shrink = np.sqrt((1 + height) / 2)
    vectors = height[:, None] * frame[0] + (shrink * along)[:, None] * frame[1] + (shrink * across)[:, None] * frame[2]
    ra = np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0])) % 360.0
    dec = np.degrees(np.arctan2(vectors[:, 2], np.hypot(vectors[:, 0], vectors[:, 1])))
    return [[round(float(x), 8), round(float(y), 8)] for x, y in zip(ra, dec, strict=True)]
