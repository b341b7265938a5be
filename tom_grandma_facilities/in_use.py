"""Telescopes as they are used now: what is declared, with the usage class that operators set in its place."""

from __future__ import annotations

from dataclasses import replace

from tom_grandma_facilities.models import TelescopeStatus
from tom_grandma_facilities.registry import TELESCOPES, get_telescope
from tom_grandma_facilities.telescope import SET_HERE, Fact, Telescope, UsageClass


def in_use(telescope: Telescope, status: TelescopeStatus | None) -> Telescope:
    """Return a telescope with what its row says in place of what is declared; what was declared stays in the note."""
    if status is None or not status.usage:
        return telescope
    declared = telescope.usage
    note = f"Declared: {(declared.value or UsageClass.UNKNOWN).label} ({declared.source})."
    return replace(telescope, usage=Fact(UsageClass(status.usage), SET_HERE, note))


def telescopes_in_use() -> dict[str, Telescope]:
    """Return all of the network by name, in the registry's order, as plans take them."""
    rows = {row.telescope: row for row in TelescopeStatus.objects.exclude(usage="")}
    return {name: in_use(telescope, rows.get(name)) for name, telescope in TELESCOPES.items()}


def telescope_in_use(name: str) -> Telescope:
    """Return one telescope, by any of its names.

    Raises
    ------
    UnknownTelescope
    """
    telescope = get_telescope(name)
    return in_use(telescope, TelescopeStatus.objects.filter(telescope=telescope.name).exclude(usage="").first())
