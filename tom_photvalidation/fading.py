"""How fast a source fades: a power law, or one with a break, and the magnitude that lets expect now and tonight.

In magnitudes a power law F ~ t^-alpha is a straight line over the logarithm of the age: m = m1 + 2.5 alpha log10(t/d).
A break turns the line. Each filter has its own m1 (the magnitude at one day), all share the slopes: afterglows fade
alike in all colours until a supernova or kilonova shows.

References
----------
.. [1] Sari, R., Piran, T. and Narayan, R. 1998, ApJ 497, L17: power laws of afterglows.
.. [2] Schwarz, G. 1978, Annals of Statistics 6, 461: the information criterion that decides for or against the break.
.. [3] Huber, P. J. 1964, Annals of Mathematical Statistics 35, 73: weights that keep wild points from pulling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

FEWEST_POINTS = 3
FEWEST_FOR_BREAK = 10
FEWEST_PER_SIDE = 5
STEEPEST_SLOPE = 6.0  # beyond it a break follows one wild point
LEAST_SPAN_DEX = 0.1  # a factor 1.26 in age
CALIBRATION_ERROR_MAG = 0.05
WILD_SIGMAS = 1.5  # [3]_
ROUNDS = 10
DECISIVE_BIC = 6.0
BREAKS_TRIED = 40
POWER_LAW, BROKEN = "power law", "broken power law"


class CannotFit(ValueError):
    """Too little is known to say how a source fades; the message says what is missing."""


@dataclass(frozen=True, eq=False, slots=True)
class Fading:
    """A fitted power law, with or without a break.

    `slope`: alpha before the break (F ~ t^-alpha; positive fades), `late_slope`: after it, NaN without. `break_days`:
    age at the break. `at_one_day`: AB magnitude of each filter one day after T0 on the early line. `scatter`: of the
    points about the line, mag. `covariance` belongs to (magnitudes of the filters, slope, late slope).
    """

    form: str
    t0_mjd: float
    slope: float
    slope_error: float
    late_slope: float
    late_slope_error: float
    break_days: float
    at_one_day: Mapping[str, float]
    scatter: float
    n_points: int
    youngest_days: float
    oldest_days: float
    covariance: Floats

    def expected(self, filter_name: str, t_mjd: ArrayLike) -> tuple[Floats, Floats]:
        """Return AB magnitudes at times after T0, and their standard deviations, scatter included.

        Beyond the last point the line is drawn on; the deviation grows, but knows nothing of breaks to come.

        Raises
        ------
        KeyError
            For a filter without points.
        ValueError
            For times not after T0.
        """
        days = np.atleast_1d(np.asarray(t_mjd, dtype=np.float64)) - self.t0_mjd
        if np.any(days <= 0):
            raise ValueError("The source cannot be expected before T0.")
        column = list(self.at_one_day).index(filter_name) if filter_name in self.at_one_day else -1
        if column < 0:
            raise KeyError(filter_name)
        design = _design(np.log10(days), np.full(len(days), column), len(self.at_one_day), self._log_break)
        values = np.array([*self.at_one_day.values(), self.slope, *self._late])
        variance = np.einsum("ij,jk,ik->i", design, self.covariance, design)
        return design @ values, np.sqrt(np.maximum(variance, 0.0) + self.scatter**2)

    @property
    def _log_break(self) -> float | None:
        return float(np.log10(self.break_days)) if self.form == BROKEN else None

    @property
    def _late(self) -> list[float]:
        return [self.late_slope] if self.form == BROKEN else []

    @property
    def sentence(self) -> str:
        """Say it in words."""
        if self.form == BROKEN:
            return (
                f"It fades as t^-{self.slope:.2f} ± {self.slope_error:.2f} until {_age(self.break_days)}, then as "
                f"t^-{self.late_slope:.2f} ± {self.late_slope_error:.2f} ({self.n_points} points, "
                f"scatter {self.scatter:.2f} mag)."
            )
        return (
            f"It fades as t^-{self.slope:.2f} ± {self.slope_error:.2f} "
            f"({self.n_points} points, scatter {self.scatter:.2f} mag)."
        )


def _age(days: float) -> str:
    return f"{days * 24:.1f} h" if days < 2 else f"{days:.1f} d"


def fit_fading(t_mjd: ArrayLike, t0_mjd: float, mag_ab: ArrayLike, error: ArrayLike, filters: Sequence[str]) -> Fading:
    """Fit detections of one source.

    Parameters
    ----------
    t_mjd, mag_ab, error : (n,) middle of the exposures, AB magnitudes, errors in mag (NaN: 0.2 is taken)
    t0_mjd : when it happened; points before are left out
    filters : (n,) canonical names

    Raises
    ------
    CannotFit
        When there are fewer than three points, or all are of one age.
    """
    t, mag, sigma = (np.asarray(column, dtype=np.float64) for column in (t_mjd, mag_ab, error))
    names = np.asarray(filters, dtype=object)
    use = np.isfinite(mag) & (t > t0_mjd) & ~(sigma <= 0)
    if not np.isfinite(t0_mjd):
        raise CannotFit("The time of the event is not known: set T0 of the target.")
    if use.sum() < FEWEST_POINTS:
        raise CannotFit(f"{int(use.sum())} detections after T0 are too few for a fit; {FEWEST_POINTS} are needed.")
    x, y, names = np.log10(t[use] - t0_mjd), mag[use], names[use]
    if np.ptp(x) < LEAST_SPAN_DEX:
        raise CannotFit("All detections are of about the same age: how it fades cannot be seen yet.")
    noise = np.hypot(np.where(np.isfinite(sigma[use]), sigma[use], 0.2), CALIBRATION_ERROR_MAG)
    kinds = list(dict.fromkeys(names.tolist()))
    columns = np.array([kinds.index(name) for name in names.tolist()])
    if len(x) < len(kinds) + 2 or not _is_seen_twice(x, columns):
        raise CannotFit("No filter has detections at two ages: colour and fading cannot be told apart.")
    line = _solve(x, y, noise, columns, len(kinds), None)
    broken = _best_break(x, y, noise, columns, len(kinds)) if len(x) >= FEWEST_FOR_BREAK + len(kinds) else None
    chosen, log_break = (line, None) if broken is None or broken[0].bic > line.bic - DECISIVE_BIC else broken
    return _fading(chosen, log_break, kinds, t0_mjd, 10.0**x)


def _is_seen_twice(x: Floats, columns: NDArray[np.int64]) -> bool:
    return any(np.ptp(x[columns == one]) >= LEAST_SPAN_DEX for one in np.unique(columns))


@dataclass(frozen=True, eq=False, slots=True)
class _Solution:
    values: Floats
    covariance: Floats
    scatter: float
    bic: float


def _design(x: Floats, columns: NDArray[np.int64], n_filters: int, log_break: float | None) -> Floats:
    """Rows of the linear problem: one column per filter, the slope, and the slope after the break."""
    design = np.zeros((len(x), n_filters + (1 if log_break is None else 2)))
    design[np.arange(len(x)), columns] = 1.0
    if log_break is None:
        design[:, n_filters] = 2.5 * x
        return design
    design[:, n_filters] = 2.5 * np.minimum(x, log_break)
    design[:, n_filters + 1] = 2.5 * np.maximum(x - log_break, 0.0)
    return design


def _solve(
    x: Floats, y: Floats, noise: Floats, columns: NDArray[np.int64], n_filters: int, log_break: float | None
) -> _Solution:
    """Weighted least squares, wild points weighed down again and again ([3]_)."""
    design = _design(x, columns, n_filters, log_break)
    weight = np.ones(len(x))
    extra = 0.0
    for _ in range(ROUNDS):
        total = np.sqrt(noise**2 + extra**2)
        scale = np.sqrt(weight) / total
        normal = (design * scale[:, None] ** 2).T @ design + 1e-9 * np.eye(design.shape[1])
        values = np.linalg.solve(normal, (design * scale[:, None] ** 2).T @ y)
        residual = y - design @ values
        freedom = max(len(x) - design.shape[1], 1)
        # what the errors do not explain: calibration between telescopes, flares
        spread = 1.4826 * float(np.median(np.abs(residual))) * np.sqrt(len(x) / freedom)
        extra = float(np.sqrt(max(spread**2 - float(np.median(noise)) ** 2, 0.0)))
        pull = np.abs(residual) / np.sqrt(noise**2 + extra**2)
        weight = np.minimum(1.0, WILD_SIGMAS / np.maximum(pull, 1e-9))
    # [3]: the loss whose minimum this is
    loss = np.where(pull < WILD_SIGMAS, 0.5 * pull**2, WILD_SIGMAS * (pull - 0.5 * WILD_SIGMAS))
    likelihood = -float(np.sum(loss)) - float(np.sum(np.log(np.sqrt(noise**2 + extra**2))))
    parameters = design.shape[1] + (0 if log_break is None else 1)
    bic = parameters * np.log(len(x)) - 2.0 * likelihood
    return _Solution(values, np.linalg.inv(normal), max(extra, CALIBRATION_ERROR_MAG), float(bic))


def _best_break(
    x: Floats, y: Floats, noise: Floats, columns: NDArray[np.int64], n_filters: int
) -> tuple[_Solution, float] | None:
    """Try breaks with enough points on either side."""
    ordered = np.sort(x)
    first, last = ordered[FEWEST_PER_SIDE - 1], ordered[-FEWEST_PER_SIDE]
    if last - first < LEAST_SPAN_DEX:
        return None
    tried = [
        (_solve(x, y, noise, columns, n_filters, place), place) for place in np.linspace(first, last, BREAKS_TRIED)
    ]
    sane = [one for one in tried if np.all(np.abs(one[0].values[n_filters:]) < STEEPEST_SLOPE)]
    return min(sane, key=lambda one: one[0].bic, default=None)


def _fading(solution: _Solution, log_break: float | None, kinds: list[str], t0_mjd: float, days: Floats) -> Fading:
    n = len(kinds)
    errors = np.sqrt(np.maximum(np.diag(solution.covariance), 0.0))
    is_broken = log_break is not None
    return Fading(
        form=BROKEN if is_broken else POWER_LAW,
        t0_mjd=t0_mjd,
        slope=float(solution.values[n]),
        slope_error=float(errors[n]),
        late_slope=float(solution.values[n + 1]) if is_broken else float("nan"),
        late_slope_error=float(errors[n + 1]) if is_broken else float("nan"),
        break_days=float(10.0**log_break) if log_break is not None else float("nan"),
        at_one_day={kind: float(value) for kind, value in zip(kinds, solution.values[:n], strict=True)},
        scatter=solution.scatter,
        n_points=len(days),
        youngest_days=float(days.min()),
        oldest_days=float(days.max()),
        covariance=solution.covariance,
    )
