"""Which galaxies of a sky map are the likeliest hosts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tom_gcn.skymaps import SkyMap
from tom_gcn.skymaps.line_of_sight import ansatz_at

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Weight(StrEnum):
    """What counts besides the place."""

    NONE = "none"
    MASS = "mass"
    LUMINOSITY = "luminosity"


@dataclass(frozen=True, eq=False)
class Ranking:
    """Galaxies by falling score.

    Attributes
    ----------
    order : ndarray of int64, shape (k,)
        Which galaxies, the likeliest first; those that cannot be hosts are left out.
    share : ndarray of float64, shape (k,)
        Score over the sum of all scores: the probability of each, were the host in the catalogue.
    density : ndarray of float64, shape (k,)
        Probability density of the place [sr^-1], or with distances of the volume [sr^-1 Mpc^-3].
    """

    order: IntArray
    share: FloatArray
    density: FloatArray


def rank(
    skymap: SkyMap,
    ra_deg: ArrayLike,
    dec_deg: ArrayLike,
    distance_mpc: ArrayLike,
    distance_error_mpc: ArrayLike | None = None,
    weight: ArrayLike | None = None,
) -> Ranking:
    """Rank galaxies by the probability density at their places, times what their mass or light adds.

    Parameters
    ----------
    skymap : SkyMap
        With distances (three dimensions) or without (two).
    ra_deg, dec_deg, distance_mpc : array_like of float, shape (m,)
        Places of galaxies [deg], [deg], [Mpc].
    distance_error_mpc : array_like of float, shape (m,), or None
        Standard deviation of their distances [Mpc]; NaN where unknown, then taken as 0.
    weight : array_like of float, shape (m,), or None
        Mass or luminosity in any unit; NaN or 0 where unknown.

    Notes
    -----
    In three dimensions the density is ``rho N Normal(d; mu, s)`` with the map's columns PROBDENSITY, DISTNORM, DISTMU
    and ``s^2 = DISTSIGMA^2 + error^2`` (Singer et al. 2016, ApJS 226, 10, doi:10.3847/0067-0049/226/1/10, equation 5).
    A weight W makes of it ``p (1 + a W)`` with ``a = sum(p) / sum(p W)``, so that place and weight count alike and a
    galaxy without a known weight keeps its place's share (Ducoin et al. 2020, MNRAS 492, 4768,
    doi:10.1093/mnras/staa114, as in gwemopt's ``catalogs/get.py`` with ``beta = 1``).
    """
    density = _density(skymap, ra_deg, dec_deg, distance_mpc, distance_error_mpc)
    score = density if weight is None else density * (1 + _grade(density, np.asarray(weight, dtype=float)))
    order = np.argsort(-score, kind="stable")
    order = order[score[order] > 0]
    total = float(score.sum())
    return Ranking(order, score[order] / total if total > 0 else score[order], density[order])


def _density(
    skymap: SkyMap, ra_deg: ArrayLike, dec_deg: ArrayLike, distance_mpc: ArrayLike, error_mpc: ArrayLike | None
) -> FloatArray:
    density = skymap.density_at(ra_deg, dec_deg)
    if not skymap.has_distance:
        return density
    mu, sigma, norm = ansatz_at(skymap, ra_deg, dec_deg)
    if error_mpc is not None:
        sigma = np.hypot(sigma, np.nan_to_num(np.asarray(error_mpc, dtype=float)))
    depart = (np.asarray(distance_mpc, dtype=float) - mu) / sigma
    normal = np.exp(-0.5 * depart**2) / (np.sqrt(2 * np.pi) * sigma)
    # A tile without a distance says nothing of the volume.
    return np.asarray(np.nan_to_num(density * norm * normal, nan=0.0, posinf=0.0))


def _grade(density: FloatArray, weight: FloatArray) -> FloatArray:
    known = np.nan_to_num(weight, nan=0.0, posinf=0.0)
    mean = float((density * known).sum())
    return np.asarray(known * (float(density.sum()) / mean)) if mean > 0 else np.zeros(len(density))
