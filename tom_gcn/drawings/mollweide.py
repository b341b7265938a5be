"""The Mollweide projection of the sky, right ascension increasing to the left.

Snyder, J. P. 1987, Map Projections: A Working Manual, USGS Professional Paper 1395, p. 249.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
_NEWTON_STEPS = 12


@dataclass(frozen=True, slots=True)
class Mollweide:
    """A whole-sky ellipse of a given width in user units, twice as wide as high, `centre_ra_deg` in its middle."""

    width: float
    centre_ra_deg: float = 180.0

    @property
    def height(self) -> float:
        """Height of the ellipse."""
        return self.width / 2

    def longitudes(self, ra_deg: npt.ArrayLike) -> FloatArray:
        """Degrees to the right of the centre, -180 to 180, not yet unwrapped along a line."""
        offset = self.centre_ra_deg - np.asarray(ra_deg, dtype=float)
        return np.asarray((offset + 180.0) % 360.0 - 180.0)

    def place(self, longitude_deg: npt.ArrayLike, dec_deg: npt.ArrayLike) -> FloatArray:
        """Coordinates (n, 2) of points given by `longitudes` and declination; longitudes beyond 180 fall outside."""
        longitude = np.asarray(longitude_deg, dtype=float)
        theta = _auxiliary_angle(np.radians(np.clip(np.asarray(dec_deg, dtype=float), -90.0, 90.0)))
        half = self.width / 2
        x = half * (1 + longitude / 180.0 * np.cos(theta))
        y = half / 2 * (1 - np.sin(theta))
        return np.stack(np.broadcast_arrays(x, y), axis=-1)

    def project(self, ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike) -> FloatArray:
        """Coordinates (n, 2) of points on the sky, degrees ICRS."""
        return self.place(self.longitudes(ra_deg), dec_deg)


def _auxiliary_angle(dec_rad: FloatArray) -> FloatArray:
    """Solve 2 theta + sin 2 theta = pi sin dec by Newton's method; at the poles, where it stalls, theta is dec."""
    target = np.pi * np.sin(dec_rad)
    theta = dec_rad * 0.9
    for _ in range(_NEWTON_STEPS):
        slope = 2 + 2 * np.cos(2 * theta)
        theta = theta - (2 * theta + np.sin(2 * theta) - target) / np.maximum(slope, 1e-9)
    at_pole = np.abs(np.abs(dec_rad) - np.pi / 2) < 1e-6
    return np.asarray(np.clip(np.where(at_pole, dec_rad, theta), -np.pi / 2, np.pi / 2))
