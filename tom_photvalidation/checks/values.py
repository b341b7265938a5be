"""Can the brightness be true by itself? Magnitude, error, limit, filter and magnitude system against each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.checks.base import QUARANTINED, REFUSED, WARNING, Batch, Check, Finding, Fix, flagged
from tom_photvalidation.measurements import AB, VEGA, Floats

IMPOSSIBLE = Check("impossible-magnitude", 7, QUARANTINED, "No source we follow has this magnitude")
ERROR = Check("error", 8, REFUSED, "The error is no error")
ERROR_FLOOR = Check("error-floor", 9, WARNING, "The error is smaller than the instrument can reach")
BRIGHTNESS = Check("brightness-range", 10, WARNING, "Brighter or fainter than the instrument measures")
DEPTH = Check("depth", 11, QUARANTINED, "Magnitude, error and limit contradict each other")
SATURATED = Check("dynamic-range", 12, QUARANTINED, "Too bright for an image this deep")
FILTER = Check("filter-not-there", 16, QUARANTINED, "The instrument does not have the filter")
SYSTEM = Check("filter-and-system", 17, WARNING, "Unusual magnitude system for the filter")

BRIGHTEST_MAG, FAINTEST_MAG = 3.0, 30.0  # GRB 080319B, the brightest known, reached 5.3; JWST's deepest fields 30
LARGEST_ERROR_MAG = 1.0
MAG_PER_E_FOLD = 2.5 / np.log(10.0)  # 1.0857: error in mag of a relative error 1

# ATLAS forced photometry (235 points, limits at 5 sigma): 1 error is larger, 3 are smaller by this than limits say.
DEPTH_TOLERANCE_MAG = 0.3
# A telescope whose errors and limits agree better in its other rows is held to that.
DEPTH_LEAST_MAG, DEPTH_SIGMAS, DEPTH_ROWS = 0.15, 5.0, 10
# Limits without their sigma, and those of whole images that were subtracted, are less tied to the error.
LOOSE_TOLERANCE_MAG = 1.5
CALIBRATION_ERROR_MAG = 0.06  # a calibration may add this to the error of a bright source
USUAL_SIGMA = 5.0
# A pixel holds 65,000 counts, a source at 5 sigma some 100: 7 mag, and 2 more for large images and short exposures.
DYNAMIC_RANGE_MAG = 9.0
# What people write for "no limit": as faint or fainter than any telescope, or brighter than sources they give it with.
NO_LIMIT_MAG = 30.0


def impossible(batch: Batch) -> Iterator[Finding]:
    """Magnitudes outside 3 to 30: a sign, digits the wrong way round, a flux."""
    mag = batch.m.mag
    with np.errstate(invalid="ignore"):
        (rows,) = np.nonzero((mag < BRIGHTEST_MAG) | (mag > FAINTEST_MAG))
    low, high = BRIGHTEST_MAG, FAINTEST_MAG
    yield from flagged(
        IMPOSSIBLE,
        rows,
        QUARANTINED,
        mag[rows],
        lambda row: f"Magnitude {mag[row]:g} is outside {low:g} to {high:g}.{_instead(float(mag[row]))}",
        lambda row: _mended(float(mag[row])),
    )


def _mended(mag: float) -> Fix | None:
    """Propose the magnitude that was meant: without its sign, or with its first two digits the other way round."""
    if -FAINTEST_MAG <= mag <= -BRIGHTEST_MAG:
        return {"mag": -mag}
    if not 0 < mag < 100:
        return None
    tens, ones = divmod(int(mag), 10)
    swapped = 10 * ones + tens + mag - int(mag)
    if 8.0 <= swapped <= FAINTEST_MAG:
        return {"mag": round(swapped, 4)}
    return None


def _instead(mag: float) -> str:
    fix = _mended(mag)
    return f" Was {fix['mag']:g} meant?" if fix else ""


def errors(batch: Batch) -> Iterator[Finding]:
    """Errors of detections: 0 and less say nothing, above 1 mag there is no detection; below the instrument's floor."""
    error = batch.m.magerr
    with np.errstate(invalid="ignore"):
        (nothing,) = np.nonzero((error <= 0) & batch.is_detection)
        (large,) = np.nonzero((error > LARGEST_ERROR_MAG) & batch.is_detection & (batch.m.kind != "forced"))
    yield from flagged(
        ERROR,
        nothing,
        REFUSED,
        error[nothing],
        lambda row: f"An error of {error[row]:g} mag is none: give the 1 sigma error, or a limit instead.",
        lambda row: {"magerr": -float(error[row])} if error[row] < 0 else None,
    )
    yield from flagged(
        ERROR,
        large,
        WARNING,
        error[large],
        lambda row: f"An error of {error[row]:g} mag is no detection (S/N {MAG_PER_E_FOLD / error[row]:.1f}).",
    )


def error_floor(batch: Batch) -> Iterator[Finding]:
    """Errors smaller than the instrument's smallest."""
    for instrument, mine, name in batch.instruments():
        yield from _below_floor(batch, mine, instrument.error_floor, name)


def _below_floor(batch: Batch, mine: NDArray[np.int64], floor: float, name: str) -> Iterator[Finding]:
    error = batch.m.magerr
    with np.errstate(invalid="ignore"):
        rows = mine[(error[mine] > 0) & (error[mine] < floor)]
    yield from flagged(
        ERROR_FLOOR,
        rows,
        WARNING,
        error[rows],
        lambda row: f"An error of {error[row]:g} mag; {name} reaches {floor:g} mag.",
    )


def brightness(batch: Batch) -> Iterator[Finding]:
    """Detections outside what the instrument measured before in that filter."""
    for instrument, mine, name in batch.instruments():
        for band, (bright, faint) in instrument.magnitude_range.items():
            rows = mine[(batch.m.filter[mine] == band) & batch.is_detection[mine]]
            yield from _outside(batch, rows, bright, faint, f"{name} measures in {_label(band)}")


def _outside(batch: Batch, rows: NDArray[np.int64], bright: float, faint: float, which: str) -> Iterator[Finding]:
    mag = batch.mag_ab
    with np.errstate(invalid="ignore"):
        rows = rows[(mag[rows] < bright) | (mag[rows] > faint)]
    yield from flagged(
        BRIGHTNESS,
        rows,
        WARNING,
        np.maximum(bright - mag[rows], mag[rows] - faint),
        lambda row: f"{mag[row]:.2f} AB is outside {bright:.1f} to {faint:.1f}, between which {which}.",
    )


def depth(batch: Batch) -> Iterator[Finding]:
    """Signal to noise from the error against signal to noise from the limit.

    A source at the limit of s sigma has a relative error of 1/s; one d magnitudes brighter has 1/s 10^(-0.4 d), to
    which the calibration adds up to `CALIBRATION_ERROR_MAG`. An error much larger or much smaller contradicts the
    limit. That finds limits typed as detections, errors ten times too large and detections fainter than their limit,
    and leaves alone honest 2 sigma detections below a 5 sigma limit (761 of 806 such pairs in published tables).
    Limits "arbitrarily" brighter than the magnitude by more than the rows of one circular allow are not judged.
    """
    m = batch.m
    sigma = np.where(np.isfinite(m.limit_sigma), m.limit_sigma, USUAL_SIGMA)
    judged = batch.is_detection & (m.magerr > 0) & np.isfinite(m.limiting_mag) & (m.limiting_mag < NO_LIMIT_MAG)
    (rows,) = np.nonzero(judged & (m.kind == "detection"))
    expected = MAG_PER_E_FOLD / sigma[rows] * 10.0 ** np.clip(-0.4 * (m.limiting_mag[rows] - m.mag[rows]), -8, 8)
    error = m.magerr[rows]
    tolerance = _tolerance(batch, rows, error, expected)
    loose = ~np.isfinite(m.limit_sigma[rows]) | (m.subtracted[rows] == 1)
    discords = _discord(error, expected, np.where(tolerance < DEPTH_TOLERANCE_MAG, 0.0, CALIBRATION_ERROR_MAG))
    for index in np.flatnonzero(discords > tolerance).tolist():
        discord = float(discords[index])
        hard = not loose[index] or discord > LOOSE_TOLERANCE_MAG
        yield Finding(
            int(rows[index]), DEPTH, QUARANTINED if hard else WARNING, discord, _depth_in_words(batch, int(rows[index]))
        )


def _tolerance(batch: Batch, rows: NDArray[np.int64], error: Floats, expected: Floats) -> Floats:
    """Return by how much error and limit may disagree: as much as they do in the other rows of the telescope."""
    tolerance = np.full(len(rows), DEPTH_TOLERANCE_MAG)
    off = np.abs(2.5 * np.log10(error / expected))
    telescope = batch.telescope.codes[rows]
    order = np.argsort(telescope, kind="stable")
    for mine in np.split(order, np.flatnonzero(np.diff(telescope[order])) + 1):
        if len(mine) >= DEPTH_ROWS:
            usual = DEPTH_SIGMAS * 1.4826 * float(np.median(off[mine]))
            tolerance[mine] = np.clip(usual, DEPTH_LEAST_MAG, DEPTH_TOLERANCE_MAG)
    return tolerance


def _discord(error: Floats, expected: Floats, calibration: Floats) -> Floats:
    """Return by how many magnitudes error and limit disagree, the calibration's share taken off."""
    own = np.sqrt(np.maximum(error**2 - calibration**2, 1e-12))
    too_large = np.where(error > calibration, 2.5 * np.log10(own / expected), -np.inf)
    too_small = 2.5 * np.log10(expected / error)
    return np.maximum(too_large, too_small)


def _depth_in_words(batch: Batch, row: int) -> str:
    m = batch.m
    sigma = m.limit_sigma[row] if np.isfinite(m.limit_sigma[row]) else USUAL_SIGMA
    by_limit = sigma * 10.0 ** (0.4 * (m.limiting_mag[row] - m.mag[row]))
    assumed = "" if np.isfinite(m.limit_sigma[row]) else " (5 sigma assumed)"
    by_limit_text = f"{by_limit:.1f}" if by_limit < 1000 else "more than 1000"
    return (
        f"{m.mag[row]:g} ± {m.magerr[row]:g} means S/N {MAG_PER_E_FOLD / m.magerr[row]:.1f}, "
        f"but a limit of {m.limiting_mag[row]:g} at {sigma:g} sigma{assumed} means S/N {by_limit_text}."
    )


def dynamic_range(batch: Batch) -> Iterator[Finding]:
    """Detections so far above their limit that the source would have saturated."""
    m = batch.m
    above = m.limiting_mag - m.mag
    with np.errstate(invalid="ignore"):
        (rows,) = np.nonzero(
            batch.is_detection & (above > DYNAMIC_RANGE_MAG) & (m.limiting_mag < NO_LIMIT_MAG) & (m.mag > BRIGHTEST_MAG)
        )
    yield from flagged(
        SATURATED,
        rows,
        QUARANTINED,
        above[rows],
        lambda row: (
            f"{m.mag[row]:g} is {above[row]:.1f} mag brighter than the limit {m.limiting_mag[row]:g}: "
            f"an image that deep saturates {DYNAMIC_RANGE_MAG:g} mag above it."
        ),
    )


def filters(batch: Batch) -> Iterator[Finding]:
    """Filters that are not on the instrument's list."""
    for instrument, mine, name in batch.instruments():
        if instrument.filters:
            yield from _not_offered(batch, mine, instrument.filters, name)


def _not_offered(batch: Batch, mine: NDArray[np.int64], offered: frozenset[str], name: str) -> Iterator[Finding]:
    known = np.array([_has(offered, one) for one in batch.filter.names])
    rows = mine[~known[batch.filter.codes[mine]]]
    yield from flagged(
        FILTER,
        rows,
        QUARANTINED,
        np.ones(len(rows)),
        lambda row: (
            f"{name} has no filter {batch.m.filter_given[row] or batch.m.filter[row]}; it has {_listed(offered)}."
        ),
    )


def _label(name: str) -> str:
    return BANDS[name].label if name in BANDS else name


def _has(offered: frozenset[str], name: str) -> bool:
    band = BANDS.get(name)
    return band is None or name in offered or band.glass in offered


def _listed(names: frozenset[str]) -> str:
    labels = sorted((BANDS[name].wavelength_nm, BANDS[name].label) for name in names if name in BANDS)
    return ", ".join(label for _, label in labels)


def filter_and_system(batch: Batch) -> Iterator[Finding]:
    """Sloan filters in Vega, Johnson and 2MASS filters in AB, unless the instrument is known to do so.

    Asked only where the system was typed: where it was not, the usual one was taken.
    """
    usual = np.array([_usual_system(name) for name in batch.filter.names], dtype=object)[batch.filter.codes]
    known = np.full(len(batch), "", dtype=object)
    for instrument, mine, _ in batch.instruments():
        known[mine] = instrument.default_magsys
    m = batch.m
    odd = (usual != "") & (m.magsys != usual) & (m.magsys_given != "") & (known != m.magsys)
    rows: NDArray[np.int64] = np.flatnonzero(odd & np.isfinite(m.mag))
    yield from flagged(
        SYSTEM,
        rows,
        WARNING,
        np.abs(batch.ab_minus_vega[rows]),
        lambda row: (
            f"{BANDS[m.filter[row]].label} is usually given in {usual[row]}, here in {m.magsys[row]}: "
            f"they differ by {abs(batch.ab_minus_vega[row]):.2f} mag."
        ),
        lambda row: {"magsys": VEGA if m.magsys[row] == AB else AB},
    )


def _usual_system(name: str) -> str:
    band = BANDS.get(name)
    if band is None or band.family not in ("sdss", "ps1", "bessell", "2mass", "mko"):
        return ""
    return band.default_magsys
