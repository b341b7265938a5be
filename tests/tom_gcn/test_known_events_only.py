"""Notices that add to an event that is known, and open none: Swift's targets of opportunity and images."""

from pathlib import Path

import pytest

from tests.factories import make_group
from tom_gcn.actions import read_message, receive_message
from tom_gcn.models import Event

pytestmark = pytest.mark.django_db

VOEVENTS = Path(__file__).parents[1] / "data" / "alerts" / "voevent"
SWIFT = VOEVENTS / "Swift"
ADDING = sorted([*SWIFT.glob("SWIFT_TOO_*"), *SWIFT.glob("SWIFT_UVOT_*CHART*"), *SWIFT.glob("SWIFT_XRT_LC*")])


def read(path: Path):
    make_group()
    return read_message(receive_message(path.read_bytes(), source="tests")[0])


def test_there_are_such_notices():
    assert len(ADDING) > 20


def test_they_open_no_event_and_are_kept_with_the_reason():
    for path in ADDING:
        result = read(path)
        assert result.event is None and result.notice is not None, path.name
        assert "is not here" in result.message.reason or result.message.reason_code == "duplicate", path.name
    assert not Event.objects.exists()


def test_they_add_to_the_event_they_name():
    chart = next(iter(SWIFT.glob("SWIFT_UVOT_FCHART*")))
    trigger = chart.name.split("__")[1]
    event = Event.objects.create(name=f"swift-{trigger}", namespace="swift", event_id=trigger, kind="grb")
    result = read(chart)
    assert result.event == event
    assert event.notices.get() == result.notice
    assert not event.localizations.exists()
    slew = next(iter(SWIFT.glob("SWIFT_TOO_SC_SLEW*")))
    known = Event.objects.create(name="x", namespace="swift", event_id=slew.name.split("__")[1], kind="other")
    assert read(slew).event == known


def test_a_light_curve_that_is_all_that_comes_of_a_trigger_opens_its_event():
    result = read(next(iter((VOEVENTS / "CALET").glob("CALET_GBM_FLT_LC*"))))
    assert result.event is not None
