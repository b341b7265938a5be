"""A finding chart as SVG: north up, east left, stars by their magnitude, the field of the telescope, and a scale.

Drawn from numbers and escaped words only. On a page the style sheet colours it; a chart that is saved carries its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tom_grandma_facilities.finding.stars import Stars
from tom_grandma_facilities.telescope import Shape

SIDE = 640
MARGIN = 20
INNER = SIDE - 2 * MARGIN
NAMED_STARS = 8
_BRIGHT, _FAINT = 3.0, 10.0
_LARGEST, _SMALLEST = 9.0, 1.6
_SCALES_ARCMIN = (1, 2, 5, 10, 15, 30, 60, 120, 300)
_ALONE = """<style>
svg{background:#fff;font-family:sans-serif}text{fill:#111;font-size:12px}.chart-star{fill:#111}
.chart-galaxy,.chart-field,.chart-cross,.chart-frame,.chart-scale{fill:none;stroke:#111}
.chart-galaxy{stroke:#a33}.chart-field{stroke:#06c;stroke-dasharray:6 4}.chart-cross{stroke:#c00;stroke-width:2}
</style>"""


@dataclass(frozen=True, slots=True)
class Field:
    """What one exposure of a telescope shows, deg."""

    name: str
    shape: Shape
    width_deg: float
    height_deg: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Something with a name beside the target: a galaxy of a catalogue."""

    name: str
    ra_deg: float
    dec_deg: float


def finding_chart(
    name: str,
    ra_deg: float,
    dec_deg: float,
    side_deg: float,
    stars: Stars,
    *,
    galaxies: Sequence[Mark] = (),
    field: Field | None = None,
    image: str = "",
    alone: bool = False,
) -> str:
    """Draw the sky around a target.

    Parameters
    ----------
    name, ra_deg, dec_deg
        The target in the middle, deg, ICRS.
    side_deg
        Length of the chart's side, deg (below 90).
    stars, galaxies
        What stands around it; those outside are left out.
    field
        The telescope's field, centred on the target.
    image
        Address of a picture of the same square, tangentially projected with north up, that lies below the drawing.
    alone
        Whether the drawing carries its own colours, to be saved as a file.
    """
    sheet = _Sheet(ra_deg, dec_deg, side_deg)
    words = f"Finding chart of {name}: {_length(side_deg)} wide, north up, east left, {len(stars)} stars to 10 mag."
    parts = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="finding-chart" viewBox="0 0 {SIDE} {SIDE}" role="img">',
        f"<title>{escape(words)}</title>",
        _ALONE if alone else "",
        _picture(image),
        f'<rect class="chart-frame" x="{MARGIN}" y="{MARGIN}" width="{INNER}" height="{INNER}"/>',
        *_stars(sheet, stars),
        *(_galaxy(sheet, one) for one in galaxies),
        _field(sheet, field) if field else "",
        _cross(name),
        _compass(),
        _scale(sheet),
    )
    return "".join(parts) + "</svg>"


def tangential(
    ra_deg: ArrayLike, dec_deg: ArrayLike, ra0_deg: float, dec0_deg: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project positions on the plane that touches the sphere at a point.

    Returns
    -------
    xi, eta
        Towards east and north, deg; NaN for what lies on the other half of the sky.

    Notes
    -----
    The gnomonic projection, TAN of FITS (Calabretta & Greisen 2002, A&A 395, 1077, doi:10.1051/0004-6361:20021327).
    """
    ra, dec = np.radians(np.asarray(ra_deg, float) - ra0_deg), np.radians(np.asarray(dec_deg, float))
    dec0 = math.radians(dec0_deg)
    cosine = np.sin(dec0) * np.sin(dec) + np.cos(dec0) * np.cos(dec) * np.cos(ra)
    below = np.where(cosine > 0, cosine, np.nan)
    xi = np.cos(dec) * np.sin(ra) / below
    eta = (np.cos(dec0) * np.sin(dec) - np.sin(dec0) * np.cos(dec) * np.cos(ra)) / below
    return np.degrees(xi), np.degrees(eta)


class _Sheet:
    """Where on the paper a position stands."""

    def __init__(self, ra_deg: float, dec_deg: float, side_deg: float) -> None:
        self.ra_deg, self.dec_deg, self.side_deg = ra_deg, dec_deg, side_deg
        self.scale = INNER / side_deg

    def place(self, ra_deg: ArrayLike, dec_deg: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pixels from the left and from the top; NaN outside the chart."""
        xi, eta = tangential(ra_deg, dec_deg, self.ra_deg, self.dec_deg)
        inside = (np.abs(xi) <= self.side_deg / 2) & (np.abs(eta) <= self.side_deg / 2)
        return (
            np.where(inside, SIDE / 2 - xi * self.scale, np.nan),
            np.where(inside, SIDE / 2 - eta * self.scale, np.nan),
        )


def _stars(sheet: _Sheet, stars: Stars) -> list[str]:
    x, y = sheet.place(stars.ra_deg, stars.dec_deg)
    reach = (_FAINT - np.clip(stars.mag, _BRIGHT, _FAINT)) / (_FAINT - _BRIGHT)
    radius = _SMALLEST + (_LARGEST - _SMALLEST) * reach
    drawn = [i for i in range(len(stars)) if np.isfinite(x[i]) and np.isfinite(y[i])]
    dots = [f'<circle class="chart-star" cx="{x[i]:.1f}" cy="{y[i]:.1f}" r="{radius[i]:.1f}"/>' for i in drawn]
    names = [_label(x[i] + radius[i] + 3, y[i] + 4, f"{stars.mag[i]:.1f}") for i in drawn[:NAMED_STARS]]
    return dots + names


def _galaxy(sheet: _Sheet, galaxy: Mark) -> str:
    x, y = (float(one) for one in sheet.place(galaxy.ra_deg, galaxy.dec_deg))
    if math.isnan(x) or math.isnan(y):
        return ""
    return (
        f'<ellipse class="chart-galaxy" cx="{x:.1f}" cy="{y:.1f}" rx="8" ry="5"/>{_label(x + 11, y + 4, galaxy.name)}'
    )


def _field(sheet: _Sheet, field: Field) -> str:
    width, height = field.width_deg * sheet.scale, field.height_deg * sheet.scale
    middle = SIDE / 2
    words = _label(MARGIN + 6, SIDE - MARGIN - 8, f"{field.name}: {_size(field)}")
    if max(width, height) > INNER:
        return words + _label(MARGIN + 6, SIDE - MARGIN - 24, "Its field is larger than the chart.")
    if field.shape is Shape.CIRCLE:
        return f'<circle class="chart-field" cx="{middle}" cy="{middle}" r="{width / 2:.1f}"/>{words}'
    corner = f'x="{middle - width / 2:.1f}" y="{middle - height / 2:.1f}"'
    return f'<rect class="chart-field" {corner} width="{width:.1f}" height="{height:.1f}"/>{words}'


def _cross(name: str) -> str:
    """Lines that leave the target itself free."""
    middle, near, far = SIDE / 2, 10, 30
    ends = "".join(
        f"M{middle + x * near:.0f} {middle + y * near:.0f}L{middle + x * far:.0f} {middle + y * far:.0f}"
        for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))
    )
    return f'<path class="chart-cross" d="{ends}"/>{_label(middle + 14, middle - 14, name)}'


def _compass() -> str:
    x, y = SIDE - MARGIN - 24, MARGIN + 60
    arrows = f'<path class="chart-scale" d="M{x} {y}v-34M{x} {y}h-34"/>'
    return arrows + _label(x - 4, y - 38, "N") + _label(x - 46, y + 4, "E")


def _scale(sheet: _Sheet) -> str:
    length = max((one for one in _SCALES_ARCMIN if one / 60 <= sheet.side_deg / 4), default=_SCALES_ARCMIN[0])
    width = length / 60 * sheet.scale
    x, y = SIDE - MARGIN - 12 - width, SIDE - MARGIN - 14
    bar = f'<path class="chart-scale" d="M{x:.1f} {y - 4}v8m0 -4h{width:.1f}m0 -4v8"/>'
    return bar + _label(x, y - 8, _length(length / 60))


def _picture(image: str) -> str:
    if not image:
        return ""
    return f'<image href="{escape(image)}" x="{MARGIN}" y="{MARGIN}" width="{INNER}" height="{INNER}"/>'


def _label(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def _length(deg: float) -> str:
    return f"{deg:g}°" if deg >= 1 else f"{deg * 60:.3g}′"


def _size(field: Field) -> str:
    if field.shape is Shape.CIRCLE:
        return f"{_length(field.width_deg)} across"
    return f"{_length(field.width_deg)} × {_length(field.height_deg)}"
