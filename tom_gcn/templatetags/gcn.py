"""The words of `tom_gcn.wording` as template filters. A row a template does not find arrives as an empty string."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone

from tom_gcn import wording
from tom_gcn.choices import EventKind
from tom_gcn.listening.clusters import clusters
from tom_gcn.models import Event, Localization, Notice, ObservationPlan

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
def short_kind(event: Event) -> str:
    """The kind of an event as a table writes it."""
    return {EventKind.GW: "GW", EventKind.GRB: "GRB", EventKind.XRAY: "X-ray"}.get(EventKind(event.kind), event.kind)


@register.simple_tag
def streams_listened_to() -> str:
    """The alert streams this site has an account for; empty when alerts come in from files only."""
    return " and ".join(cluster.title for cluster in clusters() if cluster.is_configured)
