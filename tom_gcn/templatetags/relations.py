"""Figures of coincidences and galaxies in words."""

from django import template

register = template.Library()


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
