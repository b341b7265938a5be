"""Notices of the unified GCN schema, made for tests and taken in as real ones are."""

import itertools
import json
from datetime import UTC, datetime

from tests.factories import make_group
from tom_gcn.actions import read_message, receive_message
from tom_gcn.models import Event

T0 = datetime(2024, 11, 2, 14, 41, 26, tzinfo=UTC)
WXT, GUANO, FERMI, ICECUBE = "einstein_probe/wxt/alert", "swift/bat/guano", "fermi/gbm/alert", "icecube/gold_bronze"
_numbers = itertools.count(1)


def announce(
    event_id: str,
    ra: float | None,
    dec: float | None,
    error_deg: float | None,
    stream: str = WXT,
    at: datetime = T0,
    **more,
) -> Event:
    """An event as its notice makes it; what would run in the background is left to the test."""
    make_group()
    notice = {
        "$schema": f"https://gcn.nasa.gov/schema/v4.1.0/gcn/notices/{stream}.schema.json",
        "trigger_time": at.isoformat(),
        "id": [event_id],
        "ra": ra,
        "dec": dec,
        "ra_dec_error": error_deg,
        "record_number": next(_numbers),
        "alert_datetime": at.replace(minute=59).isoformat(),
    }
    body = json.dumps({name: value for name, value in (notice | more).items() if value is not None}).encode()
    message, _ = receive_message(body, source="tests")
    event = read_message(message).event
    assert event is not None, message.reason
    return Event.objects.get(pk=event.pk)
