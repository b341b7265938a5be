"""A message that was read in part is read again after the reader was mended: what was missing is added, once."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from tests.factories import make_user
from tests.tom_gcn.test_inbox import LVK
from tom_gcn.actions import localizations, notices, read_message, receive_message, reread, reread_message
from tom_gcn.choices import EventState, MessageState
from tom_gcn.exceptions import NotAllowed
from tom_gcn.models import Event, Localization, Message, Notice
from tom_gcn.notices import NoticeError
from tom_gcn.skymaps import SkyMapError

pytestmark = pytest.mark.django_db


def take(body: bytes) -> Message:
    message, _ = receive_message(body, source="test", topic="igwn.gwalert")
    return read_message(message).message


@pytest.fixture
def partial(monkeypatch) -> Message:
    """An LVK alert whose map yesterday's reader did not understand."""

    def refuse(data: bytes) -> None:
        raise SkyMapError("bad-column", "The map has a column nobody knew.", "Wait for an update.")

    with monkeypatch.context() as yesterday:
        yesterday.setattr(localizations, "store_skymap", refuse)
        message = take(LVK.read_bytes())
    assert (message.state, message.reason_code) == (MessageState.PARTIAL, "bad-column")
    assert not Localization.objects.exists()
    assert Notice.objects.get().problem
    return message


def test_what_was_missing_is_added(partial):
    result = reread(Message.objects.get(pk=partial.pk))
    assert (result.message.state, result.is_clean) == (MessageState.READ, True)
    event, notice = Event.objects.get(), Notice.objects.get()
    assert result.event == event
    assert (notice.problem, notice.localizations.count()) == ("", 1)
    assert event.localizations.get().is_current
    assert event.summary.area_90_deg2 > 0
    assert event.plans.count() == 1, "what a new map sets in motion"
    assert (Message.objects.get().reason, Message.objects.get().reason_code) == ("", "")


def test_a_second_time_changes_nothing(partial):
    reread(Message.objects.get(pk=partial.pk))
    reread(Message.objects.get(pk=partial.pk))
    assert (Notice.objects.count(), Localization.objects.count()) == (1, 1)
    assert Event.objects.get().plans.count() == 1


def test_one_that_is_still_not_understood_stays_in_the_inbox(partial, monkeypatch):
    def refuse(data: bytes) -> None:
        raise SkyMapError("nan", "Still not.", "Ask.")

    monkeypatch.setattr(localizations, "store_skymap", refuse)
    reread(Message.objects.get(pk=partial.pk))
    message = Message.objects.get()
    assert (message.state, message.reason_code) == (MessageState.PARTIAL, "nan")
    assert Notice.objects.get().problem.startswith("Still not.")


@pytest.mark.parametrize("fault", [NoticeError("bad-json", "It is broken.", "Mend it."), ValueError("a fault of ours")])
def test_a_reader_that_got_worse_takes_nothing_away(partial, monkeypatch, fault):
    def fail(*args: object) -> None:
        raise fault

    monkeypatch.setattr(notices, "localize", fail)
    result = reread(Message.objects.get(pk=partial.pk))
    message = Message.objects.get()
    assert (message.state, message.reason_code) == (MessageState.PARTIAL, "bad-column")
    assert (result.event, result.notice) == (Event.objects.get(), Notice.objects.get())


def test_an_event_that_was_retracted_meanwhile_stays_so(partial):
    alert = json.loads(LVK.read_text())
    retraction = {**alert, "alert_type": "RETRACTION", "event": None, "time_created": "2024-11-03T00:00:00Z"}
    take(json.dumps(retraction).encode())
    reread(Message.objects.get(pk=partial.pk))
    event = Event.objects.get()
    assert event.state == EventState.RETRACTED
    assert not event.plans.exists()


def test_the_inbox_does_it_for_those_who_may(partial, administrator, member):
    with pytest.raises(NotAllowed):
        reread_message(Message.objects.get(pk=partial.pk), by=member)
    assert reread_message(Message.objects.get(pk=partial.pk), by=administrator).is_clean


@pytest.fixture
def administrator():
    user = make_user("admin")
    user.is_superuser = True
    user.save()
    return user


def told(*options: str) -> str:
    story = StringIO()
    call_command("reread", *options, stdout=story)
    return story.getvalue()


def test_the_command_reads_them_all(partial):
    take(b"nonsense")
    assert "2 messages would be read again" in told("--dry-run")
    assert "1 messages would be read again" in told("--dry-run", "--reason", "bad-column")
    assert Message.objects.filter(state=MessageState.PARTIAL).exists()
    story = told()
    assert "1  read in part -> read" in story
    assert "1  could not be read -> could not be read" in story
    assert "0 messages were read again" in told("--state", "partial")
