"""The event page for events of every kind: what it shows of real messages, and that it shows them escaped."""

import json
import re
from datetime import timedelta

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from django.utils import timezone

from tests.factories import ALERTS, ingest_alert
from tom_gcn.actions import read_message, receive_message
from tom_gcn.choices import FetchState
from tom_gcn.comparison import compare
from tom_gcn.models import Circular, Event, HermesMessage, Localization, SkyMapFetch

pytestmark = pytest.mark.django_db
MESSAGES = ALERTS.parent
HTMX = {"HX-Request": "true"}


def ingest(path: str) -> Event:
    message, _ = receive_message((MESSAGES / path).read_bytes(), source=path)
    return read_message(message).event


def one(pattern: str) -> str:
    """The first bundled message that fits a pattern."""
    return str(sorted(path for path in MESSAGES.glob(pattern) if path.is_file())[0].relative_to(MESSAGES))


def shown(client, event: Event) -> str:
    response = client.get(event.get_absolute_url())
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def circular(number: int, subject: str, event_name: str = "", body: str = "text", version: int = 1) -> Circular:
    message = {
        "circularId": number,
        "version": version,
        "subject": subject,
        "eventId": event_name,
        "body": body,
        "submitter": "A. Person at Somewhere <a@example.org>",
        "createdOn": 1690000000000 + number,
    }
    raw, _ = receive_message(json.dumps(message).encode(), source="test", topic="gcn.circulars")
    read_message(raw)
    return Circular.objects.get(circular_id=number)


KINDS = {
    "Swift BAT": (
        "voevent/Swift/SWIFT_BAT_GRB_POS_ACK*",
        ["gamma-ray burst", "Swift", "Error", "3′", "(90%)", ".swift"],
    ),
    "Fermi GBM": (
        "voevent/Fermi/FERMI_GBM_FLT_POS*",
        ["gamma-ray burst", "Fermi GBM flight position", "(68%)", ".fermi"],
    ),
    "SVOM": ("voevent/SVOM/SVOM_eclairs-wakeup*", ["gamma-ray burst", "fsc.svom.org", "(90%)", "ECLAIRs"]),
    "IceCube": ("voevent/IceCube/ICECUBE_ASTROTRACK_GOLD*", ["neutrino", "IceCube track gold", "error circle"]),
    "Einstein Probe": ("gcn_json/einstein_probe/*", ["X-ray transient", "Einstein Probe"]),
    "FRB": ("gcn_json/**/*chime*", ["fast radio burst"]),
    "LVC of 2019": (
        "voevent/LVC/LVC_PRELIMINARY*",
        ["gravitational wave", "Its sky map is waited for", "gracedb.ligo.org"],
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_events_of_every_kind_are_shown(browse, member, grandma, name):
    pattern, words = KINDS[name]
    event = ingest(one(pattern))
    text = shown(browse(member), event)
    assert [word for word in words if word not in text] == []
    row = browse(member).get("/events/?tests=on").content.decode()
    assert f'href="{event.get_absolute_url()}"' in row


def test_an_error_circle_tells_position_and_error(browse, member, grandma):
    event = ingest(one("voevent/Swift/SWIFT_BAT_GRB_POS_ACK*"))
    localization = event.localizations.get()
    text = shown(browse(member), event)
    assert f"{localization.ra_deg:.5f} {localization.dec_deg:.5f}" in text
    assert "Area 50 / 90%</dt>" not in text
    assert "False alarm rate" not in text


def test_parameters_come_with_their_units(browse, member, grandma):
    event = ingest(one("voevent/Swift/SWIFT_BAT_GRB_POS_ACK*"))
    notice = event.notices.get()
    name, (value, unit) = next((name, pair) for name, pair in notice.parameters.items() if pair[1] and pair[0] != "")
    assert f"<dt>{name}</dt><dd>{value} {unit}</dd>" in shown(browse(member), event)


def test_a_position_without_an_error_is_told(browse, member, grandma):
    event = ingest(one("voevent/Swift/SWIFT_BAT_GRB_POS_ACK*"))
    event.localizations.all().delete()
    event.notices.update(region={"kind": "point", "ra_deg": 10.0, "dec_deg": -20.0})
    from tom_gcn.actions.summaries import summarize

    summarize(event)
    assert "without an error" in shown(browse(member), event)


def test_a_drawn_annulus_and_ellipse_are_given_in_their_figures(browse, member, grandma):
    event = ingest(one("voevent/Swift/SWIFT_BAT_GRB_POS_ACK*"))
    region = {"kind": "ellipse", "major_deg": 0.3, "minor_deg": 0.1, "position_angle_deg": 30.0}
    event.notices.update(region=region)
    event.localizations.update(kind="ellipse", error_deg=0.3, containment=0.9)
    assert "18′ × 6′, PA 30°" in shown(browse(member), event)
    event.notices.update(region={"kind": "annulus", "radius_deg": 40.0, "half_width_deg": 0.5})
    event.localizations.update(kind="annulus", error_deg=0.5, containment=None)
    text = shown(browse(member), event)
    assert "40° around" in text
    assert "± 30′" in text
    assert "containment not said" in text


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (FetchState.WAITING, "asked 3 times"),
        (FetchState.FAILED, "could not be fetched. The host is not allowed."),
        (FetchState.DONE, "Its sky map was fetched"),
    ],
)
def test_a_map_fetched_later_tells_its_state(browse, member, grandma, state, says):
    event = ingest(one("voevent/LVC/LVC_PRELIMINARY*"))
    SkyMapFetch.objects.update(
        state=state,
        attempts=3,
        reason="The host is not allowed.",
        next_try_at=timezone.now(),
        finished_at=timezone.now(),
    )
    assert says in shown(browse(member), event)


def test_retracted_and_test_events_say_so(browse, member, grandma):
    retracted = ingest(one("voevent/SVOM/SVOM_retraction*"))
    assert "Observe nothing for it" in shown(browse(member), retracted)
    assert 'badge-bad">retraction' in shown(browse(member), retracted)
    test = ingest(one("voevent/Swift/SWIFT_BAT_GRB_POS_TEST*"))
    assert "A test alert of its sender" in shown(browse(member), test)


# --- texts and timeline -------------------------------------------------------------------------------------------


def test_circulars_are_attached_readable_and_escaped(browse, member, grandma):
    event = ingest_alert()
    text = circular(
        41000, "LIGO/Virgo/KAGRA S241102br: <b>found</b>", "S241102br", "<script>alert(1)</script>\n  a table"
    )
    page = shown(browse(member), event)
    assert "Circular 41000" in page
    assert "&lt;b&gt;found&lt;/b&gt;" in page
    assert 'href="https://gcn.nasa.gov/circulars/41000"' in page
    address = f"{event.get_absolute_url()}circulars/{text.circular_id}/"
    fragment = browse(member).get(address, headers=HTMX).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\n  a table" in fragment
    assert "<html" not in fragment
    assert "<html" in browse(member).get(address).content.decode()
    assert "a@example.org" not in fragment


def test_a_circular_of_another_event_is_not_reached_through_this_one(browse, member, stranger, grandma):
    event = ingest_alert()
    circular(41001, "GRB 230802A: something else", "GRB 230802A")
    assert browse(member).get(f"{event.get_absolute_url()}circulars/41001/").status_code == 404
    circular(41002, "S241102br: something", "S241102br")
    assert browse(member).get(f"{event.get_absolute_url()}circulars/41002/").status_code == 200
    assert browse(stranger).get(f"{event.get_absolute_url()}circulars/41002/").status_code == 404


def test_hermes_messages_are_read_too(browse, member, grandma):
    event = ingest_alert()
    row = HermesMessage.objects.create(
        key="h1",
        title="Follow-up",
        text="<i>seen</i>",
        authors="A. Person",
        message=event.notices.get().message,
        targets=[{"name": "AT1", "region": {"kind": "point", "ra_deg": 1.5, "dec_deg": 2.5}}],
    )
    row.events.add(event)
    assert "Follow-up" in shown(browse(member), event)
    fragment = browse(member).get(f"{event.get_absolute_url()}messages/{row.pk}/").content.decode()
    assert "&lt;i&gt;seen&lt;/i&gt;" in fragment
    assert "AT1" in fragment


def test_the_timeline_holds_everything_newest_first_and_is_narrowed(browse, member, grandma):
    event = ingest_alert("S230518h_INITIAL_1.json")
    ingest_alert("S230518h_UPDATE_1.json")
    circular(41003, "S230518h: something", "S230518h")
    client = browse(member)
    page = shown(client, event)
    kinds = re.findall(r'<li class="entry-(\w+)"', page)
    assert sorted(set(kinds)) == ["circulars", "localizations", "notices", "plans"]
    assert len(kinds) == 1 + event.localizations.count() + event.notices.count() + event.plans.count()
    moments = re.findall(r'<li class="entry-.*?<time datetime="([^"]+)"', page)
    assert moments == sorted(moments, reverse=True)
    for kind in set(kinds):
        part = client.get(f"{event.get_absolute_url()}timeline/?show={kind}", headers=HTMX).content.decode()
        assert set(re.findall(r'<li class="entry-(\w+)"', part)) == {kind}
        assert client.get(f"{event.get_absolute_url()}timeline/?show={kind}").status_code == 302
    assert set(re.findall(r'<li class="entry-(\w+)"', shown(client, event))) == set(kinds)
    plain = client.get(f"{event.get_absolute_url()}?show=circulars").content.decode()
    assert re.findall(r'<li class="entry-(\w+)"', plain) == ["circulars"]


def test_a_map_that_was_fetched_is_newer_than_its_notice(browse, member, grandma):
    event = ingest_alert()
    notice = event.notices.get()
    later = notice.time_created + timedelta(hours=3)
    SkyMapFetch.objects.create(
        notice=notice, url="https://gracedb.ligo.org/x", state=FetchState.DONE, next_try_at=later, finished_at=later
    )
    event.plans.all().delete()
    kinds = re.findall(r'<li class="entry-(\w+)"', shown(browse(member), event))
    assert kinds == ["localizations", "notices"]


def test_the_page_takes_the_same_queries_however_much_came_in(
    browse, member, grandma, django_assert_num_queries, django_assert_max_num_queries
):
    event = ingest_alert("S230518h_INITIAL_1.json")
    client = browse(member)
    shown(client, event)
    with django_assert_max_num_queries(19) as counted:
        shown(client, event)
    n_queries = len(counted)
    ingest_alert("S230518h_UPDATE_1.json")
    for number in range(10):
        circular(42000 + number, "S230518h: something", "S230518h")
    shown(client, event)
    with django_assert_num_queries(n_queries):
        shown(client, event)


# --- comparison ---------------------------------------------------------------------------------------------------


@pytest.fixture
def two(grandma) -> list[Localization]:
    ingest_alert("S241102br_PRELIMINARY_1.json")
    event = ingest_alert("S241102br_UPDATE_1.json")
    return list(event.localizations.select_related("skymap", "notice"))


def test_two_localizations_are_compared(two):
    older, newer = two
    found = compare(older, newer)
    first, second = (SkyCoord(row.skymap.peak_ra_deg, row.skymap.peak_dec_deg, unit="deg") for row in (older, newer))
    assert found.moved_deg == pytest.approx(first.separation(second).deg, abs=1e-9)
    assert 0 < found.shared_deg2 <= min(older.skymap.area_90_deg2, newer.skymap.area_90_deg2) * 1.001
    assert found.shared_deg2 == pytest.approx(found.shared_of_one * older.skymap.area_90_deg2, rel=1e-3)
    assert 0.5 < found.other_in_one <= 1
    assert found.agreement > 1


def test_a_map_is_as_large_as_itself(two):
    found = compare(two[0], two[0])
    assert found.is_same
    assert found.moved_deg == 0
    assert found.area_words == "as large"
    assert found.shared_of_one == pytest.approx(1)
    assert found.other_in_one == pytest.approx(0.9, abs=0.01)
    assert np.isfinite(found.agreement)


def test_the_comparison_is_a_fragment_and_a_page(browse, member, stranger, two):
    event = two[0].event
    client, address = browse(member), f"{event.get_absolute_url()}compare/"
    assert 'name="one"' in shown(client, event)
    query = {"one": two[1].pk, "other": two[0].pk}
    fragment = client.get(address, query, headers=HTMX).content.decode()
    assert "moved by" in fragment
    assert fragment.index("LVK preliminary") < fragment.index("LVK update")
    assert "<html" in client.get(address, query).content.decode()
    assert client.get(address).status_code == 200
    for bad in ({"one": two[0].pk, "other": 10**9}, {"one": two[0].pk, "other": "x"}, {"one": "9" * 40, "other": "1"}):
        assert client.get(address, bad).status_code == 404
    assert browse(stranger).get(address, query).status_code == 404
