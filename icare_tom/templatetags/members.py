"""What pages show of people: requests that wait, and times and positions as one prefers them."""

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from icare_tom.members.admission_models import AdmissionRequest, AdmissionState
from icare_tom.members.preference_models import Coordinates
from icare_tom.members.preferences import preferred
from tom_gcn.wording import declination, right_ascension

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


@register.simple_tag(takes_context=True)
def brightness(context: Context) -> str:
    """Return how the person who looks wants light curves drawn first."""
    return preferred(context.get("request"))["brightness"]


@register.simple_tag(takes_context=True)
def position(context: Context, ra_deg: float, dec_deg: float) -> SafeString:
    """Write a position twice, ICRS: first as the person who looks prefers it, then the other way."""
    sexagesimal = f"{right_ascension(ra_deg)} {declination(dec_deg)}"
    ways = [sexagesimal, f"{ra_deg:.5f} {dec_deg:.5f}"]
    if preferred(context.get("request"))["coordinates"] == Coordinates.DEGREES:
        ways.reverse()
    return format_html('{}<br><span class="quiet">{}</span>', *ways)
