"""Where targets are on the sky: an order-29 nested HEALPix number for each, kept in a side table with a B-tree index.

A cone or the region of a sky map is a set of ranges of these numbers, so that "which targets are there" is a few index
scans, right across RA 0 and at the poles. `signals` keeps a row on every save; what writes targets in bulk
(bulk_create, COPY, update) calls `reindex`; the command ``reindex_sky`` repairs what was forgotten.
"""

import logging
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from django.db import models, transaction
from django.db.models import BooleanField, F, FloatField, Func, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import ASin, Cos, Least, Power, Radians, Sin, Sqrt
from tom_targets.base_models import BaseTarget

from tom_gcn.skymaps import cone_ranges, hpx29
from tom_gcn.skymaps.ranges import IntArray

logger = logging.getLogger(__name__)

CHUNK = 5000
# Positions closer than this [deg], 0.4 microarcseconds, are the same: doubles do not tell them apart everywhere.
SAME_PLACE_DEG = 1e-10


class IsOneOf(Func):
    """Whether a value is among those a subquery gives, found before the rows are looked at.

    PostgreSQL cannot tell how many rows a set of ranges holds. Of ``IN (SELECT ...)`` it fears all of them and reads
    the whole table; an array it makes first, and then it looks up each key.
    """

    template = "%(expressions)s)"
    arg_joiner = " = ANY(ARRAY"
    output_field = BooleanField()


class TargetSkyIndex(models.Model):
    """The place of one sidereal target on the sky; targets without coordinates have no row."""

    target = models.OneToOneField(BaseTarget, on_delete=models.CASCADE, primary_key=True, related_name="sky_index")
    hpx29 = models.BigIntegerField(help_text="Nested HEALPix cell of order 29.")

    class Meta:
        verbose_name = "place on the sky"
        verbose_name_plural = "places on the sky"
        # The key is in the index: tens of thousands of targets in a large region are found without reading the table.
        indexes = [models.Index(fields=["hpx29"], include=["target"], name="icare_tom_targetskyindex_hpx29")]

    def __str__(self) -> str:
        return f"{self.target_id}: {self.hpx29}"


@dataclass
class Reindexed:
    """What a run of `reindex` found and put right."""

    right: int = 0
    missing: int = 0
    stale: int = 0
    orphaned: int = 0

    @property
    def repaired(self) -> int:
        """Rows that were changed."""
        return self.missing + self.stale + self.orphaned


def cell(target_type: str, ra: float | None, dec: float | None) -> int | None:
    """HEALPix number of a target's place; None when it has none."""
    if target_type != BaseTarget.SIDEREAL or ra is None or dec is None:
        return None
    if not math.isfinite(ra) or not -90 <= dec <= 90:
        return None
    return int(hpx29(ra, dec))


def keep(target: BaseTarget) -> None:
    """Write, move or remove the row of one saved target."""
    # TOM's import of CSV saves targets whose numbers are still text.
    ra, dec = (None if value in (None, "") else float(value) for value in (target.ra, target.dec))
    number = cell(target.type, ra, dec)
    if number is None:
        TargetSkyIndex.objects.filter(target_id=target.pk).delete()
    else:
        _store([TargetSkyIndex(target_id=target.pk, hpx29=number)])


def _store(rows: Iterable[TargetSkyIndex]) -> None:
    TargetSkyIndex.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["target"], update_fields=["hpx29"], batch_size=CHUNK
    )


def reindex(queryset: QuerySet[BaseTarget] | None = None) -> Reindexed:
    """Bring the rows of targets up to date, in chunks of their own transactions.

    Parameters
    ----------
    queryset : QuerySet of targets, not sliced
        Those to look at; all if not given.
    """
    targets = (BaseTarget.objects.all() if queryset is None else queryset).order_by("pk")
    found = Reindexed()
    last = None
    while True:
        last = _reindex_after(targets, last, found)
        if last is None:
            return found


def _reindex_after(targets: QuerySet[BaseTarget], last: int | None, found: Reindexed) -> int | None:
    """Repair the next chunk and return its last key; None when nothing was left."""
    ahead = targets if last is None else targets.filter(pk__gt=last)
    with transaction.atomic():
        # Locked, so that a save meanwhile cannot be overwritten with the place the target had before.
        locked = ahead.select_for_update(of=("self",), no_key=True)
        rows = list(locked.values_list("pk", "type", "ra", "dec", "sky_index__hpx29")[:CHUNK])
        changed, orphaned = [], []
        for pk, target_type, ra, dec, stored in rows:
            number = cell(target_type, ra, dec)
            if number == stored:
                found.right += 1
            elif number is None:
                orphaned.append(pk)
            else:
                changed.append(TargetSkyIndex(target_id=pk, hpx29=number))
                found.missing += stored is None
                found.stale += stored is not None
        found.orphaned += len(orphaned)
        TargetSkyIndex.objects.filter(pk__in=orphaned).delete()
        _store(changed)
    return rows[-1][0] if rows else None


def within_ranges(queryset: QuerySet, ranges: IntArray) -> QuerySet:
    """Targets whose cell lies in disjoint order-29 ranges, e.g. the region of a sky map.

    Parameters
    ----------
    queryset : QuerySet of targets
    ranges : ndarray of int64, shape (m, 2)
        Half-open, as `tom_gcn.skymaps.merge_ranges` returns them.
    """
    pairs = np.asarray(ranges, dtype=np.int64).reshape(-1, 2)
    # Joined to a table of ranges, each range is one scan of the B-tree; a long OR would be planned as a full scan.
    inside = RawSQL(
        "SELECT place.target_id FROM icare_tom_targetskyindex AS place"
        " JOIN unnest(%s::bigint[], %s::bigint[]) AS part(lower, upper)"
        " ON place.hpx29 >= part.lower AND place.hpx29 < part.upper",
        [pairs[:, 0].tolist(), pairs[:, 1].tolist()],
    )
    return queryset.filter(IsOneOf(F("pk"), inside))


def cone(queryset: QuerySet, ra_deg: float, dec_deg: float, radius_deg: float) -> QuerySet:
    """Targets within a great-circle distance of a position, its edge included.

    Parameters
    ----------
    queryset : QuerySet of targets
    ra_deg, dec_deg : float
        Centre, ICRS [deg]; any right ascension.
    radius_deg : float
        0 to 180 [deg].

    Returns
    -------
    QuerySet
        Annotated with ``separation`` [deg].

    Raises
    ------
    ValueError
        If the centre or the radius is out of range.
    """
    ranges = cone_ranges(ra_deg, dec_deg, radius_deg)
    radius = min(radius_deg + SAME_PLACE_DEG, 180.0)
    near = within_ranges(queryset, ranges).annotate(
        separation=2 * ASin(Sqrt(Least(_haversine(ra_deg, dec_deg), Value(1.0)))) * (180 / math.pi)
    )
    if radius <= 90:
        return near.filter(separation__lte=radius)
    # Close to 180 deg the arc sine loses half its digits; the distance from the opposite point does not.
    opposite = _haversine(ra_deg + 180.0, -dec_deg)
    return near.annotate(beyond=opposite).filter(beyond__gte=_haversine_of(180.0 - radius))


def _haversine_of(angle_deg: float) -> float:
    return math.sin(math.radians(angle_deg) / 2) ** 2


def _haversine(ra_deg: float, dec_deg: float) -> models.Expression:
    """Haversine of the distance of each target from a position; exact for small distances, unlike the arc cosine."""
    across = Power(Sin(Radians((F("ra") - ra_deg) / 2.0)), 2)
    along = Power(Sin(Radians((F("dec") - dec_deg) / 2.0)), 2)
    scale = Value(math.cos(math.radians(dec_deg)), output_field=FloatField())
    return models.ExpressionWrapper(along + Cos(Radians("dec")) * scale * across, output_field=FloatField())
