"""Distance along the line of sight: moments of the LVK distance ansatz.

In each tile the luminosity distance r [Mpc] follows ``p(r) = N r^2 Normal(r; mu, sigma)`` for r > 0 (Singer, Chen &
Holz 2016, ApJS 226, 10, doi:10.3847/0067-0049/226/1/10).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_ndtr

from .ranges import FloatArray

# At this mu/sigma the recursion has lost as many digits to cancellation as the series lacks: both are right to 1e-6.
_FAR_BELOW_ZERO = -13.0
_TERMS = 7
# Luminosity distance of a redshift of about 80, before there were stars; what is beyond is a fault of the map.
_FARTHEST_MPC = 1e6


def conditional_moments(distmu: ArrayLike, distsigma: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of distance in each tile.

    Parameters
    ----------
    distmu, distsigma : array_like of float, shape (n,)
        Location and scale of the ansatz [Mpc], finite, distsigma > 0.

    Returns
    -------
    mean, sigma : ndarray of float64, shape (n,)
        [Mpc]
    """
    scale = np.asarray(distsigma, dtype=float)
    z = np.asarray(distmu, dtype=float) / scale
    second, third, fourth = np.where(z > _FAR_BELOW_ZERO, _recursion(z), _asymptotic(z))
    mean = third / second
    variance = np.maximum(fourth / second - mean**2, 0.0)
    return scale * mean, scale * np.sqrt(variance)


def _recursion(z: FloatArray) -> FloatArray:
    """Second to fourth moments of a unit normal at z cut at zero, by M[k] = z M[k-1] + (k-1) M[k-2]."""
    hazard = np.exp(-0.5 * z**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(z))
    first = z + hazard
    second = z * first + 1
    third = z * second + 2 * first
    return np.array([second, third, z * third + 3 * second])


def _asymptotic(z: FloatArray) -> FloatArray:
    """The same moments, up to one factor, for z << 0, where the density falls off like exp(z r).

    The integral of ``r^k exp(z r) exp(-r^2 / 2)`` with the last factor as a series, term by term.
    """
    rate = np.maximum(-z, -_FAR_BELOW_ZERO)
    return np.array([sum(_term(k, n, rate) for n in range(_TERMS)) for k in (2, 3, 4)])


def _term(k: int, n: int, rate: FloatArray) -> FloatArray:
    coefficient = (-1) ** n * math.factorial(k + 2 * n) / (math.factorial(n) * 2**n)
    return np.asarray(coefficient / rate ** (k + 2 * n + 1))


def plausible(mean: float | None, sigma: float | None) -> tuple[float, float] | None:
    """Mean and standard deviation of a distance [Mpc] that can be one, else None."""
    if mean is None or sigma is None or not (0 < mean <= _FARTHEST_MPC and 0 <= sigma <= _FARTHEST_MPC):
        return None
    return mean, sigma


def marginal_moments(probability: FloatArray, distmu: FloatArray, distsigma: FloatArray) -> tuple[float, float] | None:
    """Mean and standard deviation of distance over the whole sky.

    Parameters
    ----------
    probability, distmu, distsigma : ndarray of float64, shape (n,)
        Probability of each tile and its ansatz parameters [Mpc]. Tiles with no distance (a value that is not finite)
        are left out and the rest is normalised.

    Returns
    -------
    (mean, sigma) [Mpc], or None when no tile with probability has a distance, or the result can be none.
    """
    good = (probability > 0) & np.isfinite(distmu) & np.isfinite(distsigma) & (distsigma > 0)
    weight = probability[good]
    if weight.sum() <= 0:
        return None
    weight = weight / weight.sum()
    # Parameters of any size may stand in a file; what overflows is no distance in the end.
    with np.errstate(all="ignore"):
        mean, sigma = conditional_moments(distmu[good], distsigma[good])
        average = float(weight @ mean)
        variance = float(weight @ (sigma**2 + mean**2)) - average * average
    return plausible(average, math.sqrt(max(variance, 0.0)) if math.isfinite(variance) else math.nan)
