"""How probable it is that a source would have been seen, for all absolute magnitudes at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tom_gcn.coverage import Footprint
from tom_gcn.skymaps import SkyMap, cone_ranges

from .inject import COUNT, SEED, Injections, inject
from .sources import Source, distance_modulus

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_TIMES = 10


@dataclass(frozen=True, eq=False)
class Looks:
    """Exposures, planned or done.

    Attributes
    ----------
    fields : sequence of Footprint, length n
    days : ndarray of float64, shape (n,)
        Middle of the exposure after the event [d].
    limiting_mag : ndarray of float64, shape (n,)
        AB; a source as bright or brighter is seen.
    """

    fields: Sequence[Footprint]
    days: FloatArray
    limiting_mag: FloatArray

    def __post_init__(self) -> None:
        if not len(self.fields) == len(self.days) == len(self.limiting_mag):
            raise ValueError("Fields, times and depths differ in number.")

    def __len__(self) -> int:
        return len(self.fields)


@dataclass(frozen=True, eq=False)
class Efficiency:
    """What came of the injections.

    Attributes
    ----------
    faintest : ndarray of float64, shape (n,)
        For each injection, ascending: the faintest absolute magnitude at which it would have been seen often enough;
        -inf for those that never would.
    covered : float
        Share of injections that were looked at often enough, however bright.
    n_looks : int
        Exposures after the event that count.
    """

    faintest: FloatArray
    covered: float
    n_looks: int

    def at(self, absolute_mag: ArrayLike) -> FloatArray:
        """Probability that a source of an absolute magnitude would have been seen, shape as given."""
        brighter = np.searchsorted(self.faintest, np.asarray(absolute_mag, dtype=float), side="left")
        return np.asarray(1.0 - brighter / max(len(self.faintest), 1))

    def error_at(self, absolute_mag: float) -> float:
        """Standard error of `at` from the number of injections (an upper bound: places are drawn evenly)."""
        value = float(self.at(absolute_mag))
        return float(np.sqrt(value * (1 - value) / max(len(self.faintest), 1)))

    def magnitude_at(self, probability: float) -> float | None:
        """Faintest absolute magnitude that would be seen with at least a probability; None when none would be."""
        count = len(self.faintest)
        index = count - int(np.ceil(probability * count - 1e-9))
        if not 0 <= index < count or not np.isfinite(self.faintest[index]):
            return None
        return float(self.faintest[index])


def efficiency(
    skymap: SkyMap,
    looks: Looks,
    source: Source,
    *,
    times: int = 1,
    count: int = COUNT,
    seed: int = SEED,
    distance_mpc: tuple[float, float] | None = None,
) -> Efficiency:
    """Probability that a source would have been seen at least so many times, against its absolute magnitude.

    Parameters
    ----------
    skymap : SkyMap
    looks : Looks
        Those before the event are left out.
    source : Source
        How it fades.
    times : int
        1 to 10: in how many exposures it must be above the limit.
    count, seed
        Of the injections; the same give the same answer.
    distance_mpc : (mean, sigma), optional
        See `inject`.

    Raises
    ------
    NoDistance
        When the map has no distances and none is given.

    Notes
    -----
    An injection at distance d inside field k is seen there when ``M + fading(t_k) + 5 log10(d / Mpc) + 25 <= limit_k``,
    that is up to the absolute magnitude ``M_k = limit_k - fading(t_k) - 5 log10(d / Mpc) - 25``. It is seen at least n
    times up to the n-th faintest of its M_k; the share of injections with this magnitude at or above M is the
    efficiency at M.
    """
    if not 1 <= times <= MOST_TIMES:
        raise ValueError(f"A source is to be seen 1 to {MOST_TIMES} times, not {times}.")
    injections = inject(skymap, count, seed=seed, distance_mpc=distance_mpc)
    best = np.full((times, len(injections)), -np.inf)
    after = np.flatnonzero((looks.days >= 0) & np.isfinite(looks.limiting_mag))
    depth = looks.limiting_mag[after] - source.fading(looks.days[after])
    inside: dict[Footprint, IntArray] = {}
    for index, reach in zip(after.tolist(), depth.tolist(), strict=True):
        field = looks.fields[index]
        if field not in inside:
            inside[field] = _inside(injections, field)
        _insert(best, inside[field], reach)
    # Depths first, distances once: the n-th best apparent depth gives the n-th best absolute magnitude.
    faintest = np.sort(best[-1] - distance_modulus(injections.distance_mpc))
    covered = float(np.isfinite(faintest).mean()) if len(faintest) else 0.0
    return Efficiency(faintest, covered, len(after))


def _inside(injections: Injections, field: Footprint) -> IntArray:
    """Injections in a field: those in a cone around it, found by their cells, then its own outline."""
    ranges = cone_ranges(field.ra_deg, field.dec_deg, min(field.reach_deg, 180.0), refinement=1)
    first, last = np.searchsorted(injections.cells, ranges).T
    near = np.concatenate([np.arange(low, high) for low, high in zip(first, last, strict=True)])
    near = near.astype(np.int64)
    return near[field.contains(injections.vectors[:, near])] if len(near) else near


def _insert(best: FloatArray, where: IntArray, depth: float) -> None:
    """Put a depth into the ranked depths of some injections, the best in the first row."""
    value = np.full(len(where), depth)
    for row in best:
        held = row[where]
        row[where] = np.maximum(held, value)
        value = np.minimum(held, value)
