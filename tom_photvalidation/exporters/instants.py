"""Instants as ISO 8601 texts with microseconds."""

from __future__ import annotations

from typing import Literal

import numpy as np

from tom_photvalidation.measurements import Integers

EPOCH_US = 40587 * 86_400_000_000  # MJD 0 to 1970


def iso_texts(microseconds: Integers, separator: str = "T", unit: Literal["us", "s"] = "us") -> list[str]:
    """Return instants, microseconds since MJD 0, as "2023-08-13T17:32:00.000000"."""
    instants = (microseconds - EPOCH_US).astype("datetime64[us]")
    written = np.datetime_as_string(instants, unit=unit).tolist()
    return [one.replace("T", separator) for one in written]
