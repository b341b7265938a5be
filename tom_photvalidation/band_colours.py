"""Pure: the colour of a filter in drawings, and how much the dust of our Galaxy dims what is seen through it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from tom_photvalidation.bandpasses import BANDS, Band

# Names of the colours in css/photometry.css, by the letter a filter is called by; case matters as it does for filters.
_BY_LETTER: Mapping[str, str] = MappingProxyType(
    {
        "u": "u", "U": "u", "B": "b", "b": "b", "g": "g", "V": "v", "v": "v", "r": "r", "R": "rc", "i": "i", "I": "ic",
        "z": "z", "Z": "z", "y": "y", "Y": "y", "J": "j", "H": "h", "K": "k", "Ks": "k",
    }
)  # fmt: skip
# From this wavelength (nm) on, for filters without such a letter.
_BY_WAVELENGTH = (
    (0, "uv"), (300, "u"), (400, "b"), (460, "g"), (520, "v"), (580, "r"), (700, "i"), (830, "z"), (940, "y"),
    (1100, "j"), (1450, "h"), (1950, "k"), (3000, "ic"),
)  # fmt: skip
_COLOURLESS = frozenset({"clear", "polarised"})


def band_colour(name: str) -> str:
    """Return the name of a filter's colour."""
    band = BANDS.get(name)
    if band is None:
        return "clear"
    if band.family in _COLOURLESS:
        return "clear"
    letter = band.label.split()[-1]
    return _BY_LETTER.get(letter) or _of_wavelength(band)


def _of_wavelength(band: Band) -> str:
    return [colour for start, colour in _BY_WAVELENGTH if band.wavelength_nm >= start][-1]


def extinction_per_ebv(wavelength_nm: float, r_v: float = 3.1) -> float:
    """Return A(lambda) / E(B-V) of Galactic dust, magnitudes; NaN outside 100 nm to 3300 nm.

    Cardelli, Clayton & Mathis 1989, ApJ 345, 245, equations 1 to 4, at one wavelength: good to a few per cent for
    broad filters.

    Parameters
    ----------
    wavelength_nm : effective wavelength of the filter, nm
    r_v : A(V) / E(B-V)
    """
    if not 100 <= wavelength_nm <= 3300:
        return math.nan
    x = 1000.0 / wavelength_nm
    if x < 1.1:
        a, b = 0.574 * x**1.61, -0.527 * x**1.61
    elif x < 3.3:
        a, b = _optical(x - 1.82)
    else:
        a, b = _ultraviolet(min(x, 8.0))
    return float(a * r_v + b)


def _optical(y: float) -> tuple[float, float]:
    of_a = (1, 0.17699, -0.50447, -0.02427, 0.72085, 0.01979, -0.77530, 0.32999)
    of_b = (0, 1.41338, 2.28305, 1.07233, -5.38434, -0.62251, 5.30260, -2.09002)
    return sum(c * y**k for k, c in enumerate(of_a)), sum(c * y**k for k, c in enumerate(of_b))


def _ultraviolet(x: float) -> tuple[float, float]:
    z = max(x - 5.9, 0.0)
    far_a = -0.04473 * z**2 - 0.009779 * z**3
    far_b = 0.2130 * z**2 + 0.1207 * z**3
    a = 1.752 - 0.316 * x - 0.104 / ((x - 4.67) ** 2 + 0.341) + far_a
    b = -3.090 + 1.825 * x + 1.206 / ((x - 4.62) ** 2 + 0.263) + far_b
    return a, b
