"""The words of `tom_gcn.wording` as template filters. A row a template does not find arrives as an empty string."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone

from tom_gcn import wording
from tom_gcn.choices import EventKind, LocalizationKind
from tom_gcn.listening.clusters import clusters
from tom_gcn.models import Event, EventSummary, Localization, Notice, ObservationPlan, SkyMapFetch

# An ellipse or a circle is told by its radius, a map by its areas, but the smallest.
SHOWN_BY_ERROR = (LocalizationKind.CONE, LocalizationKind.ELLIPSE)
SMALL_DEG2 = 0.1

register = template.Library()
register.filter("small_probability", wording.small_probability)
register.filter("sexagesimal_ra", wording.right_ascension)
register.filter("sexagesimal_dec", wording.declination)


def _number(value: float | str | None) -> float | None:
    return None if isinstance(value, str) else value


@register.filter
def probability(value: float | str | None) -> str:
    """A probability in per cent."""
    return wording.probability(_number(value))


@register.filter
def fine_probability(value: float | str | None) -> str:
    """A probability in per cent to a tenth: two plans are compared by it."""
    return wording.fine_probability(_number(value))


@register.filter
def reached(gap: float) -> str:
    """How much of a bound a plan reaches, from its gap: "98.4%"."""
    return wording.fine_probability(1 - gap)


@register.filter
def points(difference: float) -> str:
    """The difference of two probabilities in percentage points, with its sign."""
    return f"{100 * difference:+.1f} points".replace("-", "−")


@register.filter
def numbers(values: list[int]) -> str:
    """Numbers with runs drawn together: "1–3, 7"; a dash for none."""
    return wording.runs(values) or "–"


@register.filter
def area(value: float | str | None) -> str:
    """Square degrees, without the unit."""
    return wording.area(_number(value))


@register.filter
def far(value: float | str | None) -> str:
    """A false alarm rate in words."""
    return wording.false_alarm_rate(_number(value))


@register.filter
def distance(localization: Localization | str | None) -> str:
    """The distance of a localization, with its spread."""
    if not isinstance(localization, Localization):
        return "–"
    return wording.distance(localization.skymap.distance_mean_mpc, localization.skymap.distance_sigma_mpc)


@register.filter
def best_class(notice: Notice | str | None) -> str:
    """The most probable source class of a notice: "BNS 99%"."""
    best = notice.best_class if isinstance(notice, Notice) else None
    return f"{best[0]} {wording.probability(best[1])}" if best else ""


@register.filter
def is_over(plan: ObservationPlan | str | None) -> bool:
    """Whether the time a plan is for has passed."""
    return isinstance(plan, ObservationPlan) and timezone.now() > plan.window_start + timedelta(hours=plan.hours)


@register.filter
def days_old(moment: datetime | None) -> int:
    """Whole days since something happened."""
    return (timezone.now() - moment).days if moment else 0


@register.filter
def asked_how(plan: ObservationPlan) -> str:
    """Who or what asked for a plan."""
    why = {"command line": "asked for on the command line"}.get(plan.why, plan.why)
    by = str(plan.requested_by or ("" if why.startswith("asked for") else "by itself"))
    return ", ".join(filter(None, (by, why)))


@register.filter
def solid_angle(value: float | str | None) -> str:
    """An area with its unit."""
    return wording.solid_angle(_number(value))


@register.filter
def angle(value: float | str | None) -> str:
    """An angle with its unit."""
    return wording.angle(_number(value))


@register.filter
def containment(value: float | str | None) -> str:
    """The probability within an error, as its sender means it."""
    number = _number(value)
    return "containment not said" if number is None else wording.probability(number)


@register.filter
def alike(fetches: list[SkyMapFetch]) -> list[tuple[SkyMapFetch, int]]:
    """Sky maps that are not there, those of which the same is to be said together: the newest, and how many."""
    found: dict[tuple[str, str], list[SkyMapFetch]] = {}
    for fetch in fetches:
        found.setdefault((fetch.state, fetch.reason), []).append(fetch)
    return [(max(same, key=lambda fetch: fetch.created_at), len(same)) for same in found.values()]


@register.filter
def measure(given: list[Any]) -> str:
    """A parameter of a notice with its unit."""
    value, unit = (*given, "")[:2]
    shown = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return f"{shown} {unit}".strip()


@register.filter
def type_words(notice: Notice) -> str:
    """The type of a notice in words."""
    return wording.notice_type(notice.source, notice.notice_type)


@register.filter
def summary_distance(summary: EventSummary | str | None) -> str:
    """The distance in the summary of an event, with its spread."""
    if not isinstance(summary, EventSummary):
        return "–"
    return wording.distance(summary.distance_mean_mpc, summary.distance_sigma_mpc)


@register.filter
def summary_class(summary: EventSummary | str | None) -> str:
    """The most probable class in the summary of an event."""
    if not isinstance(summary, EventSummary) or not summary.best_class:
        return ""
    return f"{summary.best_class} {wording.probability(summary.best_probability)}"


@register.filter
def summary_where(summary: EventSummary | str | None) -> str:
    """How well an event is placed: areas of a map, the error of a position."""
    if not isinstance(summary, EventSummary):
        return ""
    if summary.error_deg is not None and summary.localization_kind in SHOWN_BY_ERROR:
        within = "" if summary.containment is None else f" ({wording.probability(summary.containment)})"
        return f"± {wording.angle(summary.error_deg)}{within}"
    if summary.area_90_deg2 is None:
        return "point" if summary.ra_deg is not None else ""
    if summary.area_90_deg2 < SMALL_DEG2:
        return wording.solid_angle(summary.area_90_deg2)
    return f"{wording.area(summary.area_50_deg2)} / {wording.area(summary.area_90_deg2)} {wording.DEG2}"


@register.filter
def short_kind(event: Event) -> str:
    """The kind of an event as a table writes it."""
    return {EventKind.GW: "GW", EventKind.GRB: "GRB", EventKind.XRAY: "X-ray", EventKind.FRB: "FRB"}.get(
        EventKind(event.kind), event.kind
    )


@register.simple_tag
def streams_listened_to() -> str:
    """The alert streams this site has an account for; empty when alerts come in from files only."""
    return " and ".join(cluster.title for cluster in clusters() if cluster.is_configured)
