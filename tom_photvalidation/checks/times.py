"""Can the time be true? Other time scales typed as MJD, the future, before the instrument, before the event."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tom_photvalidation.checks.base import (
    QUARANTINED,
    REFUSED,
    WARNING,
    Batch,
    Check,
    Finding,
    Instrument,
    Mask,
    flagged,
)
from tom_photvalidation.measurements import UNKNOWN, Floats

TIME_SCALE = Check("time-scale", 0, REFUSED, "The time is in another scale than MJD UTC")
FUTURE = Check("future", 1, QUARANTINED, "The time lies in the future")
BEFORE_INSTRUMENT = Check("before-instrument", 2, QUARANTINED, "The instrument did not exist at that time")
BEFORE_EVENT = Check("before-event", 3, QUARANTINED, "The source is seen before its event")
TIME_REFERENCE = Check("time-reference", 6, WARNING, "It is not said whether the time is the middle or the start")

JD_MINUS_MJD = 2_400_000.5
UNIX_EPOCH_MJD = 40_587.0
TRUNCATED_DAYS = 40_000.0
SECONDS_PER_DAY = 86_400.0
TAI_MINUS_UTC_S = 37.0  # since 2017 (IERS Bulletin C 52); 32 to 36 s in 1999 to 2016
TT_MINUS_TAI_S = 32.184

EARLIEST_MJD = 33_282.0  # 1950-01-01
EARLIEST_GUESS_MJD = 44_239.0  # 1980-01-01: CCDs
LATEST_MJD = 88_069.0  # 2100-01-01
SLACK_DAYS = 5.0 / 1440.0  # clocks of computers that upload
BEFORE_EVENT_DAYS = 1.0 / 24.0
LONG_EXPOSURE_S = 1_800.0
LONG_PART_OF_AGE = 0.1


def read_as(value: float, now_mjd: float) -> tuple[str, float] | None:
    """Return the scale in which a number is a sensible time, and that time as MJD; None when there is none.

    Parameters
    ----------
    value : the number as typed
    now_mjd : nothing observed is later
    """
    others = {
        "a Julian date": value - JD_MINUS_MJD,
        "milliseconds since 1970": value / 1000.0 / SECONDS_PER_DAY + UNIX_EPOCH_MJD,
        "seconds since 1970": value / SECONDS_PER_DAY + UNIX_EPOCH_MJD,
        "a truncated Julian date": value + TRUNCATED_DAYS,
        "a year": (value - 2000.0) * 365.25 + 51_544.5,
    }
    for name, mjd in others.items():
        if EARLIEST_GUESS_MJD <= mjd <= now_mjd + 1.0:
            return name, mjd
    return None


def time_scale(batch: Batch) -> Iterator[Finding]:
    """Numbers that are no MJD of 1950 to 2100, and instruments known to write TAI or TT."""
    t = batch.m.t_mjd
    (rows,) = np.nonzero(~((t >= EARLIEST_MJD) & (t < LATEST_MJD)))
    yield from flagged(
        TIME_SCALE,
        rows,
        REFUSED,
        t[rows],
        lambda row: _other_scale_in_words(t[row], batch.context.now_mjd),
        lambda row: {"t_mjd": round(found[1], 6)} if (found := read_as(t[row], batch.context.now_mjd)) else None,
    )
    for instrument, mine, name in batch.instruments():
        yield from _of_instrument(batch, instrument, mine, name)


def _of_instrument(batch: Batch, instrument: Instrument, rows: NDArray[np.int64], name: str) -> Iterator[Finding]:
    """Warn of an instrument that writes TAI or TT where the rows say UTC."""
    scale = instrument.time_scale.upper()
    late_s = {"TAI": TAI_MINUS_UTC_S, "TT": TAI_MINUS_UTC_S + TT_MINUS_TAI_S}.get(scale)
    if late_s is None:
        return
    yield from flagged(
        TIME_SCALE,
        rows,
        WARNING,
        np.full(len(rows), late_s),
        lambda row: f"{name} writes {scale}, {late_s:.0f} s later than UTC; the row says UTC.",
        lambda row: {"t_mjd": round(float(batch.m.t_mjd[row]) - late_s / SECONDS_PER_DAY, 7)},
    )


def _other_scale_in_words(value: float, now_mjd: float) -> str:
    if found := read_as(value, now_mjd):
        return f"{value:.5f} is no MJD of 1950 to 2100; read as {found[0]} it is MJD {found[1]:.5f}."
    return f"{value:.5f} is no MJD of 1950 to 2100."


def is_time(batch: Batch) -> Mask:
    """Rows whose number can be an MJD at all."""
    return np.asarray((batch.m.t_mjd >= EARLIEST_MJD) & (batch.m.t_mjd < LATEST_MJD))


def future(batch: Batch) -> Iterator[Finding]:
    """Times later than now."""
    now = batch.context.now_mjd
    ahead = batch.m.t_mjd - now
    (rows,) = np.nonzero(is_time(batch) & (ahead > SLACK_DAYS))
    yield from flagged(
        FUTURE,
        rows,
        QUARANTINED,
        ahead[rows],
        lambda row: f"MJD {batch.m.t_mjd[row]:.5f} is {_span(ahead[row])} in the future.",
    )


def before_instrument(batch: Batch) -> Iterator[Finding]:
    """Times before an instrument's first light."""
    for instrument, mine, name in batch.instruments():
        yield from _before_first_light(batch, instrument, mine, name)


def _before_first_light(batch: Batch, instrument: Instrument, mine: NDArray[np.int64], name: str) -> Iterator[Finding]:
    early = instrument.first_light_mjd - batch.m.t_mjd
    rows = mine[(early[mine] > 0) & is_time(batch)[mine]]
    yield from flagged(
        BEFORE_INSTRUMENT,
        rows,
        QUARANTINED,
        early[rows],
        lambda row: f"MJD {batch.m.t_mjd[row]:.5f} is {_span(early[row])} before the first light of {name}.",
    )


def before_event(batch: Batch) -> Iterator[Finding]:
    """Detections more than an hour before T0; limits of earlier nights are welcome."""
    early: Floats = batch.context.t0_mjd - batch.m.t_mjd
    (rows,) = np.nonzero(is_time(batch) & (early > BEFORE_EVENT_DAYS) & batch.is_detection & (batch.m.kind != "forced"))
    yield from flagged(
        BEFORE_EVENT,
        rows,
        QUARANTINED,
        early[rows],
        lambda row: (
            f"The source is said to be seen {_span(early[row])} before T0 (MJD {batch.context.t0_mjd[row]:.5f})."
        ),
    )


def time_reference(batch: Batch) -> Iterator[Finding]:
    """Long exposures, long against the age of the source too, of which middle and start are not told apart."""
    exposure = batch.m.exposure_s
    age_s = (batch.m.t_mjd - batch.context.t0_mjd) * SECONDS_PER_DAY
    with np.errstate(invalid="ignore"):
        matters = (exposure > LONG_EXPOSURE_S) | ((age_s > 0) & (exposure > LONG_PART_OF_AGE * age_s))
    (rows,) = np.nonzero(matters & (batch.m.time_reference == UNKNOWN))
    yield from flagged(
        TIME_REFERENCE,
        rows,
        WARNING,
        exposure[rows],
        lambda row: (
            f"An exposure of {exposure[row]:.0f} s without saying whether the time is its start or its middle: "
            f"the time may be {exposure[row] / 2:.0f} s off."
        ),
    )


def _span(days: float) -> str:
    """Say a span of time in the unit that suits it."""
    size = abs(days)
    if size >= 2.0:
        return f"{size:.1f} days"
    return f"{size * 24:.1f} hours" if size >= 2.0 / 24.0 else f"{size * 1440:.0f} min"
