"""The words of `tom_gcn.wording` as template filters."""

from django import template

from tom_gcn import wording
from tom_gcn.models import Localization, Notice

register = template.Library()

register.filter("probability", wording.probability)
register.filter("area", wording.area)
register.filter("far", wording.false_alarm_rate)
register.filter("sexagesimal_ra", wording.right_ascension)
register.filter("sexagesimal_dec", wording.declination)


@register.filter
def distance(localization: Localization | None) -> str:
    """The distance of a localization, with its spread."""
    if localization is None:
        return "–"
    return wording.distance(localization.skymap.distance_mean_mpc, localization.skymap.distance_sigma_mpc)


@register.filter
def best_class(notice: Notice | None) -> str:
    """The most probable source class of a notice: "BNS 99%"."""
    best = notice.best_class if notice else None
    return f"{best[0]} {wording.probability(best[1])}" if best else ""
