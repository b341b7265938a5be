"""Calendar entries (iCalendar, RFC 5545): one for each night of each telescope. Pure.

An entry of the same telescope and night keeps its UID from one plan to the next and counts its version in SEQUENCE, so
that a calendar which takes both shows the newer.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LINE_OCTETS = 75
NOON = timedelta(hours=12)


@dataclass(frozen=True)
class Entry:
    """One block of observations of one telescope."""

    telescope: str
    start: datetime
    end: datetime
    summary: str
    description: str
    location: str
    latitude_deg: float | None
    longitude_deg: float | None
    status: str


def calendar(entries: Iterable[Entry], *, event: str, version: int, made_at: datetime) -> str:
    """Return the text of a calendar file, lines folded, ended by CR LF."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//GRANDMA//ICARE-TOM//EN", "CALSCALE:GREGORIAN"]
    lines += ["METHOD:PUBLISH"]
    seen: dict[str, int] = {}
    for entry in entries:
        name = _night_name(entry, event)
        seen[name] = seen.get(name, 0) + 1
        uid = name if seen[name] == 1 else f"{name}-{seen[name]}"
        lines += _entry(entry, f"{uid}@icare-tom", version, made_at)
    lines += ["END:VCALENDAR"]
    return "".join(part + "\r\n" for line in lines for part in _folded(line))


def nights(starts: Sequence[datetime], dusks: Sequence[datetime]) -> list[int]:
    """Return for each start the number of the night it lies in: how many nights had begun by then."""
    return [sum(dusk <= start for dusk in dusks) for start in starts]


def _entry(entry: Entry, uid: str, version: int, made_at: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(uid)}"
    yield f"SEQUENCE:{version}"
    yield f"DTSTAMP:{_utc(made_at)}"
    yield f"DTSTART:{_utc(entry.start)}"
    yield f"DTEND:{_utc(entry.end + timedelta(seconds=1) if entry.end.microsecond else entry.end)}"
    yield f"SUMMARY:{_text(entry.summary)}"
    yield f"DESCRIPTION:{_text(entry.description)}"
    yield f"LOCATION:{_text(entry.location)}"
    if entry.latitude_deg is not None and entry.longitude_deg is not None:
        yield f"GEO:{entry.latitude_deg:.6f};{(entry.longitude_deg + 180.0) % 360.0 - 180.0:.6f}"
    yield f"STATUS:{entry.status}"
    yield f"CATEGORIES:{_text(entry.telescope)}"
    yield "END:VEVENT"


def _night_name(entry: Entry, event: str) -> str:
    """Event, telescope and the local day on which the night begins."""
    local = timedelta(hours=(entry.longitude_deg or 0.0) / 15.0)
    return f"{event}-{entry.telescope}-{entry.start + local - NOON:%Y%m%d}"


def _utc(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """Escape as section 3.3.11 says; other control characters have no place in a text."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return "".join(character for character in escaped if character >= " ")


def _folded(line: str) -> Iterator[str]:
    """Cut a line into parts of at most 75 octets, never inside a character (section 3.1)."""
    part, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > LINE_OCTETS:
            yield part
            part, size = " ", 1
        part, size = part + character, size + octets
    yield part
