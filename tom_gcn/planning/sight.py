"""How likely each telescope would see the source, if it looked there: its depth against the map's distances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from tom_gcn.planning.geometry import FloatArray, IntArray
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.skymaps import SkyMap


@dataclass(frozen=True, eq=False)
class Sight:
    """The probability that a telescope sees the source, in every direction.

    Attributes
    ----------
    lower : ndarray of int, shape (m,)
        First order-29 cell of every tile of the map, rising.
    shares : ndarray, shape (t, m)
        Probability for each telescope and tile, 0..1.
    """

    lower: IntArray
    shares: FloatArray

    def of(self, telescope: int, cells: IntArray) -> FloatArray:
        """Return the probability for one telescope at order-29 cells, shape (n,)."""
        tile = np.maximum(np.searchsorted(self.lower, cells, side="right") - 1, 0)
        return np.asarray(self.shares[telescope][tile])


def reach_mpc(depth_mag: float, absolute_mag: float) -> float:
    """Return the luminosity distance [Mpc] at which a source of an absolute magnitude is as bright as the depth.

    ``m - M = 5 log10(d / 10 pc)``, without extinction and K correction.
    """
    return float(10.0 ** ((depth_mag - absolute_mag - 25.0) / 5.0))


def share_within(mu: FloatArray, sigma: FloatArray, norm: FloatArray, reach: float) -> FloatArray:
    """Return the probability that the source is nearer than a distance, along each line of sight.

    The integral of ``norm r^2 Normal(r; mu, sigma)`` from 0 to ``reach`` (Singer et al. 2016, ApJS 226, 10,
    doi:10.3847/0067-0049/226/1/10) in closed form.

    Parameters
    ----------
    mu, sigma, norm : ndarray, shape (m,)
        The map's columns [Mpc], [Mpc], [Mpc^-2]; where they say nothing the answer is 1.
    reach : float
        [Mpc]
    """
    known = np.isfinite(mu) & np.isfinite(sigma) & (sigma > 0.0) & np.isfinite(norm)
    result = np.ones(len(mu))
    m, s = mu[known], sigma[known]
    low, high = -m / s, (reach - m) / s
    curve = [np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi) for x in (low, high)]
    inside = (m * m + s * s) * (ndtr(high) - ndtr(low))
    inside += s * ((2.0 * m + s * low) * curve[0] - (2.0 * m + s * high) * curve[1])
    result[known] = np.clip(norm[known] * inside, 0.0, 1.0)
    return result


def sight_of(skymap: SkyMap, telescopes: Sequence[PlanTelescope], absolute_mag: float) -> Sight | None:
    """Return what telescopes can see of a source; None when the map has no distances or no depth is known.

    A telescope of unknown depth counts like the shallowest one that is known.
    """
    depths = [telescope.limiting_mag for telescope in telescopes if telescope.limiting_mag is not None]
    mu, sigma, norm = skymap.distmu, skymap.distsigma, skymap.distnorm
    if mu is None or sigma is None or norm is None or not depths:
        return None
    each = [min(depths) if one.limiting_mag is None else one.limiting_mag for one in telescopes]
    by_depth = {depth: share_within(mu, sigma, norm, reach_mpc(depth, absolute_mag)) for depth in set(each)}
    return Sight(skymap.lower, np.stack([by_depth[depth] for depth in each]))
