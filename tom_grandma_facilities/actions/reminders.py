"""Silence: those asked are reminded before it gets dark; when it is dark and they are still silent, people are told."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from tom_grandma_facilities.actions.calls import begin, call, outgoing_of, way_of
from tom_grandma_facilities.actions.journal import locked, write
from tom_grandma_facilities.choices import TransactionAction
from tom_grandma_facilities.exceptions import RequestError
from tom_grandma_facilities.models import Channel, FollowUpRequest
from tom_grandma_facilities.people import address_of
from tom_grandma_facilities.registry import get_telescope
from tom_grandma_facilities.signals import request_escalated, request_silent
from tom_grandma_facilities.silence import Silence, silence
from tom_grandma_facilities.transports.base import Down, Line, Outgoing, Refused, Unsure

logger = logging.getLogger(__name__)

DEFAULT_HOURS = 2.0


def silence_of(request: FollowUpRequest, hours: float | None = None) -> Silence:
    """Return when a request that was sent is reminded, and when it is escalated."""
    if hours is None:
        row = Channel.objects.filter(telescope=request.telescope).values_list("reminder_hours_before_twilight").first()
        hours = row[0] if row else DEFAULT_HOURS
    sent = request.sent_at or request.created_at
    return silence(get_telescope(request.telescope), sent, request.window_start, request.window_end, hours)


def due_to_remind(now: datetime) -> Iterator[FollowUpRequest]:
    """Yield the silent requests whose reminder is due."""
    hours = dict(Channel.objects.values_list("telescope", "reminder_hours_before_twilight"))
    for row in FollowUpRequest.objects.silent().filter(reminded_at=None, window_end__gt=now):
        if silence_of(row, hours.get(row.telescope, DEFAULT_HOURS)).remind_at <= now:
            yield row


def due_to_escalate(now: datetime) -> Iterator[FollowUpRequest]:
    """Yield the requests that are silent in spite of the reminder, and it is dark."""
    hours = dict(Channel.objects.values_list("telescope", "reminder_hours_before_twilight"))
    for row in FollowUpRequest.objects.silent().filter(escalated_at=None, window_end__gt=now).exclude(reminded_at=None):
        moments = silence_of(row, hours.get(row.telescope, DEFAULT_HOURS))
        # After a late reminder there is still a while to answer.
        if row.reminded_at and max(moments.escalate_at, row.reminded_at + timedelta(minutes=30)) <= now:
            yield row


def remind(request_id: int) -> FollowUpRequest:
    """Remind those who were asked, once: whoever comes second finds it done."""
    with transaction.atomic():
        row = locked(request_id)
        if not row.is_silent or row.reminded_at is not None:
            return row
        row.reminded_at = timezone.now()
        row.save(update_fields=["reminded_at", "modified_at"])
    note = _tell_again(row)
    with transaction.atomic():
        write(row, note=note)
        transaction.on_commit(lambda: request_silent.send(FollowUpRequest, request=row))
    return row


def _tell_again(row: FollowUpRequest) -> str:
    """Send those asked the request once more, with its link; returns what became of it, in words."""
    try:
        way = way_of(row)
        if not way.transport.reaches_people:
            return f"{row.telescope} is silent. {way.transport.label} has no reminders."
        outgoing = _reminding(outgoing_of(row, with_links=True), row)
        story = begin(row, TransactionAction.REMIND, way.transport)
        call(story, way.line, lambda: way.transport.submit(outgoing, way.line), outgoing)
    except (Refused, Down, Unsure, RequestError) as error:
        logger.warning("%s could not be reminded: %s", row, error)
        return f"{row.telescope} is silent, and the reminder could not be sent: {error}"
    return f"{row.telescope} is silent and was reminded."


def _reminding(outgoing: Outgoing, row: FollowUpRequest) -> Outgoing:
    moments = silence_of(row)
    dark = f" It gets dark at {moments.dusk:%Y-%m-%d %H:%M} UTC." if moments.dusk else ""
    words = f"REMINDER: nobody has answered this request yet.{dark} {outgoing.note}".strip()
    return replace(outgoing, key=f"{outgoing.key}-reminder", note=words)


def escalate(request_id: int) -> FollowUpRequest:
    """Tell people here, once, that nobody answers and somebody must call."""
    with transaction.atomic():
        row = locked(request_id)
        if not row.is_silent or row.escalated_at is not None:
            return row
        row.escalated_at = timezone.now()
        row.save(update_fields=["escalated_at", "modified_at"])
        write(row, note=f"{row.telescope} is still silent. People were told to call its team.")
        transaction.on_commit(lambda: request_escalated.send(FollowUpRequest, request=row))
    return row


def notify_people(request: FollowUpRequest) -> int:
    """Tell whoever asked, and whoever is to know, by e-mail and Slack that a request is not answered; returns how many.

    A way that does not work keeps the others from nothing: it is logged.
    """
    title = f"{request.telescope} does not answer: {request.subject}"
    address = f"{settings.ICARE_SITE_URL.rstrip('/')}{request.get_absolute_url()}"
    sent = f"{request.sent_at:%Y-%m-%d %H:%M} UTC" if request.sent_at else "earlier"
    text = f"Request {request.pk} was sent at {sent}; nobody has answered, also not to a reminder.\n{address}"
    return _mail(request, title, text) + _slack(f"*{title}*\n{text}")


def _mail(request: FollowUpRequest, title: str, text: str) -> int:
    by = request.created_by
    people = [*([address_of(by)] if by and by.is_active and by.email else []), *settings.ICARE_ESCALATION_EMAILS]
    told = 0
    # A letter each: nobody learns the addresses of others.
    for one in dict.fromkeys(people):
        try:
            told += send_mail(" ".join(title.split()), text, None, [one])
        except OSError as error:
            # SMTP's own errors are among these.
            logger.warning("%s: the site's mail server cannot be used (%s)", request, type(error).__name__)
    return told


def _slack(text: str) -> int:
    from tom_grandma_facilities.transports.web import call as call_web

    webhook = settings.ICARE_ESCALATION_SLACK_WEBHOOK
    if not webhook:
        return 0
    line = Line(secret={"webhook": webhook})
    try:
        call_web("POST", webhook, json={"text": text})
    except (Refused, Down) as error:
        logger.warning("Slack could not be told: %s", line.redact(error.reason))
        return 0
    return 1
