"""The fingerprint of a measurement: the same one sent again, in any format, has the same.

It is taken over target, instrument, filter, middle of the exposure to 1 s, kind, magnitude system, magnitude (or flux)
to 1 mmag, limit to 1 mmag and its sigma to 0.01, and the pipeline. What is not in it (observer, reference, the typed
text) may be said differently without making another measurement.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tom_photvalidation.measurements import (
    DETECTION,
    FORCED,
    LIMIT,
    US_PER_S,
    VEGA,
    Floats,
    Integers,
    Measurements,
    Texts,
)

NOTHING = np.iinfo(np.int64).min
KINDS = {DETECTION: 1, LIMIT: 2, FORCED: 3}
DIGEST_BYTES = 16
NO_FLUX = 2  # where the sign of a flux would stand
PARTS = np.dtype(
    [
        ("target", "<i8"), ("instrument", "<i8"), ("filter", "<i8"), ("mid_s", "<i8"), ("kind", "<i8"), ("vega", "<i8"),
        ("mag", "<i8"), ("flux_sign", "<i8"), ("flux", "<i8"), ("limit", "<i8"), ("sigma", "<i8"), ("pipeline", "<i8"),
    ]
)  # fmt: skip


def fingerprints(m: Measurements, target_ids: Integers, instrument_ids: Integers) -> NDArray[Any]:
    """Return the fingerprint of each measurement.

    Parameters
    ----------
    m : n measurements
    target_ids, instrument_ids : (n,) numbers that stand for the target and for telescope and instrument

    Returns
    -------
    (n,) of 16 bytes each (dtype V16)
    """
    parts = np.zeros(len(m), dtype=PARTS)
    parts["target"], parts["instrument"] = target_ids, instrument_ids
    parts["filter"], parts["pipeline"] = _numbers_of(m.filter), _numbers_of(m.pipeline)
    parts["mid_s"] = (m.mid_us + US_PER_S // 2) // US_PER_S
    parts["kind"] = [KINDS.get(kind, 0) for kind in m.kind]
    parts["vega"] = m.magsys == VEGA
    parts["mag"] = _steps(m.mag, 1000.0)
    parts["flux_sign"], parts["flux"] = _flux_steps(np.where(np.isnan(m.mag), m.flux_ujy, np.nan))
    parts["limit"], parts["sigma"] = _steps(m.limiting_mag, 1000.0), _steps(m.limit_sigma, 100.0)
    packed, size = parts.tobytes(), PARTS.itemsize
    digests = b"".join(
        hashlib.blake2b(packed[at : at + size], digest_size=DIGEST_BYTES).digest() for at in range(0, len(packed), size)
    )
    return np.frombuffer(digests, dtype=f"V{DIGEST_BYTES}")


def _numbers_of(texts: Texts) -> Integers:
    """Return a number for each text that is the same wherever it is computed."""
    known = {
        text: int.from_bytes(
            hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little", signed=True
        )
        for text in set(texts)
    }
    return np.fromiter((known[text] for text in texts), dtype=np.int64, count=len(texts))


def _steps(values: Floats, per_unit: float) -> Integers:
    """Return values in whole steps; what is not given is a step of its own."""
    given = np.isfinite(values)
    return np.where(given, np.rint(np.where(given, values, 0.0) * per_unit), NOTHING).astype(np.int64)


def _flux_steps(flux: Floats) -> tuple[Integers, Integers]:
    """Return the sign of a flux and its size in steps of 1 mmag, so that negative fluxes have fingerprints too."""
    with np.errstate(divide="ignore"):
        size = np.where(flux == 0, np.nan, 2.5 * np.log10(np.abs(flux)))
    sign = np.where(np.isnan(flux), NO_FLUX, np.sign(flux))
    return sign.astype(np.int64), _steps(size, 1000.0)
