"""A column of order-29 nested HEALPix ranges: PostgreSQL's `int8multirange`."""

from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import models

Ranges = npt.NDArray[np.int64]


def to_literal(ranges: Ranges) -> str:
    """Return the PostgreSQL literal of half-open ranges, shape (n, 2)."""
    return "{" + ",".join(f"[{lower},{upper})" for lower, upper in ranges.tolist()) + "}"


def from_literal(text: str) -> Ranges:
    """Return the ranges of a PostgreSQL literal, shape (n, 2)."""
    numbers = text.strip("{}").replace("[", "").replace(")", "")
    if not numbers:
        return np.empty((0, 2), dtype=np.int64)
    return np.fromstring(numbers, dtype=np.int64, sep=",").reshape(-1, 2)


class HealpixRangesField(models.Field):
    """Merged half-open ranges of order-29 nested HEALPix indices; numpy (n, 2) int64 in Python.

    Membership of targets is then one join: ``unnest(region) r JOIN index ON r @> hpx29`` over a B-tree.
    """

    description = "order-29 nested HEALPix ranges"

    def db_type(self, connection: Any) -> str:
        """Name the PostgreSQL type."""
        return "int8multirange"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Ranges | None:
        """Read the driver's text."""
        return None if value is None else from_literal(value)

    def get_prep_value(self, value: Ranges | None) -> str | None:
        """Write the literal."""
        return None if value is None else to_literal(np.asarray(value, dtype=np.int64))
