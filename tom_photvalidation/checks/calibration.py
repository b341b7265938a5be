"""Is the calibration worth its error? The collaboration's rules for what STDWeb says of itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tom_photvalidation.checks.base import QUARANTINED, WARNING, Batch, Check, Finding, flagged

COLOUR_TERM = Check("colour-term", 25, QUARANTINED, "Large colour term")
FEW_STARS = Check("few-calibration-stars", 26, WARNING, "Few calibration stars")
SCATTER = Check("zero-point-scatter", 27, WARNING, "Large scatter of the zero point")

COLOUR_TERM_SOFT, COLOUR_TERM_HARD = 0.1, 0.5
FEWEST_STARS = 5
LARGEST_SCATTER_MAG = 0.1


def colour_term(batch: Batch) -> Iterator[Finding]:
    """Colour terms above 0.1, and above 0.5: another filter than the one named, most likely."""
    term = np.abs(batch.m.colour_term)
    with np.errstate(invalid="ignore"):
        (rows,) = np.nonzero(term > COLOUR_TERM_SOFT)
    yield from flagged(
        COLOUR_TERM,
        rows,
        np.where(term[rows] > COLOUR_TERM_HARD, QUARANTINED, WARNING).tolist(),
        term[rows],
        lambda row: (
            f"A colour term of {batch.m.colour_term[row]:+.2f} mag per mag; "
            + (
                f"beyond {COLOUR_TERM_HARD:g} the filter is probably another one."
                if term[row] > COLOUR_TERM_HARD
                else f"up to {COLOUR_TERM_SOFT:g} is usual."
            )
        ),
    )


def few_stars(batch: Batch) -> Iterator[Finding]:
    """Fewer than five calibration stars."""
    stars = batch.m.n_calibration_stars
    with np.errstate(invalid="ignore"):
        (rows,) = np.nonzero(stars < FEWEST_STARS)
    yield from flagged(
        FEW_STARS,
        rows,
        WARNING,
        stars[rows],
        lambda row: f"Calibrated against {stars[row]:.0f} stars; at least {FEWEST_STARS} are asked for.",
    )


def scatter(batch: Batch) -> Iterator[Finding]:
    """Zero points that scatter by more than 0.1 mag."""
    mag = batch.m.zero_point_scatter
    with np.errstate(invalid="ignore"):
        (rows,) = np.nonzero(mag > LARGEST_SCATTER_MAG)
    yield from flagged(
        SCATTER,
        rows,
        WARNING,
        mag[rows],
        lambda row: f"The zero point scatters by {mag[row]:.2f} mag; up to {LARGEST_SCATTER_MAG:g} is usual.",
    )
