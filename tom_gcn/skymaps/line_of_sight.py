"""What a map says of the distance at a position."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .distance import conditional_moments
from .ranges import FloatArray, hpx29
from .skymap import SkyMap


def ansatz_at(skymap: SkyMap, ra_deg: ArrayLike, dec_deg: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Parameters of the distance distribution along lines of sight.

    Parameters
    ----------
    skymap : SkyMap
        With distances or without.
    ra_deg, dec_deg : array_like of float, shape (m,)
        ICRS [deg].

    Returns
    -------
    mu, sigma, norm : ndarray of float64, shape (m,)
        [Mpc], [Mpc], [Mpc^-2] of ``p(r) = norm r^2 Normal(r; mu, sigma)``; NaN where the map has no tile or its tile
        no distance.
    """
    cells = np.atleast_1d(hpx29(ra_deg, dec_deg))
    tile = np.maximum(np.searchsorted(skymap.lower, cells, side="right") - 1, 0)
    found = (cells >= skymap.lower[tile]) & (cells < skymap.upper[tile])
    if skymap.distmu is None or skymap.distsigma is None or skymap.distnorm is None:
        return np.full(cells.shape, np.nan), np.full(cells.shape, np.nan), np.full(cells.shape, np.nan)
    mu, sigma, norm = (column[tile] for column in (skymap.distmu, skymap.distsigma, skymap.distnorm))
    found &= np.isfinite(mu) & np.isfinite(sigma) & (sigma > 0) & np.isfinite(norm)
    return np.where(found, mu, np.nan), np.where(found, sigma, np.nan), np.where(found, norm, np.nan)


def distance_at(skymap: SkyMap, ra_deg: ArrayLike, dec_deg: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of distance, given the position.

    Returns
    -------
    mean, sigma : ndarray of float64, shape (m,)
        [Mpc]; NaN where the map does not say.
    """
    mu, sigma, _ = ansatz_at(skymap, ra_deg, dec_deg)
    known = np.isfinite(mu)
    mean, spread = np.full(mu.shape, np.nan), np.full(mu.shape, np.nan)
    if known.any():
        mean[known], spread[known] = conditional_moments(mu[known], sigma[known])
    return mean, spread
