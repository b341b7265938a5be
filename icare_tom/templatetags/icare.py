"""Times as every page shows them: UTC with its name, the age beside it; and which page one is on."""

from datetime import UTC, datetime

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from icare_tom.guards.access import in_a_group, may_create_targets

register = template.Library()
register.filter("in_a_group", in_a_group)
register.filter("may_create_targets", may_create_targets)


@register.filter
def utc(moment: datetime | None, precision: str = "second") -> SafeString | str:
    """A `<time>` element in UTC; `precision` is "second", "minute" or "clock" (day, hours, minutes)."""
    if moment is None:
        return "–"
    moment = moment.astimezone(UTC)
    formats = {"second": "%Y-%m-%d %H:%M:%S UTC", "minute": "%Y-%m-%d %H:%M UTC", "clock": "%d %H:%M"}
    return format_html('<time datetime="{}">{}</time>', _iso(moment), moment.strftime(formats[precision]))


@register.filter
def age(moment: datetime | None) -> SafeString | str:
    """How long ago, or in how long; the browser keeps it current."""
    if moment is None:
        return ""
    return format_html('<span class="age" data-age="{}">{}</span>', _iso(moment), age_words(moment, timezone.now()))


@register.simple_tag
def now_utc() -> str:
    """The time at which the page was made; the clock starts from it."""
    return timezone.now().astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@register.simple_tag(takes_context=True)
def current(context: Context, prefix: str) -> SafeString | str:
    """Mark a link of the navigation bar as the page one is on."""
    request = context.get("request")
    is_here = request is not None and request.path_info.lstrip("/").startswith(prefix)
    return SafeString('aria-current="page"') if is_here else ""


def age_words(moment: datetime, now: datetime) -> str:
    """Return "17 min ago" or "in 2 h 10 min"."""
    words = duration_words(abs((now - moment).total_seconds()))
    return f"{words} ago" if moment <= now else f"in {words}"


def duration_words(seconds: float) -> str:
    """Return a duration in at most two units: "40 s", "17 min", "2 h 10 min", "12 d"."""
    seconds = int(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 6 * 3600 and seconds % 3600 >= 60:
        return f"{seconds // 3600} h {seconds % 3600 // 60} min"
    if seconds < 86400:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} d"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
