"""Which targets lie in a localization and which events hold a target, as members and others see it."""

from datetime import timedelta

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from django.db import connection
from rest_framework.test import APIClient
from tom_dataproducts.models import PhotometryReducedDatum
from tom_targets.models import Target

from icare_tom import sky
from icare_tom.membership import HIGHEST_LEVEL, candidates, events_containing, events_of, in_region, window_of
from tests.factories import SEEN, ingest_alert, make_target
from tests.notices import FERMI, T0, announce
from tom_gcn.models import Event, Localization
from tom_gcn.skymaps import contains, hpx29

pytestmark = pytest.mark.django_db


@pytest.fixture
def alert(db) -> Localization:
    event = ingest_alert()
    Event.objects.filter(pk=event.pk).update(is_test=False)
    return event.localizations.get(is_current=True)


@pytest.fixture
def many(alert) -> tuple[np.ndarray, np.ndarray]:
    """2000 open targets around the map and all over the sky."""
    rng = np.random.default_rng(7)
    ra, dec = alert.skymap.peak_ra_deg, alert.skymap.peak_dec_deg
    all_ra = np.concatenate([ra + rng.normal(0, 4, 1000), rng.uniform(0, 360, 1000)]) % 360
    all_dec = np.clip(np.concatenate([dec + rng.normal(0, 4, 1000), rng.uniform(-89, 89, 1000)]), -90, 90)
    Target.objects.bulk_create(
        Target(name=f"bulk {i}", type="SIDEREAL", ra=x, dec=y, permissions="OPEN")
        for i, (x, y) in enumerate(zip(all_ra.tolist(), all_dec.tolist(), strict=True))
    )
    sky.reindex()
    return all_ra, all_dec


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9, 0.99])
def test_targets_in_a_region_are_those_numpy_finds(alert, many, level):
    inside = contains(alert.skymap.data.region(level), hpx29(*many))
    found = set(in_region(Target.objects.all(), alert.skymap, level).values_list("name", flat=True))
    assert found == {f"bulk {i}" for i in np.flatnonzero(inside)}
    assert found


def test_candidates_come_innermost_first_with_level_and_distance(alert, many, member):
    found = candidates(alert, member)
    levels = [row.place.credible_level for row in found.rows]
    assert levels == sorted(levels)
    assert found.count >= len(found.rows) > 100
    best, skymap = found.rows[0], alert.skymap.data
    assert best.place.credible_level == pytest.approx(skymap.credible_level([best.target.ra], [best.target.dec])[0])
    assert best.place.distance_mean_mpc == pytest.approx(alert.skymap.distance_mean_mpc, rel=0.5)


@pytest.mark.parametrize("level", [0, -1, 1, 2, float("nan")])
def test_levels_that_are_none_are_refused(alert, member, level):
    with pytest.raises(ValueError, match="level"):
        candidates(alert, member, level)
    assert candidates(alert, member, HIGHEST_LEVEL).count == 0


def test_only_visible_targets_are_told_of(alert, grandma, member, other_member):
    place = {"ra": alert.skymap.peak_ra_deg, "dec": alert.skymap.peak_dec_deg}
    make_target("ours", group=grandma, **place)
    make_target("nobody's", **place)
    assert [row.target.name for row in candidates(alert, member).rows] == ["ours"]
    assert candidates(alert, other_member).rows == []


def test_the_region_is_read_with_the_index(alert, many):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE icare_tom_targetskyindex, tom_targets_basetarget")
    plan = in_region(Target.objects.all(), alert.skymap).explain()
    assert "icare_tom_targetskyindex_hpx29" in plan
    assert "Seq Scan on icare_tom_targetskyindex" not in plan


def test_both_ways_say_the_same(alert, many, member):
    for row in candidates(alert, member).rows[:5]:
        (found,) = events_containing(row.target.ra, row.target.dec, member)
        assert found.localization.pk == alert.pk
        assert found.place == row.place


def test_a_moved_target_and_a_new_map_count_at_once(grandma, member):
    event = announce("1", 50.0, 10.0, 0.5)
    target = make_target("moving", group=grandma, ra=50.0, dec=10.0)
    current = event.localizations.get(is_current=True)
    assert candidates(current, member).count == 1
    target.ra = 60.0
    target.save()
    assert candidates(current, member).count == 0
    announce("1", 60.0, 10.0, 0.1, stream="einstein_probe/fxt/alert")
    (found,) = events_containing(60.0, 10.0, member)
    assert (found.event.pk, found.place.credible_level < 0.5) == (event.pk, True)


def test_events_are_looked_for_before_the_target_was_first_seen(grandma, member):
    announce("1", 50.0, 10.0, 0.5)
    target = make_target("late", group=grandma, ra=50.0, dec=10.0)
    PhotometryReducedDatum.objects.create(target=target, timestamp=T0 + timedelta(days=9), brightness=20, bandpass="r")
    PhotometryReducedDatum.objects.create(target=target, timestamp=T0 - timedelta(days=9), limit=21, bandpass="r")
    assert window_of(target, member, 3).first_seen == T0 + timedelta(days=9)
    assert events_of(target, member, 3)[1] == []
    assert len(events_of(target, member, 30)[1]) == 1
    assert len(events_of(target, member, 0)[1]) == 1


def test_an_event_after_the_target_was_seen_is_not_its_cause(grandma, member):
    announce("1", 50.0, 10.0, 0.5)
    target = make_target("early", group=grandma, ra=50.0, dec=10.0)
    PhotometryReducedDatum.objects.create(target=target, timestamp=T0 - timedelta(days=2), brightness=20, bandpass="r")
    assert events_of(target, member)[1] == []


def test_retracted_and_test_events_hold_nothing(grandma, member):
    event = announce("1", 50.0, 10.0, 0.5)
    assert len(events_containing(50.0, 10.0, member)) == 1
    Event.objects.filter(pk=event.pk).update(state="retracted")
    assert events_containing(50.0, 10.0, member) == []
    Event.objects.filter(pk=event.pk).update(state="active", is_test=True)
    assert events_containing(50.0, 10.0, member) == []


def test_a_target_without_a_place_lies_in_nothing(grandma, member):
    target = make_target("nowhere", group=grandma, ra=None, dec=None)
    assert events_of(target, member)[1] == []


def test_across_right_ascension_zero_and_at_the_pole(grandma, member):
    for number, (ra, dec) in enumerate([(359.9, 0.0), (10.0, 89.8)]):
        event = announce(str(number), ra, dec, 1.0)
        target = make_target(f"near {number}", group=grandma, ra=(ra + 0.3) % 360 if dec == 0 else 200.0, dec=dec)
        separation = SkyCoord(ra, dec, unit="deg").separation(SkyCoord(target.ra, target.dec, unit="deg")).deg
        assert separation < 0.6
        assert [row.target.pk for row in candidates(event.localizations.get(), member).rows] == [target.pk]


# -- doors -------------------------------------------------------------------------------------------------------------
def test_api_tells_both_ways_and_hides_both_sides(alert, grandma, member, stranger, other_member):
    target = make_target("ours", group=grandma, ra=alert.skymap.peak_ra_deg, dec=alert.skymap.peak_dec_deg)
    client = APIClient()
    client.force_authenticate(member)
    answer = client.get(f"/api/localizations/{alert.pk}/targets/?level=0.5").json()
    assert (answer["count"], answer["results"][0]["name"]) == (1, "ours")
    assert set(answer["results"][0]) >= {"credible_level", "probability_density_per_sr", "distance_mean_mpc"}
    events = client.get(f"/api/target-events/{target.pk}/?days=0").json()
    assert [row["event"] for row in events["results"]] == [alert.event.name]
    assert client.get(f"/api/localizations/{alert.pk}/targets/?level=2").status_code == 400
    for user in (stranger, other_member):
        client.force_authenticate(user)
        assert client.get(f"/api/localizations/{alert.pk}/targets/").status_code == 404
        assert client.get(f"/api/target-events/{target.pk}/").status_code == 404
    client.force_authenticate(None)
    assert client.get(f"/api/localizations/{alert.pk}/targets/").status_code in (401, 403)


def test_the_fragment_costs_the_same_whatever_the_number_of_targets(
    alert, many, member, browse, django_assert_max_num_queries
):
    client = browse(member)
    path = f"/events/{alert.event.name}/candidates/"
    with django_assert_max_num_queries(14):
        answer = client.get(path, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    assert "Distance here" in answer.content.decode()
    assert "<html" in client.get(path).content.decode()
    assert client.get(path + "?level=7").status_code == 404


def test_the_target_page_asks_for_its_events(alert, grandma, member, other_member, browse):
    target = make_target("ours", group=grandma, ra=alert.skymap.peak_ra_deg, dec=alert.skymap.peak_dec_deg)
    client = browse(member)
    path = f"/targets/{target.pk}/events/"
    assert f'hx-get="{path}"' in client.get(f"/targets/{target.pk}/").content.decode()
    assert alert.event.name in client.get(path + "?days=0", headers={"HX-Request": "true"}).content.decode()
    assert alert.event.name not in client.get(path + "?days=3").content.decode()
    assert client.get(path + "?days=5").status_code == 404
    assert browse(other_member).get(path).status_code == 404


def test_a_public_target_does_not_tell_of_hidden_events(alert, other_member, browse):
    place = {"ra": alert.skymap.peak_ra_deg, "dec": alert.skymap.peak_dec_deg}
    target = make_target("open", permissions="OPEN", **place)
    answer = browse(other_member).get(f"/targets/{target.pk}/events/?days=0")
    assert answer.status_code == 200
    assert alert.event.name not in answer.content.decode()


def test_without_a_map_the_fragment_says_so(grandma, member, browse):
    event = announce("77", None, None, None, stream=FERMI, at=SEEN)
    assert "No sky map yet" in browse(member).get(f"/events/{event.name}/candidates/").content.decode()
