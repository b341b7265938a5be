"""What happens to people's rows by itself, and their mails."""

import logging
from typing import Any

from django.core.mail import send_mail
from django.dispatch import receiver
from django.utils import timezone
from django_q.tasks import async_task

from icare_tom.members.admission import expire_requests
from icare_tom.members.models import Membership
from icare_tom.members.signals import mail_written

logger = logging.getLogger(__name__)


def end_expired() -> int:
    """End memberships and requests for accounts whose time is over; called every few seconds by the watchdog."""
    over = list(Membership.objects.filter(until__lte=timezone.now()))
    for membership in over:
        membership.delete()
    return len(over) + expire_requests()


@receiver(mail_written, dispatch_uid="icare_tom.members.enqueue_mail")
def enqueue_mail(sender: object, subject: str, body: str, to: str, **_: Any) -> None:
    """Let a worker send a mail; the queue tries again while the mail server is away."""
    async_task("icare_tom.members.tasks.send", subject, body, to, task_name="mail")


def send(subject: str, body: str, to: str) -> None:
    """Send one mail."""
    send_mail(subject, body, None, [to])
    logger.info("sent the mail %r", subject)
