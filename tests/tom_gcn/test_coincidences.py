"""Events that come together in time and in the sky, by themselves and when asked."""

from datetime import timedelta

import pytest
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from rest_framework.test import APIClient

from tests.factories import ingest_alert, make_group, make_user
from tests.notices import FERMI, ICECUBE, T0, WXT, announce
from tom_gcn.actions import find_coincidences
from tom_gcn.joint import Search, searches
from tom_gcn.models import Coincidence, Event
from tom_gcn.skymaps import read_skymap

pytestmark = pytest.mark.django_db


@pytest.fixture
def wave(db) -> Event:
    """The bundled BBH alert, of a search for compact binaries, taken for real."""
    event = ingest_alert()
    Event.objects.filter(pk=event.pk).update(is_test=False)
    event.notices.update(group="CBC")
    event.refresh_from_db()
    return event


def burst_after(wave: Event, seconds: float, event_id: str = "700000001", away_deg: float = 0.0, **more) -> Event:
    skymap = wave.localizations.get(is_current=True).skymap
    dec = skymap.peak_dec_deg - away_deg if skymap.peak_dec_deg > 0 else skymap.peak_dec_deg + away_deg
    more = {"stream": FERMI, "at": wave.t0 + timedelta(seconds=seconds)} | more
    return announce(event_id, skymap.peak_ra_deg, dec, 5.0, **more)


def test_a_burst_in_the_map_of_a_wave_is_found_from_both_sides(wave):
    burst = burst_after(wave, 1.7)
    for event in (burst, wave):
        Coincidence.objects.all().delete()
        (row,) = find_coincidences(event.pk)
        assert row.delta_t_s == pytest.approx(1.7)
        assert row.delay_of_partner_s(burst) == pytest.approx(-1.7)
        assert row.partner_of(burst) == wave
        assert row.overlap > 10
        assert 0 < row.area_90_deg2 < wave.localizations.get(is_current=True).skymap.area_90_deg2
        far = wave.notices.get().far_hz * 325 / (365.25 * 86400) * 6 / row.overlap
        assert row.joint_far_hz == pytest.approx(far)
    assert Coincidence.objects.count() == 1


@pytest.mark.parametrize(
    ("group", "seconds", "found"),
    [("CBC", -1.1, 0), ("CBC", 4.9, 1), ("CBC", 5.1, 0), ("Burst", -59, 1), ("Burst", 599, 1), ("Burst", 601, 0)],
)
def test_windows_are_those_of_the_search(wave, group, seconds, found):
    wave.notices.update(group=group)
    burst = burst_after(wave, seconds)
    assert len(find_coincidences(burst.pk)) == found
    assert len(find_coincidences(wave.pk)) == found


def test_maps_that_exclude_each_other_are_no_coincidence(wave):
    burst = burst_after(wave, 1.7, away_deg=90)
    assert find_coincidences(burst.pk) == []


def test_without_two_maps_the_time_decides(wave):
    burst = announce("700000001", None, None, None, stream=FERMI, at=wave.t0 + timedelta(seconds=1))
    (row,) = find_coincidences(burst.pk)
    assert (row.overlap, row.area_90_deg2) == (None, None)
    assert row.joint_far_hz == pytest.approx(wave.notices.get().far_hz * 325 / (365.25 * 86400) * 6)


def test_a_map_that_comes_later_takes_the_pair_back(wave):
    burst = announce("700000001", None, None, None, stream=FERMI, at=wave.t0 + timedelta(seconds=1))
    assert len(find_coincidences(burst.pk)) == 1
    burst_after(wave, 1, away_deg=90)
    assert find_coincidences(burst.pk) == []
    assert not Coincidence.objects.exists()


def test_retracted_events_and_tests_have_none(wave):
    burst = burst_after(wave, 1.7)
    assert len(find_coincidences(burst.pk)) == 1
    Event.objects.filter(pk=wave.pk).update(state="retracted")
    assert find_coincidences(wave.pk) == []
    assert find_coincidences(burst.pk) == []
    Event.objects.filter(pk=wave.pk).update(state="active", is_test=True)
    assert find_coincidences(burst.pk) == []


def test_two_satellites_see_one_burst_and_only_a_wave_has_a_false_alarm_rate():
    one = announce("700000001", 50, 10, 5.0, stream=FERMI)
    other = announce("9", 50.5, 10, 0.1, stream="swift/bat/guano", at=T0 + timedelta(seconds=4))
    neutrino = announce("n1", 50.2, 10, 0.5, stream=ICECUBE, at=T0 + timedelta(seconds=100))
    rows = {row.partner_of(one).pk: row for row in find_coincidences(one.pk)}
    assert set(rows) == {other.pk, neutrino.pk}
    assert all(row.overlap > 100 and row.joint_far_hz is None for row in rows.values())


def test_the_settings_are_searches_that_make_sense():
    from tom_gcn.choices import EventKind

    for search in searches():
        assert {search.first, search.second} <= set(EventKind.values)
        assert search.before_s >= 0 < search.after_s
    assert Search(first="gw", second="grb", before_s=1, after_s=5) not in searches()


def test_a_notice_queues_the_comparison_with_itself_and_tests_do_not(wave):
    OrmQ.objects.all().delete()
    event = announce("1", 50, 10, 5.0)
    announce("2", 50, 10, 5.0, alert_tense="test")
    queued = [SignedPackage.loads(row.payload) for row in OrmQ.objects.all()]
    assert [(task["func"], task["args"]) for task in queued] == [("tom_gcn.tasks.run_relations", (event.pk,))]


def test_a_pair_is_seen_by_those_who_see_both(wave, member):
    burst = burst_after(wave, 1.7)
    find_coincidences(burst.pk)
    others = make_group("Others")
    half = make_user("half", others)
    burst.groups.add(others)
    assert Coincidence.objects.visible_to(member).count() == 1
    assert Coincidence.objects.visible_to(half).count() == 0


def test_the_fragment_and_the_map_of_both(wave, member, browse):
    burst = burst_after(wave, 1.7)
    (row,) = find_coincidences(burst.pk)
    others = make_group("Others")
    half = make_user("half", others)
    burst.groups.add(others)
    client = browse(member)
    page = client.get(f"/events/{burst.name}/coincidences/", headers={"HX-Request": "true"}).content.decode()
    assert wave.name in page
    assert "−1.7 s" in page
    assert wave.name not in browse(half).get(f"/events/{burst.name}/coincidences/").content.decode()
    path = f"/events/{wave.name}/coincidences/{row.pk}/fits"
    both = read_skymap(client.get(path).content)
    assert both.area_deg2(0.9) == pytest.approx(row.area_90_deg2, rel=1e-6)
    assert both.has_distance
    assert browse(half).get(path).status_code == 404


def test_the_api_lists_pairs_and_compares_any_two_maps(wave, member, stranger):
    burst = burst_after(wave, 1.7)
    (row,) = find_coincidences(burst.pk)
    client = APIClient()
    client.force_authenticate(member)
    (listed,) = client.get(f"/api/coincidences/?event={burst.name}&overlap_min=1").json()["results"]
    assert {listed["one"], listed["other"]} == {wave.name, burst.name}
    assert client.get("/api/coincidences/?event=nothing").json()["count"] == 0
    here, there = (event.localizations.get(is_current=True).pk for event in (wave, burst))
    answer = client.get(f"/api/crossmatch/?one={here}&other={there}").json()
    assert answer["overlap"] == pytest.approx(row.overlap)
    assert answer["delta_t_s"] == pytest.approx(1.7)
    for wrong in ("", "?one=x&other=y", f"?one={here}&other=99999999", f"?one={here}&other={'9' * 30}"):
        assert client.get(f"/api/crossmatch/{wrong}").status_code == 404
    client.force_authenticate(stranger)
    assert client.get(f"/api/crossmatch/?one={here}&other={there}").status_code == 404
    assert client.get("/api/coincidences/").json()["count"] == 0


def test_x_rays_a_day_after_a_burst():
    one = announce("700000001", 50, 10, 5.0, stream=FERMI)
    announce("1", 50, 10, 0.05, stream=WXT, at=T0 + timedelta(hours=20))
    announce("2", 50, 10, 0.05, stream=WXT, at=T0 + timedelta(hours=30))
    (row,) = find_coincidences(one.pk)
    assert row.delta_t_s == 20 * 3600


YEAR_S = 365.25 * 86400


def test_both_rates_of_chance_are_given(wave):
    burst_after(wave, 1.7)
    (row,) = find_coincidences(wave.pk)
    assert row.chance_rate_hz == pytest.approx(122 * 325 / YEAR_S**2 * 6 / row.overlap)
    assert row.joint_far_hz < row.chance_rate_hz
    assert (row.sent_time_far_hz, row.sent_sky_far_hz) == (None, None)


@pytest.mark.parametrize(
    "external", [{"gcn_notice_id": 700000001, "ivorn": "ivo://x"}, {"gcn_notice_id": None, "ivorn": "ivo://burst"}]
)
def test_what_lvk_sent_stands_beside_our_own(wave, member, browse, external):
    burst = burst_after(wave, 1.7)
    burst.notices.update(ivorn="ivo://burst")
    far = {"time_coincidence_far_hz": 3e-10, "time_sky_position_coincidence_far_hz": 1.9e-11}
    wave.notices.update(external=external | far | {"observatory": "Fermi", "search": "GRB", "time_difference_s": -1.7})
    (row,) = find_coincidences(burst.pk)
    assert (row.sent_time_far_hz, row.sent_sky_far_hz) == (3e-10, 1.9e-11)
    page = browse(member).get(f"/events/{wave.name}/coincidences/").content.decode()
    assert "LVK: 1 per 1.7 kyr" in page
    page = browse(member).get(f"/events/{burst.name}/joint/", {"with": wave.name}).content.decode()
    assert "1 per 1.7 kyr" in page and "1 per 106 yr" in page and "Fermi" in page


def test_what_lvk_sent_of_another_trigger_is_left_aside(wave):
    burst = burst_after(wave, 1.7)
    wave.notices.update(external={"gcn_notice_id": 1, "ivorn": "", "time_sky_position_coincidence_far_hz": 1.0})
    (row,) = find_coincidences(burst.pk)
    assert row.sent_sky_far_hz is None


def test_any_two_events_are_compared_when_asked(wave, member, browse):
    burst = announce("700000001", 50, 10, 20.0, stream=FERMI, at=wave.t0 + timedelta(hours=5))
    client, address = browse(member), f"/events/{wave.name}/joint/"
    asked = client.get(address)
    assert asked.status_code == 200 and burst.name in asked.content.decode()
    page = client.get(address, {"with": burst.display_name.lower()}).content.decode()
    assert "5 h after" in page and "give a window" in page and "sky-picture" in page
    page = client.get(address, {"with": burst.name, "window": "40000"}).content.decode()
    assert "give a window" not in page and "window 40000 s" in page.replace(",", "")
    for wrong in ({"with": "nobody"}, {"with": wave.name}, {"with": "<script>alert(1)</script>"}):
        page = client.get(address, wrong).content.decode()
        assert "No other event you may see" in page and "<script>alert" not in page
    for wrong in ("x", "9" * 30, "99999999"):
        assert client.get(address, {"with": burst.name, "one": wrong}).status_code == 404


@pytest.mark.parametrize("window", ["", "-1", "nan", "inf", "1e9", "x"])
def test_a_window_that_is_none_counts_as_not_given(wave, member, browse, window):
    burst = announce("700000001", 50, 10, 20.0, stream=FERMI, at=wave.t0 + timedelta(hours=5))
    page = browse(member).get(f"/events/{wave.name}/joint/", {"with": burst.name, "window": window})
    assert "give a window" in page.content.decode()


def test_maps_that_exclude_each_other_are_said_to(wave, member, browse):
    burst = burst_after(wave, 1.7, away_deg=90)
    client = browse(member)
    assert "exclude each other" in client.get(f"/events/{wave.name}/joint/", {"with": burst.name}).content.decode()
    assert client.get(f"/events/{wave.name}/joint.fits", {"with": burst.name}).status_code == 404
    nowhere = announce("700000002", None, None, None, stream=FERMI, at=wave.t0)
    assert "has no map" in client.get(f"/events/{wave.name}/joint/", {"with": nowhere.name}).content.decode()


def test_the_map_of_any_two_is_a_file_for_those_who_see_both(wave, member, stranger, browse):
    burst = burst_after(wave, 1.7)
    address, asked = f"/events/{wave.name}/joint.fits", {"with": burst.name}
    both = read_skymap(browse(member).get(address, asked).content)
    assert both.area_deg2(0.9) < wave.localizations.get(is_current=True).skymap.area_90_deg2
    half = make_user("half", make_group("Others"))
    burst.groups.add(*half.groups.all())
    for user in (half, stranger):
        assert browse(user).get(address, asked).status_code == 404
        page = browse(user).get(f"/events/{burst.name}/joint/", {"with": wave.name})
        assert page.status_code == 404 or "No other event you may see" in page.content.decode()


def test_the_api_gives_the_rates_too(wave, member):
    burst = burst_after(wave, 1.7)
    (row,) = find_coincidences(burst.pk)
    client = APIClient()
    client.force_authenticate(member)
    here, there = (event.localizations.get(is_current=True).pk for event in (wave, burst))
    answer = client.get(f"/api/crossmatch/?one={here}&other={there}").json()
    assert answer["window_s"] == 6
    assert answer["joint_far_hz"] == pytest.approx(row.joint_far_hz)
    assert answer["chance_rate_hz"] == pytest.approx(row.chance_rate_hz)
    wider = client.get(f"/api/crossmatch/?one={here}&other={there}&window_s=60").json()
    assert wider["joint_far_hz"] == pytest.approx(10 * row.joint_far_hz)


def test_every_counted_kind_is_a_kind(settings):
    from tom_gcn.choices import EventKind

    assert set(settings.ICARE_EVENTS_PER_YEAR) <= set(EventKind.values)
    assert all(count > 0 for count in settings.ICARE_EVENTS_PER_YEAR.values())
