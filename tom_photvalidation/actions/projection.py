"""Points shown to TOM's own plots, lists, sharing and API: a row of `PhotometryReducedDatum` for each, `p<id>`.

TOM shows such a row to whoever sees the target. A point is therefore projected only while everybody who sees the target
is among those the point is told to; of PUBLIC and OPEN targets that is the network (the roof keeps the rows from those
outside of it).
"""

from collections.abc import Collection
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction
from numpy.typing import NDArray
from tom_dataproducts.models import PhotometryReducedDatum
from tom_targets.models import Target

from tom_photvalidation.choices import PROJECTED
from tom_photvalidation.models import Audience, PhotometryPoint, PhotometryUpload
from tom_photvalidation.plans import by_index

_TABLE = PhotometryPoint._meta.db_table
_DATUM = PhotometryReducedDatum._meta.db_table
_GROUPS = Audience.groups.through._meta.db_table
_TARGET = Target._meta.db_table
# Versions of reduction that are ours; other TOM apps leave the field empty or write words.
OURS = r"^p[0-9]+$"

# Rows of TOM are found by their time. By an index of targets, which PostgreSQL takes for as good while it has not
# counted a long light curve, it would compare every point with all the others; the sum keeps it from that index.
_SAME_TARGET = "shown.target_id + 0 = {}"

# Whether everybody who may see the target is told: groups and users with the permission, or the network.
_TOLD = f"""
  SELECT pairs.target_id, pairs.audience_id,
    CASE WHEN target.permissions = 'PRIVATE' THEN
      NOT EXISTS (
        SELECT FROM (
          SELECT group_id FROM guardian_groupobjectpermission
          WHERE permission_id = %(view)s AND object_pk = target.id::text
          UNION SELECT group_id FROM auth_group_permissions WHERE permission_id = %(view)s
        ) AS may WHERE may.group_id NOT IN (
          SELECT group_id FROM {_GROUPS} WHERE audience_id = pairs.audience_id))
      AND NOT EXISTS (
        SELECT FROM (
          SELECT user_id FROM guardian_userobjectpermission
          WHERE permission_id = %(view)s AND object_pk = target.id::text
          UNION SELECT user_id FROM auth_user_user_permissions WHERE permission_id = %(view)s
        ) AS may WHERE NOT EXISTS (
          SELECT FROM auth_user_groups AS membership JOIN {_GROUPS} AS told USING (group_id)
          WHERE told.audience_id = pairs.audience_id AND membership.user_id = may.user_id))
    ELSE EXISTS (
        SELECT FROM {_GROUPS} WHERE audience_id = pairs.audience_id AND group_id = %(network)s)
    END AS is_told
  FROM pairs JOIN {_TARGET} AS target ON target.id = pairs.target_id
"""  # noqa: S608

_INSERT = f"""
INSERT INTO {_DATUM} (target_id, timestamp, value, telescope, instrument, source_name, source_location,
  reduction_version, brightness, brightness_error, "limit", unit, bandpass, exposure_time)
SELECT point.target_id, point.t_mid,
  jsonb_build_object('point', point.id, 'kind', point.kind),
  point.telescope, point.instrument, point.origin, point.reference, 'p' || point.id,
  CASE WHEN point.kind = 'limit' THEN NULL ELSE point.mag END,
  CASE WHEN point.kind = 'limit' THEN NULL ELSE point.magerr END,
  CASE WHEN point.kind = 'limit' OR point.mag IS NULL THEN point.limiting_mag END,
  point.magsys, substr(point.filter, 1, 32), point.exposure_s
FROM {{points}}
ORDER BY point.target_id, point.filter, point.t_mid
"""  # noqa: S608
_UNLESS_SHOWN = "ON CONFLICT DO NOTHING"

_PROJECT = f"""
WITH chosen AS MATERIALIZED (
  SELECT id, target_id, audience_id, t_mid, status, datum FROM {_TABLE} WHERE {{which}}
), pairs AS (SELECT DISTINCT target_id, audience_id FROM chosen
), told AS MATERIALIZED ({_TOLD}
), shown AS (
  SELECT chosen.id FROM chosen JOIN told USING (target_id, audience_id)
  WHERE told.is_told AND chosen.status IN %(projected)s
    AND (chosen.datum IS NULL OR NOT EXISTS (SELECT FROM {_DATUM} AS source WHERE source.id = chosen.datum))
)
{_INSERT.format(points=f"{_TABLE} AS point JOIN shown USING (id)")} {_UNLESS_SHOWN}
"""  # noqa: S608

# Of points that were stored just now by one upload, and that no other app wrote.
_TOLD_NOW = f"""
WITH pairs AS (SELECT target_id, %(audience)s::bigint AS audience_id FROM unnest(%(targets)s::bigint[]) AS target_id
), told AS ({_TOLD}
) SELECT target_id FROM told WHERE is_told
"""  # noqa: S608
_PROJECT_NOW = _INSERT.format(
    points=f"{_TABLE} AS point WHERE point.id BETWEEN %(first)s AND %(last)s AND point.upload_id = %(upload)s"
    " AND point.target_id = ANY(%(targets)s) AND point.status IN %(projected)s AND point.datum IS NULL"
)

_WITHDRAW = f"""
WITH chosen AS MATERIALIZED (
  SELECT id, target_id, audience_id, t_mid, status, datum FROM {_TABLE} WHERE {{which}}
), pairs AS (SELECT DISTINCT target_id, audience_id FROM chosen
), told AS MATERIALIZED ({_TOLD}
), gone AS MATERIALIZED (
  SELECT chosen.target_id, chosen.t_mid, 'p' || chosen.id AS version,
    CASE WHEN chosen.status NOT IN %(projected)s THEN chosen.datum END AS datum
  FROM chosen JOIN told USING (target_id, audience_id)
  WHERE NOT (told.is_told AND chosen.status IN %(projected)s)
), ours AS (
  DELETE FROM {_DATUM} AS shown USING gone
  WHERE {_SAME_TARGET.format("gone.target_id")} AND shown.timestamp = gone.t_mid
    AND shown.reduction_version = gone.version
)
DELETE FROM {_DATUM} AS datum USING gone WHERE datum.id = gone.datum
"""  # noqa: S608


def project_new(point_ids: NDArray[np.int64], target_ids: NDArray[np.int64], upload: PhotometryUpload) -> None:
    """Show points that an upload just stored, with the targets they are of."""
    if not len(point_ids):
        return
    values = _known() | {
        "audience": upload.audience_id, "upload": upload.pk, "targets": np.unique(target_ids).tolist(),
        "first": int(point_ids.min()), "last": int(point_ids.max()),
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TOLD_NOW, values)
        told = [target for (target,) in cursor.fetchall()]
        if told:
            _insert_new(cursor, values | {"targets": told})


def _insert_new(cursor: Any, values: dict[str, Any]) -> None:
    """Write rows that cannot be there yet, unless somebody else wrote under our names: looking takes a third longer."""
    with by_index(cursor):
        try:
            with transaction.atomic():
                cursor.execute(_PROJECT_NOW, values)
        except IntegrityError:
            cursor.execute(f"{_PROJECT_NOW} {_UNLESS_SHOWN}", values)


def project(point_ids: Collection[int]) -> None:
    """Bring what TOM shows of some points in step with their status and with who may see them."""
    if point_ids:
        _both("id = ANY(%(ids)s)", {"ids": list(point_ids)})


def project_target(target_id: int) -> None:
    """Bring what TOM shows of a target's points in step: its permissions changed."""
    _both("target_id = %(target)s", {"target": target_id})


def _both(which: str, values: dict[str, Any]) -> None:
    unless_shown = (
        f"{which} AND status IN %(projected)s"
        f" AND NOT EXISTS (SELECT FROM {_DATUM} AS shown WHERE {_SAME_TARGET.format(_TABLE + '.target_id')}"
        f" AND shown.timestamp = {_TABLE}.t_mid AND shown.reduction_version = 'p' || {_TABLE}.id)"
    )
    values = _known() | values
    with transaction.atomic(), connection.cursor() as cursor, by_index(cursor):
        cursor.execute(_WITHDRAW.format(which=which), values)
        cursor.execute(_PROJECT.format(which=unless_shown), values)


def _known() -> dict[str, Any]:
    network = Group.objects.filter(name=settings.ICARE_DEFAULT_GROUP).values_list("pk", flat=True).first()
    return {"projected": tuple(map(str, PROJECTED)), "network": network, "view": _view_permission()}


def _view_permission() -> int:
    """Key of the permission by which groups and users see a target."""
    from django.contrib.auth.models import Permission

    content_type = ContentType.objects.get_for_model(Target)
    return Permission.objects.values_list("pk", flat=True).get(content_type=content_type, codename="view_target")
