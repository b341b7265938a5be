"""Silence: a reminder before it gets dark, people told when it is dark; each once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from tests.tom_grandma_facilities.asking import Down, asked, channel
from tom_grandma_facilities import almanac
from tom_grandma_facilities.actions import answer, send_request
from tom_grandma_facilities.actions.reminders import (
    due_to_escalate,
    due_to_remind,
    escalate,
    notify_people,
    remind,
    silence_of,
)
from tom_grandma_facilities.models import FollowUpRequest
from tom_grandma_facilities.registry import TELESCOPES
from tom_grandma_facilities.signals import request_escalated, request_silent
from tom_grandma_facilities.silence import silence
from tom_grandma_facilities.tasks import mind_requests, run_escalation, run_reminder

EXPOSURES = [{"filter": "sdssr", "exposure_s": 60, "count": 3}]
NOON = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)  # local noon on Hawaii
CFHT = TELESCOPES["CFHT"]


class TestMoments:
    """Of TAROT and CFHT, without rows."""

    def test_two_hours_before_it_is_dark(self):
        moments = silence(CFHT, NOON, NOON, NOON + timedelta(hours=20), 2.0)
        dusk = almanac.mjd_of(moments.dusk)
        sun = almanac.sun_altitude(dusk, CFHT.site.latitude_deg, CFHT.site.longitude_deg)
        assert sun == pytest.approx(-18.0, abs=0.1)
        assert moments.remind_at == moments.dusk - timedelta(hours=2)
        assert moments.escalate_at == moments.dusk

    def test_asked_at_dusk_there_is_half_an_hour_each(self):
        dusk = silence(CFHT, NOON, NOON, NOON + timedelta(hours=20), 2.0).dusk
        sent = dusk - timedelta(minutes=5)
        moments = silence(CFHT, sent, NOON, NOON + timedelta(hours=20), 2.0)
        assert moments.remind_at == sent + timedelta(minutes=30)
        assert moments.escalate_at == sent + timedelta(hours=1)

    def test_asked_in_the_night(self):
        dusk = silence(CFHT, NOON, NOON, NOON + timedelta(hours=20), 2.0).dusk
        sent = dusk + timedelta(hours=3)
        moments = silence(CFHT, sent, NOON, sent + timedelta(hours=4), 2.0)
        assert moments.remind_at == sent + timedelta(minutes=30)

    def test_a_window_of_the_day_after_waits_for_its_own_night(self):
        begin = NOON + timedelta(days=1)
        moments = silence(CFHT, NOON, begin, begin + timedelta(hours=20), 2.0)
        assert moments.dusk > begin

    def test_without_a_site_the_window_counts(self):
        nowhere = next(one for one in TELESCOPES.values() if not one.site.known)
        moments = silence(nowhere, NOON, NOON + timedelta(hours=9), NOON + timedelta(hours=20), 2.0)
        assert (moments.dusk, moments.remind_at) == (None, NOON + timedelta(hours=7))


@pytest.fixture
def make_row(asker, target, ways):
    def make(way="letters"):
        channel("CFHT", way)
        return send_request(asked(asker, target, exposures=EXPOSURES, note="Thanks!").pk), ways[way].far

    return make


@pytest.fixture
def row(make_row):
    return make_row()[0]


def sent_long_ago(row):
    """Silent for so long that everything is due."""
    FollowUpRequest.objects.filter(pk=row.pk).update(sent_at=timezone.now() - timedelta(days=2))
    begin = timezone.now() - timedelta(days=2)
    FollowUpRequest.objects.filter(pk=row.pk).update(window_start=begin, window_end=timezone.now() + timedelta(hours=5))
    row.refresh_from_db()
    return row


@pytest.mark.django_db
class TestReminders:
    def test_due_when_its_moment_has_come_and_not_before(self, row):
        moments = silence_of(row)
        assert list(due_to_remind(moments.remind_at - timedelta(minutes=1))) == []
        if moments.remind_at < row.window_end:
            assert list(due_to_remind(moments.remind_at)) == [row]

    def test_goes_out_once_with_the_link(self, make_row):
        row, far = make_row()
        sent_long_ago(row)
        for _ in range(3):
            row = remind(row.pk)
        first, second = far.got
        assert second.note.startswith("REMINDER: nobody has answered this request yet.")
        assert second.note.endswith("Thanks!")
        assert second.answer_url == first.answer_url
        assert row.transactions.filter(action="remind", ok=True).count() == 1
        assert row.entries.last().note == "CFHT is silent and was reminded."

    def test_signal(self, row, django_capture_on_commit_callbacks):
        heard = []

        def listen(sender, request, **_):
            heard.append(request.pk)

        request_silent.connect(listen)
        request_escalated.connect(listen)
        try:
            with django_capture_on_commit_callbacks(execute=True):
                remind(row.pk)
                escalate(row.pk)
                escalate(row.pk)
        finally:
            request_silent.disconnect(listen)
            request_escalated.disconnect(listen)
        assert heard == [row.pk, row.pk]

    def test_who_answered_is_left_alone(self, row):
        sent_long_ago(row)
        answer(row, "received", by=None, via="link")
        now = timezone.now()
        assert [*due_to_remind(now), *due_to_escalate(now)] == []
        assert remind(row.pk).reminded_at is None
        assert escalate(row.pk).escalated_at is None

    def test_a_reminder_that_cannot_leave_is_told_and_escalated_all_the_same(self, make_row):
        row, far = make_row()
        sent_long_ago(row)
        far.next = [Down("The mail server is away.")]
        row = remind(row.pk)
        assert "could not be sent: The mail server is away." in row.entries.last().note
        FollowUpRequest.objects.update(reminded_at=timezone.now() - timedelta(hours=1))
        assert list(due_to_escalate(timezone.now())) == [row]

    def test_robots_are_not_reminded_but_people_are_told(self, make_row):
        row, far = make_row("blind")
        sent_long_ago(row)
        row = remind(row.pk)
        assert len(far.got) == 1
        assert "has no reminders" in row.entries.last().note

    def test_after_a_late_reminder_there_is_time_to_answer(self, row):
        sent_long_ago(row)
        remind(row.pk)
        assert list(due_to_escalate(timezone.now())) == []
        assert list(due_to_escalate(timezone.now() + timedelta(minutes=31))) == [row]


@pytest.mark.django_db
class TestPeopleAreTold:
    def test_by_mail_each_alone(self, row, asker, settings):
        settings.ICARE_ESCALATION_EMAILS = ["duty@example.org"]
        settings.ICARE_SITE_URL = "https://icare.example.org/"
        asker.email = "asker@example.org"
        asker.save()
        row = FollowUpRequest.objects.get(pk=row.pk)
        assert notify_people(row) == 2
        assert [letter.to for letter in mail.outbox] == [["asker@example.org"], ["duty@example.org"]]
        assert mail.outbox[0].subject == f"CFHT does not answer: {row.subject}"
        assert f"https://icare.example.org/requests/{row.pk}/" in mail.outbox[0].body

    def test_a_slack_that_is_away_keeps_no_letter_back_and_its_address_is_secret(self, row, settings, caplog):
        settings.ICARE_ESCALATION_EMAILS = ["duty@example.org"]
        settings.ICARE_ESCALATION_SLACK_WEBHOOK = "http://127.0.0.1:9/services/T0/B0/verysecret"
        assert run_escalation(row.pk) == 1
        assert "verysecret" not in caplog.text
        assert "Slack could not be told" in caplog.text


@pytest.mark.django_db
def test_the_watchdog_reminds_and_escalates(row, django_capture_on_commit_callbacks):
    from django.core.cache import cache
    from django_q.models import OrmQ

    sent_long_ago(row)
    OrmQ.objects.all().delete()
    cache.clear()
    assert mind_requests() == 1
    assert [task.func() for task in OrmQ.objects.all()] == ["tom_grandma_facilities.tasks.run_reminder"]
    run_reminder(row.pk)
    FollowUpRequest.objects.update(reminded_at=timezone.now() - timedelta(hours=1))
    OrmQ.objects.all().delete()
    assert mind_requests() == 0, "nobody looks for silence every few seconds"
    cache.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert mind_requests() == 1
    assert [task.func() for task in OrmQ.objects.all()] == ["tom_grandma_facilities.tasks.run_escalation"]
    row.refresh_from_db()
    assert row.escalated_at is not None
