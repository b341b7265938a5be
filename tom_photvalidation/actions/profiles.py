"""Instrument profiles of the telescopes that the registry declares."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from tom_grandma_facilities.registry import TELESCOPES
from tom_photvalidation.choices import TimeReference
from tom_photvalidation.models import InstrumentProfile
from tom_photvalidation.surroundings import declared

REGISTRY = "Registry of telescopes: "
# What the registry does not say, and where it was seen.
_STARTS = {"ZTF": "times: ZTF alert schema (jd is the start of the exposure)"}


@dataclass(frozen=True, slots=True)
class Declared:
    """What is declared of all instruments of a telescope."""

    telescope: str
    filters: list[str]
    time_reference: str
    source: str


def declared_profiles() -> Iterator[Declared]:
    """Yield a profile for every telescope of which more than its name is known."""
    for telescope in TELESCOPES.values():
        filters = list(declared(telescope.name).filters)
        sources = dict.fromkeys(
            camera.filters.source for camera in telescope.cameras if filters and camera.filters.known
        )
        starts = _STARTS.get(telescope.name)
        if not filters and starts is None:
            continue
        reference = TimeReference.UNKNOWN if starts is None else TimeReference.START
        said = "; ".join([*sources, *([starts] if starts else [])])
        length = InstrumentProfile._meta.get_field("source").max_length
        yield Declared(telescope.name, filters, reference, f"{REGISTRY}{said}"[:length])


@transaction.atomic
def declare_profiles() -> int:
    """Write the profiles of telescopes that have none; return how many.

    Filters of a profile that nobody has changed since follow the registry. Whoever changes them says by another source
    that they are not the registry's any more.
    """
    wanted = {one.telescope: one for one in declared_profiles()}
    stored = {row.telescope: row for row in InstrumentProfile.objects.filter(telescope__in=wanted, instrument="")}
    for name, row in stored.items():
        one = wanted[name]
        if row.source.startswith(REGISTRY) and (row.filters, row.source) != (one.filters, one.source):
            row.filters, row.source, row.modified_at = one.filters, one.source, timezone.now()
            row.save(update_fields=["filters", "source", "modified_at"])
    new = [
        InstrumentProfile(
            telescope=one.telescope, filters=one.filters, time_reference=one.time_reference, source=one.source
        )
        for name, one in wanted.items()
        if name not in stored
    ]
    InstrumentProfile.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def declare_after_migrations(sender: Any, using: str, **said: Any) -> None:
    """Declare profiles once the tables are as they should be; not when they are only emptied, or taken away."""
    if "plan" in said and InstrumentProfile._meta.db_table in connections[using].introspection.table_names():
        declare_profiles()
