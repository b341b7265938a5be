"""Plans as files: tables and documents for programs, text for telescope teams, entries for calendars.

Nothing here decides who may read. The page and the REST API share `FORMATS`.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from astropy.coordinates import Angle
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from tom_gcn.choices import OPEN_POINTINGS
from tom_gcn.models import ObservationPlan, PlannedPointing, TelescopePlan
from tom_gcn.plan_formats import treasure_map
from tom_gcn.plan_formats.calendar import Entry, calendar, nights
from tom_gcn.plan_formats.document import (
    document,
    pointing_document,
    pointing_values,
    telescope_document,
    utc,
)
from tom_gcn.plan_formats.geo import feature_collection
from tom_gcn.plan_formats.outlines import sky_of
from tom_gcn.plan_formats.region import moc_fits
from tom_gcn.plan_formats.tables import ecsv
from tom_gcn.sky_formats import moc_json
from tom_gcn.wording import fine_probability, in_a_sentence
from tom_grandma_facilities.registry import UnknownTelescope, get_telescope
from tom_grandma_facilities.telescope import Telescope

CSV_COLUMNS = (
    "event", "event_state", "is_test", "drill_of", "plan", "telescope", "order", "field_id",
    "ra_deg", "dec_deg", "start_utc", "end_utc", "filter",
    "exposure_s", "n_exposures", "altitude_start_deg", "altitude_end_deg", "airmass_start", "airmass_end",
    "moon_separation_deg", "probability", "new_probability", "cumulative_probability", "telescope_cumulative",
    "epoch", "galaxies", "state",
)  # fmt: skip


@dataclass(frozen=True)
class PlanFormat:
    """One form of a plan: its ending, what browsers call it, the words for it, and what writes it."""

    ending: str
    content_type: str
    label: str
    write: Callable[[ObservationPlan, str], Iterable[str] | bytes]


def about_event(plan: ObservationPlan) -> dict[str, Any]:
    """What every export says first of what it is for."""
    event = plan.event
    return {
        "event": event.name,
        "event_state": event.state,
        "is_test": event.is_test,
        "drill_of": event.drill_of,
        "plan": plan.version,
    }


def pointing_record(pointing: PlannedPointing) -> dict[str, Any]:
    """One pointing with the columns every table shares."""
    part = pointing.telescope_plan
    record = {
        **about_event(part.plan),
        **pointing_values(pointing),
        "telescope": part.telescope,
        "galaxies": " ".join(name.replace(" ", "_") for name in pointing.galaxies),
        "state": pointing.state,
    }
    return {name: record[name] for name in CSV_COLUMNS}


def pointings_of(plan: ObservationPlan, telescope: str = "") -> QuerySet[PlannedPointing]:
    """The pointings of a plan, telescope by telescope, each in order of time."""
    rows = PlannedPointing.objects.filter(telescope_plan__plan=plan).select_related("telescope_plan__plan__event")
    if telescope:
        rows = rows.filter(telescope_plan__telescope=telescope)
    return rows.order_by("telescope_plan__telescope", "order")


def parts_of(plan: ObservationPlan, telescope: str = "") -> QuerySet[TelescopePlan]:
    """The telescopes of a plan, or the one named."""
    return plan.telescope_plans.filter(telescope=telescope) if telescope else plan.telescope_plans.all()


def by_telescope(pointings: Iterable[PlannedPointing]) -> dict[str, list[PlannedPointing]]:
    """Pointings of each telescope, in their order."""
    found: dict[str, list[PlannedPointing]] = {}
    for pointing in pointings:
        found.setdefault(pointing.telescope_plan.telescope, []).append(pointing)
    return found


def nights_of(part: TelescopePlan) -> list[list[datetime]]:
    """Dark intervals of a telescope as times."""
    return [[datetime.fromisoformat(moment) for moment in night] for night in part.nights]


def plan_csv(plan: ObservationPlan, telescope: str = "") -> Iterator[str]:
    """Lines of the CSV export."""
    for row in _rows_with_header(pointings_of(plan, telescope)):
        buffer = io.StringIO()
        csv.writer(buffer).writerow(row)
        yield buffer.getvalue()


def _rows_with_header(pointings: Iterable[PlannedPointing]) -> Iterator[Iterable[Any]]:
    yield CSV_COLUMNS
    for pointing in pointings:
        yield [_safe(value) for value in pointing_record(pointing).values()]


def _safe(value: Any) -> Any:
    """A text cell that a spreadsheet would take for a formula is quoted."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def plan_ecsv(plan: ObservationPlan, telescope: str = "") -> Iterator[str]:
    """The pointings as an ECSV table with units, which astropy reads."""
    about = {
        **about_event(plan),
        "covered_probability": plan.covered_probability,
        "skymap_sha256": plan.localization.skymap.sha256,
    }
    names = [name for name in CSV_COLUMNS if name not in about]
    yield ecsv([pointing_record(pointing) for pointing in pointings_of(plan, telescope)], names, about)


def plan_json(plan: ObservationPlan, telescope: str = "") -> dict[str, Any]:
    """The plan as one JSON document; the command line writes the same."""
    rows = list(pointings_of(plan, telescope))
    mine = by_telescope(rows)
    about = {
        **about_event(plan),
        "state": plan.state,
        "is_of_record": plan.is_of_record,
        "skymap_sha256": plan.localization.skymap.sha256,
        "skymap_file": None,
        "window_start_utc": utc(plan.window_start),
        "window_end_utc": utc(plan.window_start + timedelta(hours=plan.hours)),
        "hours": plan.hours,
        "engine": plan.engine,
        "wish": plan.wish,
        "made_at_utc": utc(plan.finished_at),
        "difference": plan.difference,
    }
    telescopes = [
        telescope_document(part.telescope, part, nights_of(part), mine.get(part.telescope, []))
        for part in parts_of(plan, telescope)
    ]
    pointings = [pointing_document(row.telescope_plan.telescope, row, row.state) for row in rows]
    curve = [[utc(datetime.fromisoformat(moment)), probability] for moment, probability in plan.curve]
    return document(about, plan, telescopes, pointings, curve)


def _plan_json_text(plan: ObservationPlan, telescope: str = "") -> Iterator[str]:
    yield json.dumps(plan_json(plan, telescope), indent=1)


def plan_geojson(plan: ObservationPlan, telescope: str = "") -> Iterator[str]:
    """Footprints with what is known of each pointing."""
    footprints = ((pointing_record(row), row.footprint) for row in pointings_of(plan, telescope))
    yield json.dumps(feature_collection(footprints))


def plan_moc_json(plan: ObservationPlan, telescope: str = "") -> Iterator[str]:
    """The sky that is seen, as a MOC in JSON."""
    yield json.dumps(moc_json(_sky(plan, telescope)))


def plan_moc_fits(plan: ObservationPlan, telescope: str = "") -> bytes:
    """The sky that is seen, as a MOC in FITS."""
    about = {"OBJECT": plan.event.name, "PLAN": str(plan.version)}
    return moc_fits(_sky(plan, telescope), about)


def _sky(plan: ObservationPlan, telescope: str) -> Any:
    return sky_of((row.ra_deg, row.dec_deg, row.footprint) for row in pointings_of(plan, telescope))


def plan_calendar(plan: ObservationPlan, telescope: str = "") -> Iterator[str]:
    """An entry for each night of each telescope."""
    mine = by_telescope(pointings_of(plan, telescope))
    entries = [entry for part in parts_of(plan, telescope) for entry in _entries(part, mine.get(part.telescope, []))]
    made_at = plan.finished_at or timezone.now()
    yield calendar(entries, event=plan.event.name, version=plan.version, made_at=made_at)


def _entries(part: TelescopePlan, pointings: list[PlannedPointing]) -> Iterator[Entry]:
    blocks: dict[int, list[PlannedPointing]] = {}
    dusks = [night[0] for night in nights_of(part)]
    for number, pointing in zip(nights([row.start for row in pointings], dusks), pointings, strict=True):
        blocks.setdefault(number, []).append(pointing)
    telescope = _declared(part.telescope)
    site = telescope.site if telescope and telescope.site.known else None
    for rows in blocks.values():
        yield Entry(
            telescope=part.telescope,
            start=rows[0].start,
            end=max(row.end for row in rows),
            summary=f"{_warning(part.plan)}{part.telescope}: {_fields(len(rows))} of {part.plan.event}",
            description=_description(part.plan, rows),
            location=telescope.full_name if telescope else part.telescope,
            latitude_deg=site.latitude_deg if site else None,
            longitude_deg=site.longitude_deg if site else None,
            status=_status(part.plan),
        )


def _status(plan: ObservationPlan) -> str:
    if plan.event.is_retracted:
        return "CANCELLED"
    return "CONFIRMED" if plan.is_of_record else "TENTATIVE"


def _fields(count: int) -> str:
    return "1 field" if count == 1 else f"{count} fields"


def _description(plan: ObservationPlan, rows: list[PlannedPointing]) -> str:
    added = _percent(sum(row.new_probability for row in rows))
    lines = [f"Plan {plan.version}; adds {added} of the probability. Positions ICRS, times UTC."]
    lines += [
        f"{row.order}. {row.start:%H:%M:%S} {_called(row)} {row.ra_deg:.4f} {row.dec_deg:+.4f} "
        f"{row.filter or '-'} {row.n_exposures}x{row.exposure_s:g}s {row.get_state_display()}"
        for row in rows
    ]
    return "\n".join(lines)


def plan_treasure_map(plan: ObservationPlan, telescope: str = "") -> Iterator[str]:
    """Planned pointings as Treasure Map takes them; tests and drills are for its test event."""
    rows = [row for row in pointings_of(plan, telescope) if row.state in OPEN_POINTINGS]
    graceid = treasure_map.TEST_EVENT if plan.event.is_test or plan.event.is_drill else plan.event.name
    instruments = settings.ICARE_TREASURE_MAP_INSTRUMENTS
    planned = [
        treasure_map.Planned(
            row.ra_deg, row.dec_deg, row.start, row.end, row.filter, instruments.get(row.telescope_plan.telescope)
        )
        for row in rows
    ]
    without = {
        row.telescope_plan.telescope: row.filter or "(none)" for row in rows if treasure_map.band_of(row.filter) is None
    }
    yield json.dumps(treasure_map.request(graceid, planned, without), indent=1)


def _declared(name: str) -> Telescope | None:
    try:
        return get_telescope(name)
    except UnknownTelescope:
        return None


def plan_text(plan: ObservationPlan, telescope: str = "") -> Iterator[str]:
    """Lines of the text telescope teams read: rank, field, position in both notations, UTC, exposure, probability."""
    yield from _text_head(plan)
    parts = parts_of(plan, telescope)
    mine = by_telescope(pointings_of(plan, telescope))
    for part in parts:
        if part.telescope in mine:
            yield f"\n# {part.telescope}\n{_TEXT_COLUMNS}"
            yield from (_text_line(pointing) for pointing in mine[part.telescope])
        elif telescope:
            yield f"\n# {part.telescope}\n# nothing planned: {part.reason}\n"
    idle = len(parts) - len(mine)
    if idle and not telescope:
        yield f"\n# {idle} telescopes without a plan; the event page and the JSON file say why for each.\n"


_TEXT_COLUMNS = (
    "# rank field           RA(J2000)   Dec(J2000)      RA_deg    Dec_deg  start_UTC             end_UTC"
    "               filter  exposure  alt  airmass  Moon     prob     adds\n"
)


def _warning(plan: ObservationPlan) -> str:
    """What must be seen before anybody observes."""
    event = plan.event
    words = ["RETRACTED "] if event.is_retracted else []
    if event.is_drill:
        words.append("DRILL ")
    elif event.is_test:
        words.append("TEST ")
    return "".join(words)


def _text_head(plan: ObservationPlan) -> Iterator[str]:
    event = plan.event
    yield f"# GRANDMA observation plan {plan.version} for {event.name}\n"
    if event.is_drill:
        yield f"# DRILL: {event.drill_of} moved in time for training. Do not observe unless told to.\n"
    elif event.is_test:
        yield "# TEST event: do not observe.\n"
    if event.is_retracted:
        yield "# RETRACTED: do not observe.\n"
    sha256 = plan.localization.skymap.sha256
    yield f"# T0 {utc(event.t0)}; plan made {utc(plan.finished_at)}; sky map {sha256[:16]}\n"
    covered, area = _percent(plan.covered_probability or 0), plan.area_deg2 or 0
    yield f"# network: {covered} of the probability, {area:.1f} deg2\n"


def _percent(probability: float) -> str:
    """As pages say it, to a tenth."""
    return in_a_sentence(fine_probability(probability))


def _called(pointing: PlannedPointing) -> str:
    """The field's name, else its foremost galaxy; one word, as columns are told by blanks."""
    name = pointing.field_id or next(iter(pointing.galaxies), "") or "-"
    return name.replace(" ", "_")


def _text_line(pointing: PlannedPointing) -> str:
    # 0.01 s of right ascension is 1/24000 deg: rounded first, so that the full circle is 0 h.
    ra = Angle(round(pointing.ra_deg * 24000) / 24000 % 360, "deg").to_string(
        "hourangle", sep=":", precision=2, pad=True
    )
    dec = Angle(pointing.dec_deg, "deg").to_string("deg", sep=":", precision=1, pad=True, alwayssign=True)
    exposure = f"{pointing.n_exposures}x{pointing.exposure_s:g}s"
    return (
        f"{pointing.order:6d} {_called(pointing):<15s} {ra} {dec}"
        f"  {round(pointing.ra_deg, 5) % 360:9.5f}  {pointing.dec_deg:+9.5f}"
        f"  {utc(pointing.start)}  {utc(pointing.end)}  {pointing.filter or '-':>6s} {exposure:>9s}"
        f"  {pointing.altitude_start_deg:3.0f}  {pointing.airmass_start:7.2f}  {pointing.moon_separation_deg:4.0f}"
        f" {pointing.probability:8.5f} {pointing.new_probability:8.5f}\n"
    )


FORMATS: dict[str, PlanFormat] = {
    "csv": PlanFormat(".csv", "text/csv; charset=utf-8", "CSV", plan_csv),
    "json": PlanFormat(".json", "application/json", "JSON", _plan_json_text),
    "text": PlanFormat(".txt", "text/plain; charset=utf-8", "text", plan_text),
    "ecsv": PlanFormat(".ecsv", "text/x-ecsv; charset=utf-8", "ECSV", plan_ecsv),
    "geojson": PlanFormat(".geojson", "application/geo+json", "GeoJSON", plan_geojson),
    "moc": PlanFormat(".moc.json", "application/json", "MOC (JSON)", plan_moc_json),
    "moc-fits": PlanFormat(".moc.fits", "application/fits", "MOC (FITS)", plan_moc_fits),
    "calendar": PlanFormat(".ics", "text/calendar; charset=utf-8", "calendar", plan_calendar),
    "treasure-map": PlanFormat(".treasuremap.json", "application/json", "Treasure Map", plan_treasure_map),
}
"""By the name they have in addresses of the REST API."""
