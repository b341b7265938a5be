"""Targets with points: moved together when two targets turn out to be one, and never deleted under their points."""

import logging

import numpy as np
from django.db import connection, transaction
from tom_dataproducts.models import PhotometryReducedDatum

from tom_photvalidation.actions.preparing import instrument_ids
from tom_photvalidation.actions.projection import OURS, project_target
from tom_photvalidation.actions.store import uuids
from tom_photvalidation.fingerprint import fingerprints
from tom_photvalidation.loading import load
from tom_photvalidation.models import PhotometryPoint, ReviewCell, TargetEpoch
from tom_photvalidation.signals import checks_requested

logger = logging.getLogger(__name__)

_TABLE = PhotometryPoint._meta.db_table
KEPT = "It has photometry, which is never deleted. Merge it with another target, or hide it from groups instead."


def has_points(target_id: int) -> bool:
    """Say whether anything was measured of a target."""
    return PhotometryPoint.objects.filter(target=target_id).exists()


def move_points(source_id: int, destination_id: int) -> int:
    """Give the points of one target to another that is the same source; return how many.

    A measurement that both have stays once among those that speak: the moved one is rejected as a duplicate by the
    checks, not dropped.
    """
    with transaction.atomic():
        ids, m = load(PhotometryPoint.objects.filter(target=source_id))
        if not len(ids):
            return 0
        project_none(source_id)
        keys = fingerprints(m, np.full(len(m), destination_id, dtype=np.int64), instrument_ids(m))
        with connection.cursor() as cursor:
            # A fingerprint that the other target's points have already stays as it was: nothing may be lost.
            cursor.execute(
                f"UPDATE {_TABLE} AS point SET target_id = %s, fingerprint = CASE WHEN EXISTS ("  # noqa: S608
                f"SELECT FROM {_TABLE} AS other WHERE other.fingerprint = new.fingerprint"
                " AND other.audience_id = point.audience_id AND other.version = point.version)"
                " THEN point.fingerprint ELSE new.fingerprint END"
                " FROM unnest(%s::bigint[], %s::uuid[]) AS new (id, fingerprint) WHERE point.id = new.id",
                [destination_id, ids.tolist(), uuids(keys).to_pylist()],
            )
        taken = ReviewCell.objects.filter(target=destination_id).values_list("telescope", "filter", "audience")
        for cell in ReviewCell.objects.filter(target=source_id):
            if (cell.telescope, cell.filter, cell.audience_id) not in set(taken):
                ReviewCell.objects.filter(pk=cell.pk).update(target=destination_id)
        if not TargetEpoch.objects.filter(target=destination_id).exists():
            TargetEpoch.objects.filter(target=source_id).update(target=destination_id)
        project_target(destination_id)
        checks_requested.send(PhotometryPoint, targets=(destination_id,))
    logger.info("%s points of target %s are of target %s now", len(ids), source_id, destination_id)
    return len(ids)


def project_none(target_id: int) -> None:
    """Take away what TOM shows of a target's points."""
    PhotometryReducedDatum.objects.filter(target=target_id, reduction_version__regex=OURS).delete()
