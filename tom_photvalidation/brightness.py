"""Which brightness a row means: a detection, a limit or a forced flux, and the flux in microjansky that follows.

AB magnitudes: m = 23.9 - 2.5 log10(F / uJy) (Oke & Gunn 1983, ApJ 266, 713). A Vega magnitude becomes AB by adding the
constant of its filter (`bandpasses`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tom_photvalidation import cells
from tom_photvalidation.bandpasses import vega_to_ab
from tom_photvalidation.cells import Mask
from tom_photvalidation.columns import UJY, tidy
from tom_photvalidation.measurements import DETECTION, FORCED, LIMIT, VEGA, YES, Floats, Texts
from tom_photvalidation.rows import Rows

ZERO_POINT_UJY = 23.9
MAG_PER_FRACTION = 2.5 / np.log(10.0)
BRIGHTEST, FAINTEST, LARGEST_ERROR = -30.0, 45.0, 5.0
LARGEST_FLUX_UJY = 1e21  # -28.6 mag
DETECTED = 3.0  # signal to noise from which a flux is a detection
FLUX_MAY_DIFFER_BY = 0.1  # of a flux that stands beside its magnitude
MAY_BE_FLAGS = frozenset({"limit", "mag_limit"})  # columns that hold magnitudes in some files, 0 and 1 in others
SENTINELS = (99.0, 999.0, 9999.0, 99.9, 99.99, 99.999, 999.9)
KINDS = {
    "detection": DETECTION, "det": DETECTION, "detected": DETECTION,
    "limit": LIMIT, "upper limit": LIMIT, "upper_limit": LIMIT, "ul": LIMIT, "non-detection": LIMIT,
    "nondetection": LIMIT, "forced": FORCED, "forced photometry": FORCED,
}  # fmt: skip


@dataclass(eq=False, slots=True)
class Brightness:
    """Columns being understood; changed in place."""

    mag: Floats
    magerr: Floats
    limiting_mag: Floats
    limit_sigma: Floats
    is_limit: Mask
    kind: Texts  # as typed: detection, limit, forced or ""
    bad: Mask  # rows whose magnitude could not be read; nothing more is said of them


def flux_of(mag: Floats, ab_offset: Floats) -> Floats:
    """Turn magnitudes into microjansky; `ab_offset` is what makes them AB."""
    with np.errstate(over="ignore"):
        return np.asarray(10.0 ** ((ZERO_POINT_UJY - mag - ab_offset) / 2.5))


def mag_of(flux_ujy: Floats, ab_offset: Floats) -> Floats:
    """Turn microjansky into magnitudes; NaN where there is no light."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(flux_ujy > 0, ZERO_POINT_UJY - 2.5 * np.log10(flux_ujy) - ab_offset, np.nan)


def offsets_to_ab(filters: Texts, systems: Texts) -> Floats:
    """Return what has to be added to a magnitude in the row's system to make it AB."""
    known = {name: vega_to_ab(name) for name in set(filters)}
    offsets = np.fromiter((known[name] for name in filters), dtype=np.float64, count=len(filters))
    return np.where(systems == VEGA, offsets, 0.0)


def understand_brightness(rows: Rows, filters: Texts, systems: Texts, kind: Texts) -> dict[str, Any]:
    """Return kind, magnitudes, limits and fluxes; rows that give no brightness, or two, are refused."""
    offsets = offsets_to_ab(filters, systems)
    seen = _magnitudes(rows, kind)
    _limits(rows, seen)
    flux, fluxerr = _fluxes(rows, offsets, seen)
    _check(rows, seen)
    for name, values in (("flux", flux), ("fluxerr", fluxerr)):
        with np.errstate(invalid="ignore"):
            rows.refuse(
                np.abs(values) > LARGEST_FLUX_UJY,
                name,
                "flux-out-of-range",
                "No source in the sky is that bright.",
                "Check the zero point and the unit of the flux.",
            )
    from_flux = np.isnan(seen.mag) & ~seen.bad & (~np.isnan(flux) | ~np.isnan(fluxerr)) & ~seen.is_limit
    kinds = _kinds(rows, seen, flux, fluxerr, from_flux)
    _from_flux(rows, seen, kinds, flux, fluxerr, offsets, from_flux)
    nothing = np.isnan(seen.mag) & np.isnan(seen.limiting_mag) & np.isnan(flux) & ~seen.bad
    rows.refuse(
        nothing,
        "mag",
        "brightness-missing",
        "Neither a magnitude nor a limit nor a flux is given.",
        "Give mag and magerr, or limiting_mag where nothing was seen.",
    )
    measured = ~np.isnan(seen.mag)
    derived = np.where(measured, flux_of(np.where(measured, seen.mag, 0.0), offsets), flux)
    with np.errstate(over="ignore", invalid="ignore"):
        derived_error = np.where(measured, derived * seen.magerr / MAG_PER_FRACTION, fluxerr)
    return {
        "kind": kinds, "mag": seen.mag, "magerr": seen.magerr, "limiting_mag": seen.limiting_mag,
        "limit_sigma": seen.limit_sigma, "flux_ujy": np.where(kinds == LIMIT, np.nan, derived),
        "fluxerr_ujy": derived_error,
    }  # fmt: skip


def _magnitudes(rows: Rows, kind: Texts) -> Brightness:
    """Read magnitude and error, with ">19.1" and "20.35+/-0.12"."""
    blank = np.full(rows.n, np.nan)
    no = np.zeros(rows.n, dtype=bool)
    known = {text: KINDS.get(text.lower(), "bad" if text else "") for text in set(kind)}
    kinds = np.empty(rows.n, dtype=object)
    kinds[:] = [known[text] for text in kind]
    rows.refuse(
        kinds == "bad",
        "kind",
        "unknown-kind",
        "A measurement is a detection, a limit or forced.",
        "Write detection, limit or forced.",
    )
    seen = Brightness(blank.copy(), blank.copy(), blank.copy(), blank.copy(), no.copy(), kinds, no.copy())
    inner_error = blank
    column = rows.column("mag")
    if column is not None:
        read = cells.magnitudes(column, rows.conventions.decimal_comma)
        rows.refuse_number(read.bad, "mag")
        rows.refuse(
            read.brighter,
            "mag",
            "limit-ambiguous",
            "It cannot be told whether < means brighter or fainter.",
            "Write >19.1 for fainter than 19.1, or use the column limiting_mag.",
        )
        seen.mag, seen.is_limit, seen.bad = read.values, read.fainter, read.bad | read.brighter
        inner_error = read.errors
    seen.magerr = _errors(rows, seen, inner_error)
    return seen


def _errors(rows: Rows, seen: Brightness, inner: Floats) -> Floats:
    """Read errors; an infinite one, and where the file says so a zero, marks a limit."""
    column = rows.column("magerr")
    if column is None:
        return inner
    read = cells.numbers(column, rows.conventions.decimal_comma)
    infinite = np.zeros(rows.n, dtype=bool)
    if rows.conventions.infinite_error_is_limit and read.bad.any():
        infinite[read.bad] = cells.infinite(column[read.bad])
    rows.refuse_number(read.bad & ~infinite, "magerr")
    zero = read.values == 0
    if (
        rows.meaning("magerr").zero_is_limit
        or rows.conventions.zero_error_is_limit
        or rows.defaults.get("zero_error") == "limit"
    ):
        infinite = infinite | zero
    seen.is_limit |= infinite & ~np.isnan(seen.mag)
    values = np.where(infinite, np.nan, read.values)
    both = ~np.isnan(values) & ~np.isnan(inner)
    with np.errstate(invalid="ignore"):
        rows.refuse(
            both & (np.abs(values - inner) > 1e-9),
            "magerr",
            "errors-disagree",
            "The magnitude and the column of errors give different errors.",
            "Give the error once.",
        )
        rows.refuse(
            values == 0,
            "magerr",
            "error-zero",
            "An error of 0 mag is impossible.",
            "Give the error, leave it empty, or where 0 means a limit give it as limiting_mag.",
        )
        rows.refuse(
            values < 0, "magerr", "error-negative", "An error cannot be negative.", "Give the error without its sign."
        )
        rows.refuse(
            values > LARGEST_ERROR,
            "magerr",
            "error-too-large",
            f"An error above {LARGEST_ERROR:g} mag says nothing.",
            "Are magnitude and error swapped?",
        )
    return np.where(np.isnan(values), inner, values)


def _limits(rows: Rows, seen: Brightness) -> None:
    """Read limits and flags; a flag in a column called limit, and a magnitude in a column of flags, are told apart."""
    may_be_flags = rows.has_column("limiting_mag") and tidy(rows.header("limiting_mag")) in MAY_BE_FLAGS
    if may_be_flags and _only_flags(rows.column("limiting_mag")) and not rows.has_column("is_limit"):
        rows.move("limiting_mag", "is_limit")
    elif rows.has_column("is_limit") and _only_magnitudes(rows, "is_limit") and not rows.has_column("limiting_mag"):
        rows.move("is_limit", "limiting_mag")
    column = rows.column("limiting_mag")
    if column is not None:
        read = cells.magnitudes(column, rows.conventions.decimal_comma)
        odd = read.bad | read.brighter | ~np.isnan(read.errors)
        rows.refuse_number(odd, "limiting_mag")
        seen.limiting_mag = np.where(odd, np.nan, read.values)
        seen.bad |= odd
        _forget_placeholders(rows, seen)
    seen.limit_sigma = rows.number("limit_sigma")
    with np.errstate(invalid="ignore"):
        rows.refuse(
            (seen.limit_sigma <= 0) | (seen.limit_sigma > 20),
            "limit_sigma",
            "limit-sigma-out-of-range",
            "The sigma of a limit lies between 0 and 20.",
            "Write for example 3 or 5.",
        )
    flagged = rows.flag("is_limit") == YES
    contradicts = flagged & ((seen.kind == DETECTION) | (seen.kind == FORCED))
    rows.refuse(
        contradicts,
        "kind",
        "kind-contradicted",
        "One column says detection, another says limit.",
        "Correct one of the two.",
    )
    seen.is_limit |= flagged | (seen.kind == LIMIT)
    _move_into_limit(rows, seen)


def _forget_placeholders(rows: Rows, seen: Brightness) -> None:
    """A placeholder for the depth of an image in which something was measured says nothing, and harms nothing."""
    nothing = np.isin(np.abs(seen.limiting_mag), SENTINELS) & ~np.isnan(seen.mag)
    if nothing.any():
        rows.keep("limiting_mag", nothing)
        seen.limiting_mag = np.where(nothing, np.nan, seen.limiting_mag)
        rows.notes.append(
            f"{int(nothing.sum())} rows with a magnitude have a placeholder for the limit; it was left out."
        )


def _move_into_limit(rows: Rows, seen: Brightness) -> None:
    """A magnitude that is said to be a limit is the limiting magnitude, never a detection."""
    both = seen.is_limit & ~np.isnan(seen.mag) & ~np.isnan(seen.limiting_mag)
    rows.keep("mag", both & (seen.mag != seen.limiting_mag))
    rows.keep("magerr", seen.is_limit & ~np.isnan(seen.magerr))
    seen.limiting_mag = np.where(seen.is_limit & np.isnan(seen.limiting_mag), seen.mag, seen.limiting_mag)
    seen.mag = np.where(seen.is_limit, np.nan, seen.mag)
    seen.magerr = np.where(seen.is_limit, np.nan, seen.magerr)


def _only_flags(column: Any) -> bool:
    texts = column if column.dtype == object else cells.as_texts([str(one) for one in column.tolist()])
    said = texts[~cells.not_given(texts)]
    return len(said) > 0 and cells.is_flags(said)


def _only_magnitudes(rows: Rows, name: str) -> bool:
    values = cells.numbers(rows.column(name), rows.conventions.decimal_comma).values
    said = values[~np.isnan(values)]
    return len(said) > 0 and bool((said > 1).any())


def _fluxes(rows: Rows, offsets: Floats, seen: Brightness) -> tuple[Floats, Floats]:
    """Return flux and error in microjansky, AB; those that only stand beside a magnitude are kept as they are."""
    for name in ("flux", "fluxerr", "flux_ujy", "fluxerr_ujy"):
        rows.refuse_thousands(name)
    own, own_error = rows.number("flux_ujy"), rows.number("fluxerr_ujy")
    _compare(rows, own, offsets, seen)
    if not rows.has("flux") and not rows.has("fluxerr"):
        return own, _positive(rows, own_error, "fluxerr_ujy", seen)
    needed = np.isnan(seen.mag) & ~seen.is_limit & np.isnan(own) & ~seen.bad
    rows.keep("flux", ~needed)
    rows.keep("fluxerr", ~needed)
    scale = _microjansky(rows, offsets, needed)
    flux = _flux_cells(rows, scale, offsets, seen, needed)
    error = rows.number("fluxerr") if rows.has("fluxerr") else np.full(rows.n, np.nan)
    error = _positive(rows, np.where(needed, error, np.nan), "fluxerr", seen) * scale
    return np.where(needed, flux, own), np.where(needed, error, own_error)


def _flux_cells(rows: Rows, scale: Floats, offsets: Floats, seen: Brightness, needed: Mask) -> Floats:
    """Read fluxes; "<0.4" is a limit."""
    column = rows.column("flux")
    if column is None:
        return np.full(rows.n, np.nan)
    read = cells.magnitudes(column, rows.conventions.decimal_comma)
    unreadable = (read.bad | read.fainter) & needed
    rows.refuse_number(unreadable, "flux")
    seen.bad |= unreadable
    limit = read.brighter & needed
    limiting = mag_of(read.values * scale, offsets)
    seen.limiting_mag = np.where(limit & np.isnan(seen.limiting_mag), limiting, seen.limiting_mag)
    seen.is_limit |= limit
    return np.where(needed & ~limit, read.values * scale, np.nan)


def _microjansky(rows: Rows, offsets: Floats, needed: Mask) -> Floats:
    """Return how many microjansky one unit of the columns of fluxes is, for each row."""
    zp = rows.number("zp")
    with np.errstate(over="ignore"):
        by_zero_point = 10.0 ** ((ZERO_POINT_UJY - zp - offsets) / 2.5)
    unit = rows.meaning("flux").unit or rows.meaning("fluxerr").unit
    scale = np.where(np.isnan(zp), UJY.get(unit, np.nan), by_zero_point)
    said = needed & ~_silent(rows, "flux", "fluxerr")
    rows.refuse(
        said & np.isnan(scale),
        "flux",
        "flux-without-unit",
        "A flux without a unit or zero point has no meaning.",
        "Give the zero point as a column zp, or the unit in the name: flux_uJy.",
    )
    return np.asarray(scale)


def _silent(rows: Rows, *names: str) -> Mask:
    """Tell in which rows none of some columns says anything."""
    silent = np.ones(rows.n, dtype=bool)
    for name in names:
        column = rows.column(name)
        if column is not None:
            silent &= cells.not_given(column) if column.dtype == object else np.isnan(column)
    return silent


def _positive(rows: Rows, error: Floats, name: str, seen: Brightness) -> Floats:
    with np.errstate(invalid="ignore"):
        wrong = (error <= 0) & ~seen.bad
    rows.refuse(
        wrong, name, "error-not-positive", "The error of a flux must be above 0.", "Give the error of the flux."
    )
    return error


def _compare(rows: Rows, flux: Floats, offsets: Floats, seen: Brightness) -> None:
    """Refuse rows whose flux in microjansky is not that of their magnitude: one of the two is in another system."""
    with np.errstate(invalid="ignore"):
        apart = np.abs(mag_of(flux, offsets) - seen.mag) > FLUX_MAY_DIFFER_BY
    rows.refuse(
        apart & ~seen.is_limit,
        "flux_ujy",
        "flux-against-magnitude",
        "The flux in microjansky (AB) is not that of the magnitude.",
        "Give only one of the two, or correct the magnitude system.",
    )


def _check(rows: Rows, seen: Brightness) -> None:
    """Refuse magnitudes no instrument gives, and errors that belong to nothing."""
    for name, values in (("mag", seen.mag), ("limiting_mag", seen.limiting_mag)):
        with np.errstate(invalid="ignore"):
            sentinel = np.isin(np.abs(values), SENTINELS)
            outside = ((values < BRIGHTEST) | (values > FAINTEST)) & ~sentinel
        rows.refuse(
            sentinel,
            name,
            "magnitude-placeholder",
            'This number stands for "not measured".',
            "Leave the cell empty and give limiting_mag.",
        )
        rows.refuse(
            outside,
            name,
            "magnitude-out-of-range",
            f"A magnitude lies between {BRIGHTEST:g} and {FAINTEST:g}.",
            "Is this another column, or a flux?",
        )
    lonely = ~np.isnan(seen.magerr) & np.isnan(seen.mag) & ~seen.bad
    rows.refuse(
        lonely,
        "magerr",
        "error-without-magnitude",
        "An error is given without a magnitude.",
        "Give the magnitude, or leave the error of a limit empty.",
    )


def _kinds(rows: Rows, seen: Brightness, flux: Floats, fluxerr: Floats, from_flux: Mask) -> Texts:
    """Return the kind of each row: as typed, else as the numbers tell."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        seen_in_flux = from_flux & (flux / fluxerr >= DETECTED)
    limit = seen.is_limit | (np.isnan(seen.mag) & np.isnan(flux))
    kinds = np.where(limit, LIMIT, np.where(from_flux & ~seen_in_flux, FORCED, DETECTION)).astype(object)
    said = (seen.kind == DETECTION) | (seen.kind == FORCED)
    empty = said & limit & ~seen.bad
    rows.refuse(
        empty, "mag", "brightness-missing", "A detection needs a magnitude or a flux.", "Give mag, or say limit."
    )
    dark = (seen.kind == DETECTION) & from_flux & ~(flux > 0)
    rows.refuse(dark & ~empty, "flux", "detection-without-light", "A detection needs a flux above 0.", "Say forced.")
    return np.where(said & ~limit, seen.kind, kinds).astype(object)


def _from_flux(
    rows: Rows, seen: Brightness, kinds: Texts, flux: Floats, fluxerr: Floats, offsets: Floats, from_flux: Mask
) -> None:
    """Fill in magnitudes of detections in flux, and the limits that follow from the error of a flux."""
    blind = from_flux & ~np.isnan(flux) & np.isnan(fluxerr)
    rows.refuse(blind, "fluxerr", "flux-without-error", "A flux is given without its error.", "Give fluxerr.")
    detected = from_flux & (kinds == DETECTION) & ~blind
    seen.mag = np.where(detected, mag_of(flux, offsets), seen.mag)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        seen.magerr = np.where(detected, MAG_PER_FRACTION * fluxerr / flux, seen.magerr)
    needs_limit = from_flux & ~detected & np.isnan(seen.limiting_mag)
    sigma = np.where(np.isnan(seen.limit_sigma), rows.conventions.derived_limit_sigma, seen.limit_sigma)
    seen.limiting_mag = np.where(needs_limit, mag_of(sigma * fluxerr, offsets), seen.limiting_mag)
    seen.limit_sigma = np.where(needs_limit, sigma, seen.limit_sigma)
