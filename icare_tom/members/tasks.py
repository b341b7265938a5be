"""What happens to people's rows by itself, and their mails."""

import logging
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.dispatch import receiver
from django.utils import timezone
from django_q.tasks import async_task

from icare_tom.members.admission import expire_requests
from icare_tom.members.models import Membership
from icare_tom.members.signals import mail_written
from icare_tom.members.social.saml.federation import FederationError
from icare_tom.members.social.saml.loading import load_institutions

logger = logging.getLogger(__name__)

A_DAY_S, AN_HOUR_S = 86_400, 3_600
LOADED = "icare-institutions-loaded"


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


def load_institutions_daily() -> bool:
    """Have the federation's list loaded once a day, where one is set; called every few seconds by the watchdog."""
    if not settings.ICARE_FEDERATION["metadata"] or not cache.add(LOADED, True, A_DAY_S):
        return False
    # It takes minutes: not in the watchdog, nor where alerts are read.
    slow = next(iter(settings.Q_CLUSTER["ALT_CLUSTERS"]))
    async_task("icare_tom.members.tasks.load_list", task_name="institutions", cluster=slow)
    return True


def load_list() -> str:
    """Load the federation's list; when it is not taken, those known so far stay, and it is tried again in an hour."""
    try:
        known, gone = load_institutions(settings.ICARE_FEDERATION["metadata"])
    except FederationError as refused:
        cache.set(LOADED, True, AN_HOUR_S)
        logger.error("institutions were not loaded: %s", refused)
        return str(refused)
    logger.info("%s institutions; %s are no longer listed", known, gone)
    return f"{known} institutions"
