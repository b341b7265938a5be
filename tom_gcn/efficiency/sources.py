"""How the brightness of a source falls with time, relative to its absolute magnitude at a stated time.

Two laws, of the kinds that surveys state their limits for. A flat source is a linear decline of zero.

* ``linear``: ``M(t) = M + rate t``, t in days since the event, M the magnitude at the event (Kasliwal et al. 2020,
  ApJ 905, 145, doi:10.3847/1538-4357/abc335, who state limits for kilonovae of -16.6 mag that fade by 1 mag a day).
* ``power``: flux falls as ``t**-index``: ``M(t) = M + 2.5 index log10(t / 1 d)``, M the magnitude one day after the
  event, the form of afterglows (Sari, Piran & Narayan 1998, ApJ 497, L17, doi:10.1086/311269).

Magnitudes are AB and the same in every filter: colours, dust and redshifted bands are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

# An afterglow's power law does not hold from zero on: before this it is as bright as then.
EARLIEST_POWER_D = 0.01


class Law(StrEnum):
    """How it fades."""

    LINEAR = "linear"
    POWER = "power"


LAWS: Mapping[Law, str] = {
    Law.LINEAR: "linear: mag per day, magnitude at the event",
    Law.POWER: "power law: index of the flux, magnitude at 1 day",
}


@dataclass(frozen=True)
class Source:
    """A law and its rate: mag per day for ``linear``, index of the flux for ``power``; negative rates brighten."""

    law: Law = Law.LINEAR
    rate: float = 1.0

    def __post_init__(self) -> None:
        if not np.isfinite(self.rate) or abs(self.rate) > 100:
            raise ValueError(f"A decline of {self.rate} is none of a transient.")

    def fading(self, days: ArrayLike) -> FloatArray:
        """Magnitudes fainter than the stated one, at times after the event [d], shape as given."""
        since = np.asarray(days, dtype=float)
        if self.law is Law.LINEAR:
            return self.rate * since
        return np.asarray(2.5 * self.rate * np.log10(np.maximum(since, EARLIEST_POWER_D)))

    @property
    def words(self) -> str:
        """The law in words."""
        if self.law is Law.POWER:
            return f"flux falling as t^-{self.rate:g}, absolute magnitude one day after the event"
        return f"fading by {self.rate:g} mag a day, absolute magnitude at the event" if self.rate else "not fading"


def distance_modulus(distance_mpc: ArrayLike) -> FloatArray:
    """Apparent minus absolute magnitude at a luminosity distance [Mpc]."""
    return np.asarray(5.0 * np.log10(np.asarray(distance_mpc, dtype=float)) + 25.0)
