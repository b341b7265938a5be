"""A light curve as a Gaussian process: what brightness one point should have, judged by all the others.

Magnitudes in the AB system are modelled over the logarithm of the age of the source. The covariance of two points is
the sum of

- a straight line in log age with a weak prior (a power law in flux), and one in log wavelength (a power-law spectrum);
- a Matern 3/2 process of log age that all bands share (breaks, bumps, flares), with the amplitude and length of a small
  grid that explain the object best, and a smaller one of each band (changes of colour);
- an offset of each band (lines, absorption, wide filters) and one of each telescope and band (calibration).

Points are weighed again and again as a Student t likelihood would, so that wild ones do not bend the curve; what a
point is compared with never contains the point itself (leave-one-out in closed form).

References
----------
.. [1] Rasmussen, C. E. and Williams, C. K. I., *Gaussian Processes for Machine Learning*, MIT Press 2006: equation 4.17
   (Matern), sections 5.4.1 (likelihood) and 5.4.2 (leave-one-out).
.. [2] Lange, K. L., Little, R. J. A. and Taylor, J. M. G. 1989, JASA 84, 881: the weights of a t likelihood.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import lapack

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

REFERENCE_NM = 600.0
YOUNGEST_DAYS = 1e-5
LARGEST_BLOCK = 400
OVERLAP = 60
FEWEST_POINTS = 5


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed before seeing the object; magnitudes, and decades of age or wavelength.

    Set by hand from the physics of afterglows (slope: 2.5 mag per decade is a flux falling as 1/t; colour: a spectrum
    as 1/nu) and from the published scatter between telescopes, then checked by halves of the objects in
    `manage.py score_checks`.
    """

    level_sd: float = 5.0
    slope: float = 2.5
    slope_sd: float = 2.5
    colour: float = -2.5
    colour_sd: float = 2.0
    series_sd: float = 0.25  # offset of a telescope in a band
    band_amplitude: float = 0.2
    band_length: float = 0.6
    jitter: float = 0.06
    amplitudes: tuple[float, ...] = (0.2, 0.5, 1.2)
    lengths: tuple[float, ...] = (0.12, 0.35, 0.9)
    freedom: float = 4.0  # degrees of freedom of the t likelihood
    wild: float = 6.0  # sigmas beyond which a point has no say
    rounds: int = 6
    choosing_rounds: tuple[int, ...] = (2, 4)
    scale_points: float = 4.0  # points of one telescope its own scatter must outvote


PRIOR = Prior()


@dataclass(frozen=True, eq=False)
class Points:
    """Detections of one object, arrays (n,).

    `x`: log10 of the age in days (`log_age`). `mag`, `error`: AB. `colour`: log10 of wavelength over 600 nm
    (`log_colour`). `band_sd`: how far the band may lie from the spectrum, mag (`band_spread`). `band`, `series`
    (telescope and band) and `telescope` are numbers that tell them apart.
    """

    x: Floats
    mag: Floats
    error: Floats
    colour: Floats
    band_sd: Floats
    band: Indices
    series: Indices
    telescope: Indices

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: Indices) -> Points:
        """Return some of the points."""
        return Points(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


def log_age(t_mjd: ArrayLike, t0_mjd: float) -> Floats:
    """Return log10 of days since T0; the first second counts as the second one."""
    return np.asarray(np.log10(np.maximum(np.asarray(t_mjd, dtype=np.float64) - t0_mjd, YOUNGEST_DAYS)))


def log_colour(wavelength_nm: ArrayLike) -> Floats:
    """Return log10 of wavelength over `REFERENCE_NM`."""
    return np.asarray(np.log10(np.asarray(wavelength_nm, dtype=np.float64) / REFERENCE_NM))


def band_spread(wavelength_nm: ArrayLike, is_wide: ArrayLike) -> Floats:
    """How far a band may lie from a power-law spectrum, mag: more in the blue (absorption) and for wide filters."""
    blue = np.asarray(wavelength_nm) < 450.0
    return 0.3 + 0.2 * np.asarray(is_wide, dtype=np.float64) + 0.3 * blue


def matern32(distance: Floats, length: float) -> Floats:
    """Matern 3/2 correlation ([1]_ equation 4.17)."""
    scaled = np.sqrt(3.0) / length * np.abs(distance)
    result: Floats = (1.0 + scaled) * np.exp(-scaled)
    return result


class Model:
    """A light curve fitted to points; `fit` makes it."""

    def __init__(self, points: Points, prior: Prior = PRIOR) -> None:
        self.points = points
        self.prior = prior
        self.middle = float(points.x.mean())
        self.level = float(np.median(points.mag - self._trend(points.x, points.colour, 0.0)))
        self.amplitude = prior.amplitudes[len(prior.amplitudes) // 2]
        self.length = prior.lengths[len(prior.lengths) // 2]
        self.noise = np.minimum(points.error, 1.0) ** 2 + prior.jitter**2
        self.weight = np.ones(len(points))
        self._fit()

    def _trend(self, x: Floats, colour: Floats, level: float) -> Floats:
        return level + self.prior.slope * (x - self.middle) + self.prior.colour * colour

    def _fixed(self, a: Points, b: Points) -> Floats:
        """Covariance (a, b) without the shared process."""
        prior = self.prior
        same_band = a.band[:, None] == b.band[None, :]
        own = a.band_sd[:, None] * b.band_sd[None, :]
        own = own + prior.band_amplitude**2 * matern32(a.x[:, None] - b.x[None, :], prior.band_length)
        covariance = prior.level_sd**2 + prior.slope_sd**2 * np.outer(a.x - self.middle, b.x - self.middle)
        covariance += prior.colour_sd**2 * np.outer(a.colour, b.colour) + same_band * own
        covariance += prior.series_sd**2 * (a.series[:, None] == b.series[None, :])
        result: Floats = covariance
        return result

    def _shared(self, a: Points, b: Points) -> Floats:
        return self.amplitude**2 * matern32(a.x[:, None] - b.x[None, :], self.length)

    def _fit(self) -> None:
        prior, points = self.prior, self.points
        fixed = self._fixed(points, points)
        distance = points.x[:, None] - points.x[None, :]
        self._off = points.mag - self._trend(points.x, points.colour, self.level)
        shapes = {length: matern32(distance, length) for length in prior.lengths}
        for number in range(prior.rounds):
            if number in prior.choosing_rounds:
                self._choose(fixed, shapes)
            self._solve(fixed + self.amplitude**2 * shapes[self.length])
            z = self.residual / np.sqrt(self.sigma**2 + self.noise)
            self.weight = np.minimum(1.0, (prior.freedom + 1.0) / (prior.freedom + z**2))  # [2]
            self.weight[np.abs(z) > prior.wild] = 1e-3
        self._solve(fixed + self.amplitude**2 * shapes[self.length])

    def _choose(self, fixed: Floats, shapes: dict[float, Floats]) -> None:
        """Take the amplitude and length under which the points are likeliest ([1]_ equation 5.8)."""
        best = -np.inf
        for length, shape in shapes.items():
            for amplitude in self.prior.amplitudes:
                factor = _factor(fixed + amplitude**2 * shape + np.diag(self.noise / self.weight))
                solved, _ = lapack.dpotrs(factor, self._off, lower=1)
                likelihood = -0.5 * float(self._off @ solved) - float(np.log(np.diag(factor)).sum())
                if likelihood > best:
                    best, self.amplitude, self.length = likelihood, amplitude, length

    def _solve(self, covariance: Floats) -> None:
        inverse, _ = lapack.dpotri(_factor(covariance + np.diag(self.noise / self.weight)), lower=1)
        self._inverse: Floats = np.tril(inverse) + np.tril(inverse, -1).T
        self._alpha: Floats = self._inverse @ self._off
        precision = np.diag(self._inverse)
        # [1] equation 5.12, the point's own noise taken out of the variance
        self.residual: Floats = self._alpha / precision
        self.sigma: Floats = np.sqrt(np.maximum(1.0 / precision - self.noise / self.weight, 1e-6))

    @cached_property
    def scale(self) -> Floats:
        """(n,) by how much each telescope scatters more than its errors say (at least 1), drawn to 1 for few points."""
        z = np.abs(self.residual) / np.sqrt(self.sigma**2 + self.noise)
        overall = max(1.0, 1.4826 * float(np.median(z)))
        scale = np.full(len(z), overall)
        for telescope in np.unique(self.points.telescope):
            mine = self.points.telescope == telescope
            n = int(mine.sum())
            if n >= self.prior.scale_points:
                scatter = 1.4826 * float(np.median(z[mine])) / overall
                shrunk = (n * scatter + self.prior.scale_points) / (n + self.prior.scale_points)
                scale[mine] = overall * max(1.0, shrunk)
        return scale

    @cached_property
    def spread(self) -> Floats:
        """(n,) standard deviation of each residual: prediction, error, and the telescope's scatter; mag."""
        return np.asarray(self.scale * np.sqrt(self.sigma**2 + self.noise))

    @cached_property
    def z(self) -> Floats:
        """(n,) leave-one-out residuals in their standard deviations."""
        return self.residual / self.spread

    def expected(self, at: Points, without: int | None = None) -> tuple[Floats, Floats]:
        """Return the AB magnitudes and their standard deviations at other times or in other bands.

        Parameters
        ----------
        at : where; its magnitudes and errors are not looked at
        without : index of a point that must have no say, in closed form
        """
        cross = self._fixed(at, self.points) + self._shared(at, self.points)
        own = np.diag(self._fixed(at, at)) + self.amplitude**2
        solved = cross @ self._inverse
        mean = self._trend(at.x, at.colour, self.level) + cross @ self._alpha
        variance = own - np.sum(solved * cross, axis=1)
        if without is not None:
            precision = self._inverse[without, without]
            mean = mean - solved[:, without] * self._alpha[without] / precision
            variance = variance + solved[:, without] ** 2 / precision
        return mean, np.sqrt(np.maximum(variance, 1e-6))

    def series_offset(self, series: int) -> tuple[float, float]:
        """Return the mean offset of one telescope in one band from all the others, and its standard deviation, mag.

        The points of the series are left out together, not one by one.
        """
        (mine,) = np.nonzero(self.points.series == series)
        precision = float(self._inverse[np.ix_(mine, mine)].sum())
        offset = float(self._alpha[mine].sum()) / precision
        # the prior of the offset itself is part of that variance and no uncertainty of what it is
        return offset, float(np.sqrt(max(1.0 / precision - self.prior.series_sd**2, 1e-4)))


def _factor(matrix: Floats) -> Floats:
    factor, info = lapack.dpotrf(matrix, lower=1)
    if info != 0:
        raise np.linalg.LinAlgError("The covariance of a light curve is not positive definite.")
    result: Floats = factor
    return result


def fit(points: Points, prior: Prior = PRIOR) -> Model:
    """Fit a light curve; for more than `LARGEST_BLOCK` points use `blocks`.

    Raises
    ------
    ValueError
        For fewer than `FEWEST_POINTS` points.
    """
    if len(points) < FEWEST_POINTS:
        raise ValueError(f"A light curve of {len(points)} points cannot be judged; {FEWEST_POINTS} are needed.")
    return Model(points, prior)


def blocks(points: Points) -> Iterator[tuple[Indices, Indices]]:
    """Cut a long light curve in time: yields (rows to fit, positions among them that this block judges).

    Each block also holds `OVERLAP` points on either side. A curve of at most `LARGEST_BLOCK` points is one block.
    """
    n = len(points)
    if n <= LARGEST_BLOCK:
        yield np.arange(n), np.arange(n)
        return
    order = np.argsort(points.x, kind="stable")
    core = LARGEST_BLOCK - 2 * OVERLAP
    for start in range(0, n, core):
        low, high = max(start - OVERLAP, 0), min(start + core + OVERLAP, n)
        yield order[low:high], np.arange(start - low, min(start + core, n) - low)
