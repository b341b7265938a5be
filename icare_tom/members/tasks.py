"""What happens to memberships by itself."""

from django.utils import timezone

from icare_tom.members.models import Membership


def end_expired() -> int:
    """End memberships whose time is over; called every few seconds by the watchdog."""
    over = list(Membership.objects.filter(until__lte=timezone.now()))
    for membership in over:
        membership.delete()
    return len(over)
