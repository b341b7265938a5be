"""Events that come together in time and in the sky."""

from datetime import timedelta

import pytest
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from rest_framework.test import APIClient

from tests.factories import ingest_alert, make_group, make_user
from tests.notices import FERMI, ICECUBE, T0, WXT, announce
from tom_gcn.actions import find_coincidences
from tom_gcn.actions.coincidences import Search, searches
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
        far = wave.notices.get().far_hz * 310 / (365.25 * 86400) * 6 / row.overlap
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
    assert row.joint_far_hz == pytest.approx(wave.notices.get().far_hz * 310 / (365.25 * 86400) * 6)


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


def test_two_satellites_see_one_burst_and_a_neutrino_has_no_known_rate():
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
    assert "-1.7 s" in page
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
