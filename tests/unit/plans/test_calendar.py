"""Calendar entries are read back by a library that knows RFC 5545."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from tom_gcn.plan_formats.calendar import Entry, calendar, nights

DUSK = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


def entry(**changes) -> Entry:
    values = {
        "telescope": "TAROT-TCA",
        "start": DUSK,
        "end": DUSK + timedelta(hours=3),
        "summary": "TAROT-TCA: 12 fields of S241102br",
        "description": "one\ntwo; three, four \\ five",
        "location": "Calern, Côte d'Azur",
        "latitude_deg": 43.75203,
        "longitude_deg": 6.92353,
        "status": "TENTATIVE",
    }
    return Entry(**{**values, **changes})


def read(*entries: Entry, version: int = 3):
    text = calendar(entries, event="S241102br", version=version, made_at=DUSK)
    return text, list(Calendar.from_ical(text).walk("VEVENT"))


def test_an_entry_comes_back_as_it_was():
    _, (event,) = read(entry())
    assert event.decoded("dtstart") == DUSK
    assert event.decoded("dtend") == DUSK + timedelta(hours=3)
    assert str(event["summary"]) == "TAROT-TCA: 12 fields of S241102br"
    assert str(event["description"]) == "one\ntwo; three, four \\ five"
    assert str(event["location"]) == "Calern, Côte d'Azur"
    assert event["geo"].latitude == 43.75203
    assert event["sequence"] == 3
    assert event["status"] == "TENTATIVE"


@given(st.text(max_size=400))
def test_any_text_survives_folding_and_escaping(words):
    text, (event,) = read(entry(description=words))
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    kept = "".join(character for character in words if character >= " " or character == "\n")
    assert str(event["description"]) == kept


def test_the_next_plan_of_the_same_night_replaces_the_entry():
    _, (first,) = read(entry(), version=1)
    _, (later,) = read(entry(start=DUSK + timedelta(hours=2)), version=2)
    assert first["uid"] == later["uid"]
    assert first["sequence"] < later["sequence"]


def test_nights_telescopes_and_events_are_told_apart():
    _, events = read(entry(), entry(start=DUSK + timedelta(days=1)), entry(telescope="CFHT", longitude_deg=-155.47))
    assert len({str(event["uid"]) for event in events}) == 3


def test_a_night_that_lasts_past_noon_in_utc_is_one_night():
    """On Hawaii a night goes from 5 to 15 h UTC."""
    hawaii = {"telescope": "CFHT", "longitude_deg": -155.47}
    early, late = datetime(2026, 11, 21, 5, 0, tzinfo=UTC), datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
    _, (one,) = read(entry(start=early, end=late, **hawaii))
    _, (other,) = read(entry(start=late, end=late + timedelta(hours=1), **hawaii))
    assert one["uid"] == other["uid"]


def test_pointings_are_told_apart_by_the_night_they_lie_in():
    dusks = [DUSK, DUSK + timedelta(days=1)]
    starts = [DUSK, DUSK + timedelta(hours=5), DUSK + timedelta(hours=25)]
    assert nights(starts, dusks) == [1, 1, 2]
