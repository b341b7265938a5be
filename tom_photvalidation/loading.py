"""Points of the store as measurements: for checks, exports and new versions."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from tom_targets.base_models import BaseTarget

from tom_photvalidation.measurements import FLAG_COLUMNS, NUMBER_COLUMNS, TEXT_COLUMNS, Measurements
from tom_photvalidation.models import PhotometryPoint
from tom_photvalidation.querysets import PointQuerySet
from tom_photvalidation.sheets import EPOCH_US, measurements_of

_TABLE = PhotometryPoint._meta.db_table
_TARGETS = BaseTarget._meta.db_table
_PLAIN = ("line", *TEXT_COLUMNS, *NUMBER_COLUMNS, *FLAG_COLUMNS, "extra")
COLUMNS = tuple(name for name in dict.fromkeys(_PLAIN) if name not in ("target", "t_mjd"))
# Enough for the checks, which look at neither the typed row nor the columns nobody knows.
CHECKED = tuple(
    name for name in COLUMNS
    if name not in ("submitted", "extra", "template", "reducer", "observer", "reference", "filter_given")
)  # fmt: skip


def load(points: PointQuerySet, columns: Sequence[str] = COLUMNS) -> tuple[NDArray[np.int64], Measurements]:
    """Return the keys of points and the points as measurements, in the order of the query; one statement."""
    chosen, values = points.values("pk").query.sql_with_params()
    listed = ", ".join(_expression(name) for name in columns)
    order = _order_of(points)
    return _read(
        f"SELECT point.id, (extract(epoch FROM point.t_given) * 1000000)::bigint + {EPOCH_US}, target.name, {listed}"  # noqa: S608
        f" FROM {_TABLE} AS point JOIN {_TARGETS} AS target ON target.id = point.target_id"
        f" WHERE point.id IN ({chosen}) ORDER BY {order}",
        values,
        columns,
    )


def _expression(name: str) -> str:
    return "point.extra::text" if name == "extra" else f"point.{name}"


def _order_of(points: PointQuerySet) -> str:
    """Return by time where the query asks for it, else by key."""
    by_time = any(str(name).lstrip("-") == "t_mid" for name in points.query.order_by)
    return "point.t_mid, point.id" if by_time else "point.id"


def _read(statement: str, values: Sequence[Any], columns: Sequence[str]) -> tuple[NDArray[np.int64], Measurements]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    listed: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * (len(columns) + 3)
    ids = np.array(listed[0], dtype=np.int64)
    found: dict[str, Any] = {"t_exact_us": listed[1], "target": listed[2]}
    found |= dict(zip(columns, listed[3:], strict=True))
    if "extra" in found:
        found["extra"] = [{} if text == "{}" else json.loads(text) for text in found["extra"]]
    return ids, measurements_of(found)
