"""Was this position observed? Every executed pointing that held it.

Centres are found by ranges of HEALPix numbers, per class of fields of about one size, so that one wide camera does not
make every search wide; then each field is tested exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from numpy.typing import NDArray

from tom_grandma_facilities.executed.sky import Pointings, class_reach_deg, ranges_around
from tom_grandma_facilities.models import ExecutedObservation

MOST_LISTED = 500
_TABLE = ExecutedObservation._meta.db_table
# The classes that occur, one index probe each: DISTINCT would read the whole index.
_CLASSES = f"""
    WITH RECURSIVE seen(size) AS (
        (SELECT size_class FROM {_TABLE} WHERE size_class IS NOT NULL ORDER BY size_class LIMIT 1)
        UNION ALL
        SELECT (SELECT size_class FROM {_TABLE} WHERE size_class > seen.size ORDER BY size_class LIMIT 1)
        FROM seen WHERE seen.size IS NOT NULL
    )
    SELECT size FROM seen WHERE size IS NOT NULL
"""  # noqa: S608
_PARTS = (
    "SELECT inside.* FROM unnest(%s::smallint[], %s::bigint[], %s::bigint[]) AS part(size, low, high)"
    " CROSS JOIN LATERAL ({}) AS inside"
)
_IN_PART = f"{_TABLE}.size_class = part.size AND {_TABLE}.hpx29 >= part.low AND {_TABLE}.hpx29 < part.high"
COLUMNS = ("id", "shape", "width_deg", "height_deg", "ra_deg", "dec_deg", "start", "telescope", "filter",
            "limiting_mag", "exposure_s")  # fmt: skip


@dataclass(frozen=True)
class Depth:
    """What one telescope did with one filter at a position."""

    telescope: str
    filter: str
    count: int
    first: datetime
    last: datetime
    deepest_mag: float | None


@dataclass(frozen=True)
class Observed:
    """The executed pointings that held a position, newest first; `rows` are the newest of all `count`."""

    ra_deg: float
    dec_deg: float
    count: int = 0
    rows: list[ExecutedObservation] = field(default_factory=list)
    depths: list[Depth] = field(default_factory=list)

    @property
    def is_cut(self) -> bool:
        """Whether there are more than are listed."""
        return self.count > len(self.rows)


def observed_at(
    ra_deg: float,
    dec_deg: float,
    user: User | AnonymousUser,
    *,
    after: datetime | None = None,
    before: datetime | None = None,
    telescope: str = "",
    most: int = MOST_LISTED,
) -> Observed:
    """Find every executed pointing that held a position and that `user` may see.

    Parameters
    ----------
    ra_deg, dec_deg : float
        ICRS [deg].
    after, before : datetime, optional
        Bounds of the start of the exposure.
    telescope : str
        Only this one.
    most : int
        Rows to return; the counts are of all.
    """
    visible = ExecutedObservation.objects.visible_to(user)
    if after:
        visible = visible.filter(start__gte=after)
    if before:
        visible = visible.filter(start__lt=before)
    if telescope:
        visible = visible.filter(telescope=telescope)
    near = _near(ra_deg, dec_deg, visible)
    held = [row for row, inside in zip(near, _hold(near, ra_deg, dec_deg), strict=True) if inside]
    held.sort(key=lambda row: (row["start"], row["id"]), reverse=True)
    keys = [row["id"] for row in held[:most]]
    found = ExecutedObservation.objects.select_related("upload").defer("raw", "earlier").in_bulk(keys)
    return Observed(ra_deg, dec_deg, len(held), [found[key] for key in keys if key in found], _depths(held))


def _near(ra_deg: float, dec_deg: float, visible: QuerySet[ExecutedObservation]) -> list[dict[str, Any]]:
    """Rows whose field may hold the position."""
    around = {size: min(class_reach_deg(size), 90.0) for size in size_classes()}
    return centred_in({size: ranges_around(ra_deg, dec_deg, reach) for size, reach in around.items()}, visible)


def size_classes() -> list[int]:
    """The classes of sizes of fields that occur."""
    with connection.cursor() as cursor:
        cursor.execute(_CLASSES)
        return [size for (size,) in cursor.fetchall()]


def centred_in(ranges: Mapping[int, NDArray[np.int64]], visible: QuerySet[ExecutedObservation]) -> list[dict[str, Any]]:
    """Rows among `visible` whose centre lies in the order-29 ranges given for their class of sizes, as plain values."""
    parts = [(size, low, high) for size, pairs in ranges.items() for low, high in pairs.tolist()]
    if not parts:
        return []
    # Inside LATERAL each range is one scan of the index; what may be seen is Django's to say.
    inside = visible.order_by().extra(where=[_IN_PART]).values_list(*COLUMNS)  # noqa: S610  constants only
    try:
        query, values = inside.query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_PARTS.format(query), [*map(list, zip(*parts, strict=True)), *values])
        return [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]


def _hold(rows: list[dict[str, Any]], ra_deg: float, dec_deg: float) -> NDArray[np.bool_]:
    """Which fields hold the position exactly."""

    def column(name: str) -> NDArray[np.float64]:
        return np.array([row[name] for row in rows], dtype=float)

    is_circle = np.array([row["shape"] == "circle" for row in rows], dtype=bool)
    fields = Pointings(is_circle, column("width_deg"), column("height_deg"), column("ra_deg"), column("dec_deg"))
    return fields.contain(ra_deg, dec_deg)


def _depths(rows: list[dict[str, Any]]) -> list[Depth]:
    """One line per telescope and filter, the one seen last first; `rows` are newest first."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["telescope"], row["filter"]), []).append(row)
    return [
        Depth(
            telescope,
            name,
            len(group),
            group[-1]["start"],
            group[0]["start"],
            max(
                (row["limiting_mag"] for row in group if row["limiting_mag"] is not None),
                default=None,
            ),
        )
        for (telescope, name), group in groups.items()
    ]
