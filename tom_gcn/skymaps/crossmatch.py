"""Two sky maps together: how much they agree, their product, and how often chance would do the same."""

from __future__ import annotations

import numpy as np

from .errors import SkyMapError
from .ranges import FloatArray, IntArray
from .skymap import SkyMap


def overlap_integral(one: SkyMap, other: SkyMap) -> float:
    """Agreement of two maps: ``4 pi`` times the integral of the product of their densities.

    1 where one of them knows nothing, above 1 where they agree, 0 where they exclude each other (Ashton et al. 2018,
    doi:10.3847/1538-4357/aabfd2, equation 8, with an even prior over the sky).
    """
    in_one, in_other = _common_tiles(one, other)
    area = np.minimum(one.pixel_area_sr[in_one], other.pixel_area_sr[in_other])
    return float(4 * np.pi * np.sum(one.probdensity[in_one] * other.probdensity[in_other] * area))


def product(one: SkyMap, other: SkyMap) -> SkyMap:
    """Map of a source that both maps are about: the normalised product, with the finer tile of each pair.

    Distances are those of `one`; of `other` where `one` has none.

    Raises
    ------
    SkyMapError
        ``no-overlap`` when the maps exclude each other.
    """
    in_one, in_other = _common_tiles(one, other)
    density = one.probdensity[in_one] * other.probdensity[in_other]
    area = np.minimum(one.pixel_area_sr[in_one], other.pixel_area_sr[in_other])
    total = float(np.sum(density * area))
    if not total > 0:
        raise SkyMapError("no-overlap", "The two maps exclude each other.", "They are not about one source.")
    is_finer = one.order[in_one] >= other.order[in_other]
    uniq = np.where(is_finer, one.uniq[in_one], other.uniq[in_other])
    keep = density > 0
    source, index = (one, in_one) if one.has_distance else (other, in_other)

    def taken(column: FloatArray | None) -> FloatArray | None:
        return None if column is None else column[index][keep]

    return SkyMap(
        uniq[keep], density[keep] / total, taken(source.distmu), taken(source.distsigma), taken(source.distnorm)
    )


def joint_false_alarm_rate_hz(far_hz: float, external_rate_hz: float, window_s: float, overlap: float) -> float:
    """Rate at which chance brings such a pair [Hz]: ``far * rate * window / overlap``.

    Parameters
    ----------
    far_hz : float
        False alarm rate of the gravitational-wave candidate [Hz].
    external_rate_hz : float
        Rate of the other kind of event, all of them [Hz].
    window_s : float
        Length of the search window in time [s].
    overlap : float
        `overlap_integral`; 1 leaves the sky aside.

    Notes
    -----
    LVK's RAVEN for untargeted searches, https://ligo-raven.readthedocs.io/en/latest/joint_far.html, and its function
    `ligo.raven.search.coinc_far`; described in Urban 2016 and Piotrzkowski 2022 (PhD theses, UW-Milwaukee).
    """
    if min(far_hz, external_rate_hz, window_s, overlap) < 0:
        raise ValueError("Rates, windows and overlaps are not negative.")
    return far_hz * external_rate_hz * window_s / overlap if overlap > 0 else float("inf")


def chance_rate_hz(one_hz: float, other_hz: float, window_s: float, overlap: float) -> float:
    """Rate at which two unrelated real events make such a pair [Hz]: ``one * other * window / overlap``.

    Parameters
    ----------
    one_hz, other_hz : float
        Rates at which events of the two kinds are announced [Hz].
    window_s : float
        Length of the search window in time [s].
    overlap : float
        `overlap_integral`; 1 leaves the sky aside.

    Notes
    -----
    `joint_false_alarm_rate_hz` with the rate of announced gravitational waves in the place of a false alarm rate, as
    LVK does for waves that are certain by themselves (GCN Circular 38356 on S241125n).
    """
    return joint_false_alarm_rate_hz(one_hz, other_hz, window_s, overlap)


def _common_tiles(one: SkyMap, other: SkyMap) -> tuple[IntArray, IntArray]:
    """Pairs of tiles that lie in one another, ordered on the sky; tiles of two maps are nested or apart."""
    ones, in_other = _inside(one, other)
    others, in_one = _inside(other, one)
    # Where both are of one order each lies in the other: count it once.
    finer = other.order[others] > one.order[in_one]
    first = np.concatenate([ones, in_one[finer]])
    second = np.concatenate([in_other, others[finer]])
    rank = np.argsort(np.maximum(one.lower[first], other.lower[second]), kind="stable")
    return first[rank], second[rank]


def _inside(inner: SkyMap, outer: SkyMap) -> tuple[IntArray, IntArray]:
    """Tiles of `inner` that lie in a tile of `outer`, and that tile."""
    tile = np.maximum(np.searchsorted(outer.lower, inner.lower, side="right") - 1, 0)
    held = (inner.lower >= outer.lower[tile]) & (inner.upper <= outer.upper[tile])
    return np.flatnonzero(held), tile[held]
