"""Figures of coincidences and galaxies in words."""

from django import template

from tom_gcn.wording import time_difference

register = template.Library()


@register.filter
def delay(seconds: float) -> str:
    """How much later or earlier something came: "1.7 s after", "534 d before"."""
    return (
        "at the same time as" if seconds == 0 else f"{time_difference(seconds)} {'after' if seconds > 0 else 'before'}"
    )


@register.filter
def signed_delay(seconds: float) -> str:
    """The same with a sign, for tables: "1.7 s", "−2 h"."""
    return f"{'−' if seconds < 0 else ''}{time_difference(seconds)}"


@register.filter
def solar_masses(value: float | None) -> str:
    """A stellar mass: "2.5e10"."""
    return "–" if value is None else f"{value:.1e}".replace("e+", "e")


@register.filter
def overlap(value: float | None) -> str:
    """An overlap integral, with two digits: "0.12", "1.7", "2,300"."""
    if value is None:
        return "–"
    if value >= 10:
        return f"{float(f'{value:.2g}'):,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"
