"""The collaboration's table for circulars: T - T0, mid MJD, telescope, N x EXP, filter, magnitude, limit, system.

Below it stand the sentence on the calibration, built from the catalogues of the rows, and the one on extinction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.measurements import NO, YES, Measurements

HEADERS = ("T-T0 [day]", "Mid MJD", "Telescope", "Exposure", "Filter", "Magnitude", "Limit", "System")


def write(m: Measurements, t0_mjd: float | None = None) -> Iterator[bytes]:
    """Yield the table, with times since T0 [MJD UTC] where that is known."""
    yield table(m, t0_mjd).encode()


def table(m: Measurements, t0_mjd: float | None = None) -> str:
    """Return the table with its two sentences, ready to be pasted; rows stand in order of time.

    Parameters
    ----------
    m : the measurements
    t0_mjd : trigger time, MJD UTC; without it there are no times since T0
    """
    ordered = m.take(np.argsort(m.mid_us, kind="stable"))
    rows = [_cells(ordered, at, mid, t0_mjd) for at, mid in enumerate(ordered.mid_mjd.tolist())]
    headers = HEADERS if t0_mjd is not None else HEADERS[1:]
    lines = _lines([headers, *rows])
    sentences = [one for one in (calibration_sentence(m), extinction_sentence(m)) if one]
    return "\n".join([lines[0], "-" * len(lines[0].rstrip()), *lines[1:], "", *sentences]).rstrip() + "\n"


def _lines(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cells(m: Measurements, at: int, mid: float, t0_mjd: float | None) -> tuple[str, ...]:
    cells = (
        f"{mid:.5f}" if m.time_reference[at] != "unknown" else f"{mid:.5f} (?)",
        m.telescope[at] or m.instrument[at] or "-",
        _exposure(m.exposure_s[at], m.n_exposures[at]),
        BANDS[m.filter[at]].label if m.filter[at] in BANDS else m.filter[at],
        _magnitude(m.mag[at], m.magerr[at]),
        _limit(m.limiting_mag[at], m.limit_sigma[at]),
        m.magsys[at],
    )
    return cells if t0_mjd is None else (f"{mid - t0_mjd:.3f}", *cells)


def _exposure(total: float, count: float) -> str:
    if np.isnan(total):
        return "-"
    n = 1 if np.isnan(count) or count < 1 else int(count)
    return f"{n} x {total / n:g} s"


def _magnitude(mag: float, error: float) -> str:
    if np.isnan(mag):
        return "-"
    return f"{mag:.2f}" if np.isnan(error) else f"{mag:.2f} +/- {error:.2f}"


def _limit(limit: float, sigma: float) -> str:
    if np.isnan(limit):
        return "-"
    return f"{limit:.1f}" if np.isnan(sigma) else f"{limit:.1f} ({sigma:g} sigma)"


def calibration_sentence(m: Measurements) -> str:
    """Return the sentence that says against what the magnitudes were calibrated; "" when no row says it."""
    catalogues = sorted({one for one in m.calibration_catalogue if one})
    if not catalogues:
        return ""
    silent = int((m.calibration_catalogue == "").sum())
    rest = f"; {silent} measurements do not say theirs" if silent else ""
    return f"Magnitudes were calibrated against the {_listed(catalogues)} catalogue{'s' * (len(catalogues) > 1)}{rest}."


def extinction_sentence(m: Measurements) -> str:
    """Return the sentence on Galactic extinction; "" when no row says anything."""
    corrected, not_corrected = int((m.extinction_corrected == YES).sum()), int((m.extinction_corrected == NO).sum())
    if not corrected and not not_corrected:
        return ""
    reddening = sorted({f"{one:.3f}" for one in m.ebv[m.extinction_corrected == YES] if not np.isnan(one)})
    used = f" with E(B-V) = {_listed(reddening)} mag" if reddening else ""
    if corrected == len(m):
        return f"Magnitudes are corrected for Galactic extinction{used}."
    if not_corrected == len(m):
        return "Magnitudes are not corrected for Galactic extinction."
    share = f"{corrected} of {len(m)} magnitudes are corrected for Galactic extinction{used}"
    return f"{share}; the others are not, or do not say."


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
