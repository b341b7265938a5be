"""A plan as one JSON document: the same for stored plans and for those of the command line. Pure.

A stable interface: fields may be added, none is renamed, dropped or given another meaning without a new
`SCHEMA_VERSION` (docs/using/plan-json.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tom_gcn.plan_formats.outlines import field_of

SCHEMA = "icare-tom/plan"
SCHEMA_VERSION = 1

_DECIMALS = {
    "ra_deg": 5, "dec_deg": 5, "altitude_start_deg": 1, "altitude_end_deg": 1, "airmass_start": 3, "airmass_end": 3,
    "moon_separation_deg": 1, "probability": 6, "new_probability": 6, "cumulative_probability": 6,
    "telescope_cumulative": 6,
}  # fmt: skip
POINTING_FIELDS = (
    "order", "field_id", "ra_deg", "dec_deg", "filter", "exposure_s", "n_exposures", "altitude_start_deg",
    "altitude_end_deg", "airmass_start", "airmass_end", "moon_separation_deg", "probability", "new_probability",
    "cumulative_probability", "telescope_cumulative", "epoch",
)  # fmt: skip
FIGURES = (
    "covered_probability",
    "executed_probability",
    "area_deg2",
    "covered_galaxy_weight",
    "own_sum",
    "greedy_probability",
    "seconds",
)
"""Figures of a plan that its row and the planner's value share by name."""


def utc(moment: datetime | None) -> str:
    """ISO 8601 to the second, with its zone; empty when there is none."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def pointing_values(pointing: Any) -> dict[str, Any]:
    """What a planned pointing is, from its row or the planner's value: rounded to what is meant."""
    values = {name: getattr(pointing, name) for name in POINTING_FIELDS}
    for name, decimals in _DECIMALS.items():
        values[name] = round(values[name], decimals)
    # Rounding may have reached the full circle.
    values["ra_deg"] %= 360.0
    return {**values, "start_utc": utc(pointing.start), "end_utc": utc(pointing.end)}


def pointing_document(telescope: str, pointing: Any, state: str = "planned") -> dict[str, Any]:
    """One pointing of the document."""
    return {
        "telescope": telescope,
        **pointing_values(pointing),
        "galaxies": list(pointing.galaxies),
        "kept": pointing.kept,
        "state": state,
        "footprint_deg": [[round(ra, 5), round(dec, 5)] for ra, dec in pointing.footprint],
    }


def telescope_document(
    name: str, part: Any, nights: Iterable[Sequence[datetime]], pointings: Sequence[Any]
) -> dict[str, Any]:
    """One telescope of the document: what it does, or the sentence that says why it does nothing."""
    return {
        "telescope": name,
        "reason": part.reason,
        "n_pointings": part.n_pointings,
        "probability": part.probability,
        "new_probability": part.new_probability,
        "first_start_utc": utc(part.first_start),
        "nights_utc": [[utc(moment) for moment in night] for night in nights],
        "field": _field(pointings),
    }


def _field(pointings: Sequence[Any]) -> dict[str, Any] | None:
    """The camera's field, as the first pointing shows it."""
    if not pointings:
        return None
    first = pointings[0]
    field = field_of(first.ra_deg, first.dec_deg, first.footprint)
    return {"shape": field.shape, "width_deg": round(field.width_deg, 4), "height_deg": round(field.height_deg, 4)}


def document(
    about: Mapping[str, Any],
    plan: Any,
    telescopes: Sequence[dict[str, Any]],
    pointings: Sequence[dict[str, Any]],
    curve: Sequence[Sequence[Any]],
) -> dict[str, Any]:
    """Put the whole together.

    Parameters
    ----------
    about : mapping
        What the plan is of and what was asked: goes first.
    plan : object
        With the attributes `FIGURES`, ``bound`` (mapping or None), ``notes``.
    telescopes, pointings : sequence of dict
    curve : sequence of (moment, probability)
    """
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        **about,
        **{name: getattr(plan, name) for name in FIGURES},
        "n_pointings": len(pointings),
        "first_start_utc": min((pointing["start_utc"] for pointing in pointings), default=""),
        "bound": plan.bound,
        "notes": list(plan.notes),
        "telescopes": list(telescopes),
        "pointings": list(pointings),
        "curve": [[moment, probability] for moment, probability in curve],
    }
