"""The rows by which TOM's own pages show requests for targets."""

from typing import Any

from django.db import transaction
from tom_observations.models import ObservationRecord

from tom_grandma_facilities.actions.journal import Person
from tom_grandma_facilities.models import FollowUpRequest


def make_record(row: FollowUpRequest, by: Person) -> None:
    """Make the row that TOM's own pages show for a request."""
    row.record = ObservationRecord.objects.create(
        target_id=row.target_id,
        user_id=by.pk if by else None,
        facility=row.telescope,
        parameters=parameters(row),
        observation_id=str(row.pk),
        status=row.state,
        scheduled_start=row.window_start,
        scheduled_end=row.window_end,
    )


def attach_record(record: ObservationRecord) -> None:
    """Keep the record that TOM made for a request with it; a request has one."""
    number = record.observation_id
    if not (number.isascii() and number.isdigit()):
        return
    with transaction.atomic():
        rows = FollowUpRequest.objects.select_for_update(of=("self",))
        row = rows.filter(pk=int(number), telescope=record.facility, target=record.target_id, record=None).first()
        if row is not None:
            FollowUpRequest.objects.filter(pk=row.pk).update(record=record)
            ObservationRecord.objects.filter(pk=record.pk).update(status=row.state)


def parameters(row: FollowUpRequest) -> dict[str, Any]:
    """Return a request as TOM keeps parameters of observations."""
    return {
        "follow_up_request": row.pk,
        "revision": row.revision,
        "exposures": row.exposures,
        "window_start": row.window_start.isoformat(),
        "window_end": row.window_end.isoformat(),
        "constraints": row.constraints,
        "priority": row.priority,
        "note": row.note,
    }
