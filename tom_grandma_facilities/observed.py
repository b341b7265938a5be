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

from tom_grandma_facilities.executed.sky import class_reach_deg, ranges_around
from tom_grandma_facilities.models import ExecutedObservation

MOST_LISTED = 200
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
_LISTED = (
    "SELECT inside.* FROM unnest(%s::smallint[], %s::bigint[], %s::bigint[]) AS part(size, low, high)"
    " CROSS JOIN LATERAL ({}) AS inside"
)
# Counted where the rows are: of thousands of exposures only the newest are brought here.
_GROUPED = (
    f"WITH held(id, telescope, filter, start, limiting_mag) AS MATERIALIZED ({_LISTED}),"  # noqa: S608
    " newest AS (SELECT id, start FROM held ORDER BY start DESC, id DESC LIMIT %s)"
    " SELECT telescope, filter, count(*), min(start), max(start), max(limiting_mag),"
    " (SELECT array_agg(id ORDER BY start DESC, id DESC) FROM newest)"
    " FROM held GROUP BY telescope, filter ORDER BY max(start) DESC, telescope, filter"
)
HELD = ("id", "telescope", "filter", "start", "limiting_mag")
_IN_PART = f"{_TABLE}.size_class = part.size AND {_TABLE}.hpx29 >= part.low AND {_TABLE}.hpx29 < part.high"
# The field's outline in the plane that touches the sky at its centre, as `executed.sky.Pointings.contain` has it; the
# numbers are the position: declination, declination, right ascension, and so on.
_HOLDS = f"""(
    SELECT place.depth > 0 AND CASE {_TABLE}.shape
        WHEN 'circle' THEN sqrt(place.xi ^ 2 + place.eta ^ 2) <= tand({_TABLE}.width_deg / 2) * place.depth + 5e-9
        ELSE abs(place.xi) <= tand({_TABLE}.width_deg / 2) * place.depth + 5e-9
            AND abs(place.eta) <= tand({_TABLE}.height_deg / 2) * place.depth + 5e-9 END
    FROM (SELECT
        sind({_TABLE}.dec_deg) * sind(%s) + cosd({_TABLE}.dec_deg) * cosd(%s) * cosd(%s - {_TABLE}.ra_deg) AS depth,
        cosd(%s) * sind(%s - {_TABLE}.ra_deg) AS xi,
        cosd({_TABLE}.dec_deg) * sind(%s) - sind({_TABLE}.dec_deg) * cosd(%s) * cosd(%s - {_TABLE}.ra_deg) AS eta
    ) AS place
)"""  # noqa: S608
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
    reaches = {size: min(class_reach_deg(size), 90.0) for size in size_classes()}
    parts = _parts({size: ranges_around(ra_deg, dec_deg, reach) for size, reach in reaches.items()})
    held = visible.extra(where=[_IN_PART, _HOLDS], params=_place(ra_deg, dec_deg))  # noqa: S610  constants only
    groups = _from_parts(_GROUPED, parts, held.order_by().values_list(*HELD), [most])
    keys = [key for key in groups[0][-1] or [] if key] if groups else []
    found = ExecutedObservation.objects.defer("raw", "earlier").in_bulk(keys)
    depths = [Depth(*group[:-1]) for group in groups]
    return Observed(
        ra_deg, dec_deg, sum(depth.count for depth in depths), [found[key] for key in keys if key in found], depths
    )


def _place(ra_deg: float, dec_deg: float) -> list[float]:
    """Values of `_HOLDS`, in its order."""
    return [dec_deg, dec_deg, ra_deg, dec_deg, ra_deg, dec_deg, dec_deg, ra_deg]


def size_classes() -> list[int]:
    """The classes of sizes of fields that occur."""
    with connection.cursor() as cursor:
        cursor.execute(_CLASSES)
        return [size for (size,) in cursor.fetchall()]


def centred_in(ranges: Mapping[int, NDArray[np.int64]], visible: QuerySet[ExecutedObservation]) -> list[dict[str, Any]]:
    """Rows among `visible` whose centre lies in the order-29 ranges given for their class of sizes, as plain values."""
    inside = visible.order_by().extra(where=[_IN_PART]).values_list(*COLUMNS)  # noqa: S610  constants only
    return [dict(zip(COLUMNS, row, strict=True)) for row in _from_parts(_LISTED, _parts(ranges), inside, [])]


def _parts(ranges: Mapping[int, NDArray[np.int64]]) -> list[tuple[int, int, int]]:
    return [(size, low, high) for size, pairs in ranges.items() for low, high in pairs.tolist()]


def _from_parts(
    statement: str, parts: list[tuple[int, int, int]], inside: QuerySet[Any, Any], more: list[Any]
) -> list[tuple[Any, ...]]:
    """Run a statement over the rows of `inside` in each part: a join by LATERAL, so that each is one index scan."""
    if not parts:
        return []
    try:
        # What may be seen is Django's to say.
        query, values = inside.query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement.format(query), [*map(list, zip(*parts, strict=True)), *values, *more])
        return list(cursor.fetchall())
