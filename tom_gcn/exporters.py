"""Plans as files: CSV and JSON for programs, plain text for telescope teams. Nothing here decides who may read."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from astropy.coordinates import Angle
from django.db.models import QuerySet

from tom_gcn.models import ObservationPlan, PlannedPointing, TelescopePlan

CSV_COLUMNS = (
    "event", "event_state", "is_test", "drill_of", "plan", "telescope", "order", "field_id",
    "ra_deg", "dec_deg", "start_utc", "end_utc", "filter",
    "exposure_s", "n_exposures", "altitude_start_deg", "altitude_end_deg", "airmass_start", "airmass_end",
    "moon_separation_deg", "probability", "new_probability", "cumulative_probability", "telescope_cumulative",
)  # fmt: skip
_DECIMALS = {
    "ra_deg": 5, "dec_deg": 5, "altitude_start_deg": 1, "altitude_end_deg": 1, "airmass_start": 3, "airmass_end": 3,
    "moon_separation_deg": 1, "probability": 6, "new_probability": 6, "cumulative_probability": 6,
    "telescope_cumulative": 6,
}  # fmt: skip


def utc(moment: Any) -> str:
    """ISO 8601 to the second, with its zone."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def pointing_record(pointing: PlannedPointing) -> dict[str, Any]:
    """One pointing with the columns every export shares, rounded to what is meant."""
    record = {name: getattr(pointing, name) for name in CSV_COLUMNS if hasattr(pointing, name)}
    for name, decimals in _DECIMALS.items():
        record[name] = round(record[name], decimals)
    # Rounding may have reached the full circle.
    record["ra_deg"] %= 360.0
    part = pointing.telescope_plan
    record.update(
        event=part.plan.event.name,
        event_state=part.plan.event.state,
        is_test=part.plan.event.is_test,
        drill_of=part.plan.event.drill_of,
        plan=part.plan.version,
        telescope=part.telescope,
        start_utc=utc(pointing.start),
        end_utc=utc(pointing.end),
    )
    return {name: record[name] for name in CSV_COLUMNS}


def pointings_of(plan: ObservationPlan, telescope: str = "") -> QuerySet[PlannedPointing]:
    """The pointings of a plan, telescope by telescope, each in order of time."""
    rows = PlannedPointing.objects.filter(telescope_plan__plan=plan).select_related("telescope_plan__plan__event")
    if telescope:
        rows = rows.filter(telescope_plan__telescope=telescope)
    return rows.order_by("telescope_plan__telescope", "order")


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


def plan_json(plan: ObservationPlan, telescope: str = "") -> dict[str, Any]:
    """The plan as one JSON document."""
    pointings = list(pointings_of(plan, telescope))
    parts = plan.telescope_plans.all()
    if telescope:
        parts = parts.filter(telescope=telescope)
    footprints = {pointing.pk: pointing.footprint for pointing in pointings}
    return {
        "event": plan.event.name,
        "event_state": plan.event.state,
        "is_test": plan.event.is_test,
        "drill_of": plan.event.drill_of,
        "plan": plan.version,
        "state": plan.state,
        "skymap_sha256": plan.localization.skymap.sha256,
        "window_start_utc": utc(plan.window_start),
        "hours": plan.hours,
        "made_at_utc": utc(plan.finished_at),
        "covered_probability": plan.covered_probability,
        "area_deg2": plan.area_deg2,
        "telescopes": [_telescope_record(part) for part in parts],
        "pointings": [
            {**pointing_record(pointing), "footprint_deg": footprints[pointing.pk]} for pointing in pointings
        ],
    }


def _telescope_record(part: TelescopePlan) -> dict[str, Any]:
    return {
        "telescope": part.telescope,
        "reason": part.reason,
        "n_pointings": part.n_pointings,
        "probability": part.probability,
        "new_probability": part.new_probability,
        "first_start_utc": utc(part.first_start),
        "nights_utc": [[utc(datetime.fromisoformat(moment)) for moment in night] for night in part.nights],
    }


def plan_text(plan: ObservationPlan, telescope: str = "") -> Iterator[str]:
    """Lines of the text telescope teams read: rank, field, position in both notations, UTC, exposure, probability."""
    yield from _text_head(plan)
    parts = plan.telescope_plans.filter(telescope=telescope) if telescope else plan.telescope_plans.all()
    by_part: dict[int, list[PlannedPointing]] = {}
    for pointing in pointings_of(plan, telescope):
        by_part.setdefault(pointing.telescope_plan_id, []).append(pointing)
    for part in parts:
        if part.pk in by_part:
            yield f"\n# {part.telescope}\n{_TEXT_COLUMNS}"
            yield from (_text_line(pointing) for pointing in by_part[part.pk])
        elif telescope:
            yield f"\n# {part.telescope}\n# nothing planned: {part.reason}\n"
    idle = len(parts) - len(by_part)
    if idle and not telescope:
        yield f"\n# {idle} telescopes without a plan; the event page and the JSON file say why for each.\n"


_TEXT_COLUMNS = (
    "# rank field           RA(J2000)   Dec(J2000)      RA_deg    Dec_deg  start_UTC             end_UTC"
    "               filter  exposure  alt  airmass  Moon     prob     adds\n"
)


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
    percent, area = 100 * (plan.covered_probability or 0), plan.area_deg2 or 0
    yield f"# network: {percent:.1f} % of the probability, {area:.1f} deg2\n"


def _text_line(pointing: PlannedPointing) -> str:
    # 0.01 s of right ascension is 1/24000 deg: rounded first, so that the full circle is 0 h.
    ra = Angle(round(pointing.ra_deg * 24000) / 24000 % 360, "deg").to_string(
        "hourangle", sep=":", precision=2, pad=True
    )
    dec = Angle(pointing.dec_deg, "deg").to_string("deg", sep=":", precision=1, pad=True, alwayssign=True)
    exposure = f"{pointing.n_exposures}x{pointing.exposure_s:g}s"
    return (
        f"{pointing.order:6d} {pointing.field_id or '-':<15s} {ra} {dec}"
        f"  {round(pointing.ra_deg, 5) % 360:9.5f}  {pointing.dec_deg:+9.5f}"
        f"  {utc(pointing.start)}  {utc(pointing.end)}  {pointing.filter or '-':>6s} {exposure:>9s}"
        f"  {pointing.altitude_start_deg:3.0f}  {pointing.airmass_start:7.2f}  {pointing.moon_separation_deg:4.0f}"
        f" {pointing.probability:8.5f} {pointing.new_probability:8.5f}\n"
    )
