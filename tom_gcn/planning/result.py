"""What a plan is made of: values that pages, exports and the database copy field by field.

Probabilities are fractions of the whole sky map (0..1), angles degrees ICRS, times aware UTC datetimes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Pointing:
    """One visit of one telescope to one field.

    ``probability`` belongs to the footprint alone. ``new_probability`` is what the footprint adds to everything the
    network has finished before; pointings count in the order in which they end, so that the sum of all new
    probabilities is the probability of the union of all footprints. ``cumulative_probability`` is that sum up to and
    including this pointing, ``telescope_cumulative`` the same with this telescope alone. What was executed before the
    plan was made counts as covered already.

    ``epoch`` counts the visits of the same field from 1, ``galaxies`` are the names of the targeted galaxies inside the
    field, most probable first, and a ``kept`` pointing was taken over from an earlier plan, untouched.
    """

    telescope: str
    order: int
    field_id: str
    ra_deg: float
    dec_deg: float
    start: datetime
    end: datetime
    filter: str
    exposure_s: float
    n_exposures: int
    altitude_start_deg: float
    altitude_end_deg: float
    airmass_start: float
    airmass_end: float
    moon_separation_deg: float
    probability: float
    new_probability: float
    cumulative_probability: float
    telescope_cumulative: float
    footprint: tuple[tuple[float, float], ...]
    epoch: int = 1
    galaxies: tuple[str, ...] = ()
    kept: bool = False


@dataclass(frozen=True, slots=True)
class TelescopeResult:
    """What one telescope does in a plan, or the sentence that says why it does nothing."""

    name: str
    reason: str
    nights: tuple[tuple[datetime, datetime], ...] = ()
    n_pointings: int = 0
    probability: float = 0.0
    new_probability: float = 0.0
    first_start: datetime | None = None
    moon_separation_min_deg: float | None = None
    moon_illumination: float | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """What no plan of the same problem can exceed.

    Attributes
    ----------
    value : float
        Upper bound on the covered probability.
    gap : float
        How far the plan lies below it, as a share of the bound (0..1).
    seconds : float
        Time spent on it.
    how : str
        The method in words.
    exact_windows : bool
        Whether every field's own visibility went into it.
    """

    value: float
    gap: float
    seconds: float
    how: str
    exact_windows: bool


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """A joint plan: pointings in the order in which they end, and one result per telescope that was asked.

    ``covered_probability`` is that of the sky map inside the union of the plan's footprints, without what was executed
    before (`executed_probability`); ``covered_galaxy_weight`` the weight of the galaxies inside, of all galaxies given.
    ``greedy_probability`` is what the plan covered before it was refined. ``own_sum`` is what another engine states
    itself, overlaps counted again. ``notes`` are sentences to show with it.
    """

    pointings: tuple[Pointing, ...]
    telescopes: tuple[TelescopeResult, ...]
    covered_probability: float
    area_deg2: float
    curve: tuple[tuple[datetime, float], ...]
    start: datetime
    end: datetime
    seconds: float
    engine: str = "network"
    executed_probability: float = 0.0
    covered_galaxy_weight: float | None = None
    greedy_probability: float | None = None
    bound: Bound | None = None
    own_sum: float | None = None
    notes: tuple[str, ...] = ()

    def of(self, telescope: str) -> tuple[Pointing, ...]:
        """Return the pointings of one telescope in time order."""
        return tuple(pointing for pointing in self.pointings if pointing.telescope == telescope)
