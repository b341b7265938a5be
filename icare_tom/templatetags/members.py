"""What pages show of people: requests that wait, and times and positions as one prefers them."""

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from icare_tom.members.admission_models import AdmissionRequest, AdmissionState
from icare_tom.members.preference_models import Coordinates
from icare_tom.members.preferences import preferred
from tom_gcn.wording import declination, right_ascension
from tom_grandma_facilities.observability.starlist import sexagesimal

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
    return format_html('{}<br><span class="quiet">{}</span>', *_ways(context, ra_deg, dec_deg))


@register.inclusion_tag("members/position.html", takes_context=True)
def one_position(context: Context, ra_deg: float, dec_deg: float) -> dict[str, str]:
    """Write a position once, ICRS, as the person who looks prefers it, to be copied; the other way when pointed at."""
    # Finer than where positions are read only: observers type or paste this one.
    precise = f"{sexagesimal(ra_deg / 15, ':', 2)} {sexagesimal(dec_deg, ':', 1, signed=True)}"
    preferred_way, other_way = _ordered(context, precise, f"{ra_deg:.5f} {dec_deg:.5f}")
    return {"copy_text": preferred_way, "other_way": other_way, "copy_help": "Copy the position"}


def _ways(context: Context, ra_deg: float, dec_deg: float) -> tuple[str, str]:
    return _ordered(context, f"{right_ascension(ra_deg)} {declination(dec_deg)}", f"{ra_deg:.5f} {dec_deg:.5f}")


def _ordered(context: Context, in_hours: str, in_degrees: str) -> tuple[str, str]:
    is_by_degrees = preferred(context.get("request"))["coordinates"] == Coordinates.DEGREES
    return (in_degrees, in_hours) if is_by_degrees else (in_hours, in_degrees)
