"""The sky map as SVG: regions of the localization, planned footprints, Sun, Moon and Galactic plane."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np

from tom_gcn.drawings.mollweide import Mollweide
from tom_gcn.drawings.outlines import Line, contains, line_path, outline_path

WIDTH = 720.0
MARGIN = 6.0
# Okabe and Ito 2008, the alike orange and vermilion far apart; yellow darkened to be seen on white.
LIGHT = ("#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#0072B2", "#D55E00", "#A38F00", "#1B2128")
# Seven, so that with eight colours no two of 56 telescopes look the same; outlines about (0, 0), 5 units in radius.
_SYMBOLS = (
    "M-4.5 0A4.5 4.5 0 1 0 4.5 0A4.5 4.5 0 1 0 -4.5 0Z",
    "M0 -5L4.8 3.6H-4.8Z",
    "M-4 -4H4V4H-4Z",
    "M-1.5 -5H1.5V-1.5H5V1.5H1.5V5H-1.5V1.5H-5V-1.5H-1.5Z",
    "M0 -5.5L4 0L0 5.5L-4 0Z",
    "M0 5L4.8 -3.6H-4.8Z",
    "M0 -2.1L2.6 -4.7L4.7 -2.6L2.1 0L4.7 2.6L2.6 4.7L0 2.1L-2.6 4.7L-4.7 2.6L-2.1 0L-4.7 -2.6L-2.6 -4.7Z",
)
_GALACTIC_POLE = (192.85948, 27.12825)  # ICRS degrees; Perryman et al. 1997, The Hipparcos Catalogue, vol. 1, 1.5.3


@dataclass(frozen=True, slots=True)
class SkyPicture:
    """What is drawn. Positions are (ra, dec) in degrees ICRS, regions closed lines by credible level.

    What `is_small` cannot be seen on a map of the whole sky: its most probable position is marked. `is_close` shows the
    part of the sky with footprints and regions only, as far as that is a small one.
    """

    title: str
    regions: Mapping[float, Sequence[Line]] = field(default_factory=dict)
    peak: tuple[float, float] | None = None
    footprints: Mapping[int, Sequence[Line]] = field(default_factory=dict)
    sun: tuple[float, float] | None = None
    moon: tuple[float, float] | None = None
    is_small: bool = False
    is_close: bool = False


def draw_sky(picture: SkyPicture) -> str:
    """Return the SVG of a whole-sky map centred on the most probable position."""
    projection = Mollweide(WIDTH, picture.peak[0] if picture.peak else 180.0)
    near = _near(picture, projection) if picture.is_close else None
    parts = [
        _graticule(projection),
        _regions(picture, projection),
        _galactic_plane(projection),
        _footprints(picture, projection),
        _mark(picture, projection),
        _body(picture.sun, "sun", "Sun", projection),
        _body(picture.moon, "moon", "Moon", projection),
    ]
    ellipse = f'cx="{WIDTH / 2}" cy="{WIDTH / 4}" rx="{WIDTH / 2}" ry="{WIDTH / 4}"'
    box = near or f"{-MARGIN} {-MARGIN} {WIDTH + 2 * MARGIN} {WIDTH / 2 + 2 * MARGIN}"
    name = "sky-picture sky-close" if near else "sky-picture"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{name}" viewBox="{box}" role="img">'
        f"<title>{escape(picture.title)}</title>"
        f'<defs><clipPath id="sky-edge"><ellipse {ellipse}/></clipPath></defs>'
        f'<ellipse class="sky-ground" {ellipse} fill="#fff" stroke="none"/>'
        f'<g clip-path="url(#sky-edge)" fill="none">{"".join(parts)}</g>'
        f'<ellipse class="sky-rim" {ellipse} fill="none" stroke="#1b2128" stroke-width="1.2"/>'
        f"{_hours(projection, [body for body in (picture.sun, picture.moon) if body])}</svg>"
    )


def _near(picture: SkyPicture, projection: Mollweide) -> str | None:
    """The view box around what is drawn, twice as wide as high; None when it takes more than half of the map."""
    lines = [line for lines in (*picture.regions.values(), *picture.footprints.values()) for line in lines]
    points = [point for line in lines for point in line]
    if not points:
        return None
    ra, dec = np.array(points, dtype=float)[:, :2].T
    x, y = projection.project(ra, dec).T
    width = max(float(np.ptp(x)), 2 * float(np.ptp(y))) * 1.15
    if width > projection.width / 2:
        return None
    left, top = (float(x.min() + x.max()) - width) / 2, (float(y.min() + y.max()) - width / 2) / 2
    return f"{left:.2f} {top:.2f} {width:.2f} {width / 2:.2f}"


def symbol(place: int) -> str:
    """Outline of the symbol of a telescope, as SVG path data; `place` is its place in the order of colours."""
    return _SYMBOLS[place % len(_SYMBOLS)]


def galactic_plane(steps: int = 120) -> list[tuple[float, float]]:
    """Points (ra, dec) in degrees ICRS along the Galactic equator."""
    ra_pole, dec_pole = np.radians(_GALACTIC_POLE)
    pole = np.array([np.cos(dec_pole) * np.cos(ra_pole), np.cos(dec_pole) * np.sin(ra_pole), np.sin(dec_pole)])
    first = np.array([-np.sin(ra_pole), np.cos(ra_pole), 0.0])
    second = np.cross(pole, first)
    angle = np.linspace(0, 2 * np.pi, steps, endpoint=False)[:, None]
    x, y, z = (np.cos(angle) * first + np.sin(angle) * second).T
    return list(zip((np.degrees(np.arctan2(y, x)) % 360).tolist(), np.degrees(np.arcsin(z)).tolist(), strict=True))


def _graticule(projection: Mollweide) -> str:
    dec = np.linspace(-90, 90, 37)
    meridians = [projection.place(np.full_like(dec, longitude), dec) for longitude in _hour_longitudes(projection)]
    parallels = [projection.place([-180.0, 180.0], np.full(2, dec_deg)) for dec_deg in (-60, -30, 0, 30, 60)]
    data = " ".join("M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in line) for line in (*meridians, *parallels))
    return f'<path class="sky-grid" d="{data}" stroke="#d5dbe1" stroke-width="0.8"/>'


def _hour_longitudes(projection: Mollweide) -> list[float]:
    return [float(projection.longitudes(30.0 * step)) for step in range(12)]


def _hours(projection: Mollweide, bodies: Sequence[tuple[float, float]]) -> str:
    """Labels of right ascension along the equator, but for those where a body and its name stand."""
    taken = [projection.project(*body) for body in bodies]
    labels = []
    for step in range(12):
        longitude = float(projection.longitudes(30.0 * step))
        if abs(longitude) < 172:
            x, y = projection.place(longitude, 0.0)
            if all(abs(x - left) > 45 or abs(y - top) > 16 for left, top in taken):
                labels.append(f'<text x="{x + 2:.1f}" y="{y - 3:.1f}">{2 * step}h</text>')
    return f'<g class="sky-label" font-size="10" font-family="sans-serif" fill="#55606c">{"".join(labels)}</g>'


def _regions(picture: SkyPicture, projection: Mollweide) -> str:
    parts = []
    for level, rings in sorted(picture.regions.items(), reverse=True):
        name = f"{100 * level:.0f}"
        dashes = "" if level <= 0.5 else ' stroke-dasharray="4 2.5"'
        parts.append(
            f'<path class="region region-{name}" d="{_filled(rings, picture.peak, projection)}" fill="#0b57a4"'
            f' fill-opacity="{0.34 if level <= 0.5 else 0.15}" fill-rule="evenodd"/>'
            f'<path class="contour contour-{name}" d="{line_path(rings, projection)}" stroke="#b34700"'
            f' stroke-width="1.3"{dashes}/>'
        )
    return "".join(parts)


def _filled(rings: Sequence[Line], peak: tuple[float, float] | None, projection: Mollweide) -> str:
    """Path of a region. A ring on a sphere has two sides: the peak, which every region holds, tells which is meant."""
    data = outline_path(rings, projection)
    if peak is not None and rings and not contains(rings, peak, projection):
        data += f" M0,0H{projection.width}V{projection.height}H0Z"
    return data


def _galactic_plane(projection: Mollweide) -> str:
    data = line_path([galactic_plane()], projection)
    return f'<path class="galaxy" d="{data}" stroke="#55606c" stroke-width="1" stroke-dasharray="1 3"/>'


def _footprints(picture: SkyPicture, projection: Mollweide) -> str:
    return "".join(
        f'<path class="tel tel-{index % len(LIGHT)}" d="{line_path(polygons, projection)}"'
        f' stroke="{LIGHT[index % len(LIGHT)]}" stroke-width="1.2"/>'
        for index, polygons in picture.footprints.items()
        if polygons
    )


def _mark(picture: SkyPicture, projection: Mollweide) -> str:
    """Four ticks around the most probable position."""
    if picture.peak is None or not picture.is_small:
        return ""
    x, y = projection.project(*picture.peak)
    ticks = " ".join(
        f"M{x + 6 * dx:.1f},{y + 6 * dy:.1f}L{x + 15 * dx:.1f},{y + 15 * dy:.1f}"
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
    )
    return f'<path class="mark" d="{ticks}" stroke="#b34700" stroke-width="2"/>'


def _body(position: tuple[float, float] | None, name: str, word: str, projection: Mollweide) -> str:
    if position is None:
        return ""
    x, y = projection.project(*position)
    anchor = "end" if x > projection.width * 0.85 else "start"
    offset = -10 if anchor == "end" else 10
    colour = "#8f5b00" if name == "sun" else "#55606c"
    return (
        f'<circle class="{name}" cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{colour}" stroke="#fff"/>'
        f'<text class="sky-label" x="{x + offset:.1f}" y="{y + 4:.1f}" font-size="11" font-family="sans-serif"'
        f' text-anchor="{anchor}" fill="#55606c">{word}</text>'
    )
