"""What pages show of people: requests that wait, what one prefers."""

from django import template
from django.template import Context

from icare_tom.members.admission_models import AdmissionRequest, AdmissionState
from icare_tom.members.preferences import preferred

register = template.Library()
MOST = 99


@register.simple_tag(takes_context=True)
def admissions_waiting(context: Context) -> str:
    """Return how many requests for accounts wait for the person who looks; empty when none does."""
    user = getattr(context.get("request"), "user", None)
    if user is None or not user.has_perm("icare_tom.change_membership"):
        return ""
    number = AdmissionRequest.objects.managed_by(user).filter(state=AdmissionState.WAITING)[: MOST + 1].count()
    return "" if not number else str(number) if number <= MOST else f"{MOST}+"


@register.simple_tag(takes_context=True)
def time_zone(context: Context) -> str:
    """Return the time zone the person who looks chose; empty: that of the device."""
    return preferred(context.get("request"))["time_zone"]
