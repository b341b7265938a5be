"""A request in words for people, and as JSON for machines. The same facts in both."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tom_grandma_facilities.transports.base import Exposure, Outgoing, Pointing

_FIRST_POINTINGS = 40
_LABELS = {
    "airmass_max": "airmass up to",
    "moon_separation_min_deg": "degrees from the Moon at least",
    "min_altitude_deg": "degrees above the horizon at least",
}


def subject(outgoing: Outgoing) -> str:
    """One line that says what is wanted of whom."""
    return f"{outgoing.telescope}: please observe {outgoing.target_name} (priority {outgoing.priority})"


def as_text(outgoing: Outgoing) -> str:
    """Return the request as plain text; pointings beyond the first ones are counted and left to the link."""
    lines = [
        f"Telescope: {outgoing.telescope}",
        f"Target: {outgoing.target_name}",
        *_position(outgoing),
        f"Between: {utc(outgoing.window_start)} and {utc(outgoing.window_end)}",
        *[f"Exposures: {_exposure(one)}" for one in outgoing.exposures],
        *[f"Limit: {_LABELS.get(name, name)} {value:g}" for name, value in outgoing.constraints.items()],
        f"Priority: {outgoing.priority} (1 is the highest)",
        *([f"Asked by: {outgoing.requester}"] if outgoing.requester else []),
        *([f"Note: {outgoing.note}"] if outgoing.note else []),
        *_table(outgoing.pointings),
    ]
    if outgoing.answer_url:
        lines += ["", f"Please answer here (no login needed): {outgoing.answer_url}"]
    if outgoing.download_url:
        lines += ["", f"The request as a file: {outgoing.download_url}"]
    return "\n".join([*lines, "", f"Request {outgoing.key}"])


def as_json(outgoing: Outgoing) -> dict[str, Any]:
    """Return the request as plain values: degrees ICRS, seconds, ISO 8601 times in UTC."""
    return {
        "key": outgoing.key,
        "telescope": outgoing.telescope,
        "target_name": outgoing.target_name,
        "ra_deg": outgoing.ra_deg,
        "dec_deg": outgoing.dec_deg,
        "window_start": iso(outgoing.window_start),
        "window_end": iso(outgoing.window_end),
        "exposures": [_plain_exposure(one) for one in outgoing.exposures],
        "pointings": [_plain_pointing(one) for one in outgoing.pointings],
        "constraints": dict(outgoing.constraints),
        "priority": outgoing.priority,
        "note": outgoing.note,
        "requester": outgoing.requester,
        "answer_url": outgoing.answer_url,
    }


def utc(moment: datetime | None) -> str:
    """A time to the second, for people."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""


def iso(moment: datetime | None) -> str | None:
    """A time to the second, for machines."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else None


def sexagesimal(degrees: float, *, hours: bool = False, places: int = 2) -> tuple[str, int, int, float]:
    """Return sign, whole part, minutes and seconds of an angle; seconds are rounded first, so that there is no 60.

    Parameters
    ----------
    degrees
        The angle; right ascensions are taken modulo 360.
    hours
        Whether the whole part counts hours.
    places
        Digits of the seconds after the point.
    """
    turned = degrees % 360.0 / 15.0 if hours else abs(degrees)
    units = round(turned * 3600 * 10**places)
    if hours:
        units %= 24 * 3600 * 10**places
    minutes, rest = divmod(units, 60 * 10**places)
    return ("-" if degrees < 0 and not hours else "+"), minutes // 60, minutes % 60, rest / 10**places


def position_text(ra_deg: float, dec_deg: float) -> str:
    """A position as observers type it, with the degrees beside it."""
    _, hours, minutes, seconds = sexagesimal(ra_deg, hours=True)
    sign, degrees, arcminutes, arcseconds = sexagesimal(dec_deg, places=1)
    return (
        f"{hours:02d}:{minutes:02d}:{seconds:05.2f} {sign}{degrees:02d}:{arcminutes:02d}:{arcseconds:04.1f} "
        f"({ra_deg:.6f} {dec_deg:+.6f} deg, ICRS)"
    )


def _position(outgoing: Outgoing) -> list[str]:
    if outgoing.ra_deg is None or outgoing.dec_deg is None:
        return []
    return [f"Position: {position_text(outgoing.ra_deg, outgoing.dec_deg)}"]


def _exposure(one: Exposure) -> str:
    return f"{one.count} x {one.exposure_s:g} s" + (f" in {one.filter}" if one.filter else "")


def _table(pointings: tuple[Pointing, ...]) -> list[str]:
    if not pointings:
        return []
    rows = [
        f"{one.order:>4}  {one.field_id or '-':>10}  {one.ra_deg:10.5f} {one.dec_deg:+10.5f}  "
        f"{utc(one.start) or '-':23}  {_exposure(Exposure(one.filter, one.exposure_s, one.count))}"
        for one in pointings[:_FIRST_POINTINGS]
    ]
    left = len(pointings) - len(rows)
    more = [f"... and {left} more: all {len(pointings)} are behind the link."] if left else []
    return [
        "",
        f"Pointings ({len(pointings)}), order, field, right ascension and declination in degrees:",
        *rows,
        *more,
    ]


def _plain_exposure(one: Exposure) -> dict[str, Any]:
    return {"filter": one.filter, "exposure_s": one.exposure_s, "count": one.count}


def _plain_pointing(one: Pointing) -> dict[str, Any]:
    return {
        "order": one.order,
        "field_id": one.field_id,
        "ra_deg": one.ra_deg,
        "dec_deg": one.dec_deg,
        "start": iso(one.start),
        "end": iso(one.end),
        "filter": one.filter,
        "exposure_s": one.exposure_s,
        "count": one.count,
    }
