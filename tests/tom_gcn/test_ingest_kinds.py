"""Messages of every kind become rows, in any order, once; the counts of the bundled ones are pinned."""

import csv
import itertools
import json
from collections import Counter
from pathlib import Path

import pytest

from tom_gcn.actions import make_plan, read_message, receive_message, request_plan
from tom_gcn.choices import EventKind, EventState, LocalizationKind, MessageState
from tom_gcn.exceptions import NothingToPlan
from tom_gcn.models import (
    Circular,
    Event,
    EventAlias,
    HermesMessage,
    Localization,
    Message,
    Notice,
    ObservationPlan,
    SkyMapFetch,
    StoredSkyMap,
)

pytestmark = pytest.mark.django_db

ALERTS = Path(__file__).parents[1] / "data" / "alerts"
TABLES = (
    Message,
    Event,
    EventAlias,
    Notice,
    Localization,
    StoredSkyMap,
    SkyMapFetch,
    Circular,
    HermesMessage,
    ObservationPlan,
)


def take(body, topic=""):
    message, _ = receive_message(body if isinstance(body, bytes) else body.encode(), source="test", topic=topic)
    return read_message(message)


def take_file(name):
    return take((ALERTS / name).read_bytes())


def counts():
    return {table.__name__: table.objects.count() for table in TABLES}


def voevent(
    packet=61, trigger="1234567", number=0, where=(120.0, -45.0, 0.05), cite="", test=False, params="", ivorn=""
):
    """A packet as GCN sends them; Swift's unless said otherwise."""
    ivorn = ivorn or f"ivo://nasa.gsfc.gcn/SWIFT#{packet}_{trigger}-{number}"
    ra, dec, error = where or (0, 0, 0)
    place = (
        f"<Position2D><Value2><C1>{ra}</C1><C2>{dec}</C2></Value2><Error2Radius>{error}</Error2Radius></Position2D>"
        if where
        else ""
    )
    identity = f'<Param name="TrigID" value="{trigger}"/>' if trigger else ""
    return (
        f'<?xml version="1.0"?><voe:VOEvent xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0" ivorn="{ivorn}" '
        f'role="{"test" if test else "observation"}" version="2.0">'
        f"<Who><Date>2026-11-19T10:{number:02d}:00</Date></Who>"
        f'<What><Param name="Packet_Type" value="{packet}"/>{identity}{params}</What>'
        f"<WhereWhen><ObsDataLocation><ObservationLocation><AstroCoords>"
        f"<Time><TimeInstant><ISOTime>2026-11-19T09:{50 + number:02d}:00</ISOTime></TimeInstant></Time>{place}"
        f"</AstroCoords></ObservationLocation></ObsDataLocation></WhereWhen>{cite}</voe:VOEvent>"
    )


def circular(number=40000, version=1, subject="GRB 261119A: Swift detection", body="Hello.", name="GRB 261119A"):
    content = {
        "circularId": number,
        "version": version,
        "subject": subject,
        "body": body,
        "eventId": name,
        "createdOn": 1_795_000_000_000,
        "submitter": "A. Person at X <a@example.org>",
    }
    return json.dumps({key: value for key, value in content.items() if value is not None})


RETRACTED = '<Param name="Retraction" value="true"/>'
BAT, XRT, UVOT = 61, 67, 81


# --- the bundled messages ----------------------------------------------------------------------------------------


def test_every_bundled_message_ends_as_a_row_and_twice_adds_nothing():
    with (ALERTS / "MANIFEST.tsv").open(newline="") as lines:
        table = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    rows = [row for row in table if row["kind"] != "soak_voevent_archive"]
    states: dict[str, Counter] = {}
    for row in rows:
        topic = "" if "(" in row["topic"] else row["topic"]
        message = take((ALERTS / row["file"]).read_bytes(), topic).message
        states.setdefault(row["kind"], Counter())[message.state, message.reason_code] += 1
    read, partial = MessageState.READ, MessageState.PARTIAL
    assert {kind: dict(found) for kind, found in states.items()} == {
        "voevent": {
            (read, ""): 384,
            (read, "no-event"): 7,
            (partial, "no-sky-map"): 1,
            (MessageState.UNREADABLE, "bad-time"): 1,
        },
        # Two bring a word instead of a map; one repeats the id and number of another example.
        "gcn_json": {(read, ""): 21, (read, "no-event"): 1, (read, "duplicate"): 1, (partial, "not-fits"): 2},
        "circular": {(read, ""): 28},
        "circular_text": {(read, ""): 1},
        "gcn_text": {(read, ""): 1},
        "hermes": {(read, ""): 1},
        "heartbeat": {(MessageState.NO_ALERT, "heartbeat"): 2},
        "lvk_json": {(read, ""): 19},
        "lvk_avro": {(read, ""): 5},
    }
    assert len(rows) == 475
    before = counts()
    assert before == {
        "Message": 475,
        "Event": 165,
        "EventAlias": 8,
        "Notice": 441,
        "Localization": 234,
        "StoredSkyMap": 207,
        "SkyMapFetch": 48,
        "Circular": 29,
        "HermesMessage": 1,
        "ObservationPlan": 23,
    }
    assert Counter(Event.objects.values_list("kind", flat=True)) == {
        "grb": 101, "gw": 21, "neutrino": 20, "xray": 13, "other": 8, "frb": 2,
    }  # fmt: skip
    assert Counter(Localization.objects.values_list("kind", flat=True)) == {
        "cone": 211, "skymap": 20, "combined": 2, "ellipse": 1,
    }  # fmt: skip
    assert not ObservationPlan.objects.filter(preset=None).exists(), "each passed a standing rule"
    assert not ObservationPlan.objects.filter(event__is_test=True, event__drill_of="").exists()
    for row in rows:
        take((ALERTS / row["file"]).read_bytes(), row["topic"])
    assert counts() == before


# --- identity ----------------------------------------------------------------------------------------------------


def test_notices_of_one_trigger_are_one_event_whatever_their_times():
    for number, packet in enumerate((BAT, XRT, UVOT), start=1):
        take(voevent(packet, number=number))
    event = Event.objects.get()
    assert (event.namespace, event.event_id, event.name) == ("swift", "1234567", "swift-1234567")
    assert (str(event), event.kind, event.notices.count()) == ("Swift 1234567", EventKind.GRB, 3)
    assert f"{event.t0:%H:%M}" == "09:51", "the time of the trigger, not of a later exposure"


def test_equal_numbers_of_two_missions_are_two_events():
    take(voevent(BAT, "99"))
    take(voevent(111, "99", ivorn="ivo://nasa.gsfc.gcn/Fermi#GBM_Flt_Pos_99"))
    assert set(Event.objects.values_list("name", flat=True)) == {"swift-99", "fermi-gbm-99"}


def test_the_same_notice_in_other_bytes_is_one_notice():
    take(voevent())
    result = take(voevent() + "\n\n")
    assert (Notice.objects.count(), Localization.objects.count(), Message.objects.count()) == (1, 1, 2)
    assert (result.message.state, result.message.reason_code) == (MessageState.READ, "duplicate")
    assert result.event == Event.objects.get()


def test_lvk_from_json_and_from_voevent_is_one_event():
    for name in ("lvk_json/S230518h_PRELIMINARY_1.json",):
        if (ALERTS / name).exists():
            take_file(name)
    for path in sorted((ALERTS / "voevent" / "LVC").glob("*S230518h*")):
        take(path.read_bytes())
    event = Event.objects.get()
    assert (event.name, event.namespace) == ("S230518h", "lvk")


def test_a_notice_without_an_id_stands_for_itself_where_it_has_a_place():
    result = take_file("gcn_json/einstein_probe/EP240508.json")
    assert result.event.namespace == "notice:einstein probe"
    assert result.event.name.startswith("einstein-probe-")
    assert result.event.localizations.get().kind == LocalizationKind.CONE


def test_a_notice_with_neither_id_nor_place_is_kept_without_an_event():
    result = take_file("voevent/IPN/IPN_RAW__noid__1b2d67.xml")
    assert (result.event, result.notice.event, Event.objects.count()) == (None, None, 0)
    assert (result.message.state, result.message.reason_code) == (MessageState.READ, "no-event")


def test_names_that_do_not_fit_an_address_are_made_to_fit():
    take(voevent(BAT, "a/b c?d"))
    event = Event.objects.get()
    assert (event.event_id, event.name) == ("a/b c?d", "a-b-c-d")
    take(voevent(BAT, "a/b c!d", number=1))
    assert Event.objects.exclude(pk=event.pk).get().name == "swift-a-b-c-d"


# --- where -------------------------------------------------------------------------------------------------------


def test_a_circle_is_a_localization_with_its_figures_and_a_map():
    take(voevent())
    row = Localization.objects.get()
    assert (row.kind, row.ra_deg, row.dec_deg, row.error_deg, row.containment) == ("cone", 120.0, -45.0, 0.05, 0.9)
    assert row.skymap.area_90_deg2 == pytest.approx(3.14159 * 0.05**2, rel=0.01)
    assert len(row.skymap.contours["0.9"][0]) > 50
    assert row.is_current
    assert row.notice.region == {
        "kind": "cone", "ra_deg": 120.0, "dec_deg": -45.0, "radius_deg": 0.05, "containment": 0.9,
    }  # fmt: skip


def test_the_same_circle_again_is_the_same_map():
    take(voevent(BAT, "1"))
    take(voevent(BAT, "2"))
    assert (Localization.objects.count(), StoredSkyMap.objects.count()) == (2, 1)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_smallest_is_current_in_any_order(order):
    packets = [
        voevent(BAT, number=1, where=(120.0, -45.0, 0.05)),
        voevent(XRT, number=2, where=(120.01, -45.0, 0.0015)),
        voevent(84, number=3, where=(120.0, -45.0, 0.03)),
    ]
    for index in order:
        take(packets[index])
    assert Event.objects.get().localizations.get(is_current=True).notice.notice_type == "SWIFT_XRT_POSITION"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_later_notice_of_the_same_sort_replaces_a_smaller_one(order):
    packets = [
        voevent(111, number=1, where=(10.0, 10.0, 5.0), ivorn="ivo://nasa.gsfc.gcn/Fermi#one"),
        voevent(111, number=2, where=(12.0, 10.0, 8.0), ivorn="ivo://nasa.gsfc.gcn/Fermi#two"),
    ]
    for index in order:
        take(packets[index])
    assert Event.objects.get().localizations.get(is_current=True).error_deg == 8.0


@pytest.mark.parametrize(
    ("extra", "kind", "area"),
    [
        ({"ra_dec_error": [3.0, 0.6, 30.0]}, "ellipse", 3.14159 * 1.8),
        ({"rectangular_error_corners": [[345, 17], [347, 17], [347, 19], [345, 19]]}, "polygon", 0.9 * 4 * 0.9511),
    ],
)
def test_ellipses_and_polygons_become_maps(extra, kind, area):
    content = {
        "$schema": "https://gcn.nasa.gov/schema/main/gcn/notices/maxi/gsc.unknown.schema.json",
        "id": "17", "ra": 346.0, "dec": 18.0, "alert_datetime": "2026-11-19T10:00:00Z",
    }  # fmt: skip
    take(json.dumps(content | extra))
    row = Localization.objects.get()
    assert (row.kind, row.is_current) == (kind, True)
    assert row.skymap.area_90_deg2 == pytest.approx(area, rel=0.02)


def test_a_position_without_an_error_stays_with_its_notice():
    content = {
        "$schema": "https://gcn.nasa.gov/schema/main/gcn/notices/chime/frb.schema.json",
        "id": "17", "ra": 346.0, "dec": 18.0, "alert_datetime": "2026-11-19T10:00:00Z",
    }  # fmt: skip
    result = take(json.dumps(content))
    assert result.notice.region == {"kind": "point", "ra_deg": 346.0, "dec_deg": 18.0}
    assert not Localization.objects.exists()
    with pytest.raises(NothingToPlan):
        request_plan(result.event, by=None)


# --- retractions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_an_event_ends_as_retracted_in_any_order(order):
    packets = [voevent(BAT), voevent(BAT, number=1, params=RETRACTED), voevent(XRT, number=2)]
    for index in order:
        take(packets[index])
    event = Event.objects.get()
    assert event.state == EventState.RETRACTED
    assert event.notices.filter(is_retraction=True).count() == 1


def test_a_retraction_that_only_cites_finds_the_event():
    first = take(voevent(BAT))
    cite = f'<Citations><EventIVORN cite="retraction">{first.notice.ivorn}</EventIVORN></Citations>'
    second = take(voevent(BAT, trigger="", number=3, where=None, cite=cite))
    assert second.event == first.event
    assert Event.objects.get().state == EventState.RETRACTED


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_svom_retractions_hold(order):
    files = sorted((ALERTS / "voevent").glob("SVOM*/*sb26043009*"))
    bodies = [path.read_bytes() for path in files]
    assert len(bodies) == 2
    for index in order:
        take(bodies[index % 2])
    assert Event.objects.get().state == EventState.RETRACTED


def test_a_test_is_a_test_until_a_real_notice_comes():
    take(voevent(BAT, test=True))
    assert Event.objects.get().is_test
    take(voevent(XRT, number=1))
    assert not Event.objects.get().is_test


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_tests_of_a_real_events_id_say_nothing_of_it(order):
    packets = [
        voevent(BAT, number=5),
        voevent(XRT, number=1, where=(10.0, 20.0, 0.001), test=True),
        voevent(BAT, number=2, params=RETRACTED, test=True),
    ]
    for index in order:
        take(packets[index])
    event = Event.objects.get()
    assert (event.is_test, event.state) == (False, EventState.ACTIVE)
    assert f"{event.t0:%H:%M}" == "09:55"
    assert event.localizations.get(is_current=True).ra_deg == 120.0


# --- texts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["notice", "circular"])
def test_a_circular_names_the_burst_of_its_trigger(first):
    text = circular(body="At 09:50 UT Swift triggered and located GRB 261119A (trigger=1234567).")
    for body in (voevent(), text) if first == "notice" else (text, voevent()):
        take(body)
    event = Event.objects.get()
    assert [alias.name for alias in event.aliases.all()] == ["GRB 261119A"]
    assert str(event) == "GRB 261119A"
    assert event.circulars.get().circular_id == 40000


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_later_circulars_follow_the_name(order):
    bodies = [
        voevent(),
        circular(body="Swift triggered on GRB 261119A (trigger=1234567)."),
        circular(40001, subject="GRB261119A: optical limits", name=None),
    ]
    for index in order:
        take(bodies[index])
    assert set(Event.objects.get().circulars.values_list("circular_id", flat=True)) == {40000, 40001}


def test_superevents_are_found_by_their_name():
    take_file("lvk_json/S241102br_UPDATE_1.json")
    take(circular(subject="LIGO/Virgo/KAGRA S241102br: Updated Sky localization", name="S241102br"))
    assert Event.objects.get().circulars.count() == 1


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_an_edited_circular_shows_its_highest_version(order):
    for version in order:
        take(circular(version=version, body=f"Version {version}."))
    row = Circular.objects.get()
    assert (row.version, row.body) == (3, "Version 3.")
    assert Message.objects.filter(state=MessageState.READ).count() == 3


def test_a_number_in_the_text_of_others_attaches_nothing():
    take(voevent())
    take(circular(subject="GRB 261119A: optical limits", body="We used trigger 1234567.", name=None))
    assert not Event.objects.get().circulars.exists()


def test_texts_are_for_members_and_follow_their_event(member, stranger, administrator):
    take(circular())
    assert Circular.objects.visible_to(member).count() == 1
    assert Circular.objects.visible_to(administrator).count() == 1
    assert not Circular.objects.visible_to(stranger).exists()
    take(voevent())
    Circular.objects.get().events.add(Event.objects.get())
    assert Circular.objects.visible_to(member).count() == 1
    Event.objects.get().groups.clear()
    assert not Circular.objects.visible_to(member).exists()


def test_hermes_messages_are_kept_and_attached():
    take_file("hermes/GRB230409B.json")
    row = HermesMessage.objects.get()
    assert (row.event_name, row.targets[0]["region"]["kind"]) == ("GRB 230409B", "point")
    event = Event.objects.create(name="x", namespace="swift", event_id="5", keys=["GRB230409B"])
    take(voevent(BAT, "5", number=1))
    EventAlias.objects.create(event=event, name="GRB 230409B", key="GRB230409B", source="test")
    take(voevent(XRT, "5", number=2))
    assert row.events.get() == event


def test_heartbeats_leave_no_rows_but_their_message():
    take_file("heartbeat/gcn.heartbeat.json")
    assert counts() == dict.fromkeys(counts(), 0) | {"Message": 1}


# --- plans -------------------------------------------------------------------------------------------------------


def test_a_burst_is_planned_by_hand_only_and_then_like_any_other_event():
    take(voevent(111, where=(45.0, 20.0, 6.0), ivorn="ivo://nasa.gsfc.gcn/Fermi#wide"))
    event = Event.objects.get()
    assert not event.plans.exists()
    plan = make_plan(request_plan(event, by=None, telescopes=["TAROT-TCA", "FRAM-Auger", "TAROT-TRE"]).pk)
    assert plan.state == "done"
    assert plan.n_pointings > 0
    assert 0 < plan.covered_probability <= 1


def test_an_event_is_never_named_like_another_page():
    take(voevent(trigger="new"))
    event = Event.objects.get()
    assert (event.event_id, event.name) == ("new", "swift-new")
