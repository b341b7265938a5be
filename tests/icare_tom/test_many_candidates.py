"""Maps with more targets than a page shows: the innermost of them, and an honest count."""

import numpy as np
import pytest
from tom_targets.models import Target

from icare_tom import membership, sky
from icare_tom.membership import candidates
from tests.factories import ingest_alert
from tom_gcn.skymaps import contains, hpx29

pytestmark = pytest.mark.django_db
NUMBER = 1500


@pytest.fixture
def alert(db):
    event = ingest_alert()
    event.is_test = False
    event.save()
    return event.localizations.get(is_current=True)


def scatter(alert, width_deg: float) -> None:
    rng = np.random.default_rng(11)
    peak = alert.skymap
    ra = (peak.peak_ra_deg + rng.normal(0, width_deg, NUMBER)) % 360
    dec = peak.peak_dec_deg + rng.normal(0, width_deg, NUMBER)
    places = zip(ra.tolist(), dec.tolist(), strict=True)
    Target.objects.bulk_create(
        Target(name=f"bulk {i}", type="SIDEREAL", ra=x, dec=y, permissions="OPEN") for i, (x, y) in enumerate(places)
    )
    sky.reindex()


def levels_of_all(alert) -> list[float]:
    rows = np.array(Target.objects.values_list("ra", "dec"))
    inside = rows[contains(alert.skymap.data.region(0.9), hpx29(rows[:, 0], rows[:, 1]))]
    return sorted(alert.skymap.data.credible_level(inside[:, 0], inside[:, 1]).tolist())


@pytest.mark.parametrize("ranked", [60, 200])
@pytest.mark.parametrize("width_deg", [0.01, 0.3, 2.0])
def test_the_innermost_are_those_of_all(alert, member, monkeypatch, width_deg, ranked):
    """Spread over the region, or all in a few tiles, where no smaller part of it holds few enough."""
    monkeypatch.setattr(membership, "MOST_ROWS", 40)
    monkeypatch.setattr(membership, "MOST_RANKED", ranked)
    scatter(alert, width_deg)
    everything = levels_of_all(alert)
    assert len(everything) > 200
    found = candidates(alert, member)
    assert [row.place.credible_level for row in found.rows] == pytest.approx(everything[:40])
    assert (found.count, found.is_more) == (len(everything), False)


def test_positions_of_all_are_not_read(alert, member, monkeypatch):
    monkeypatch.setattr(membership, "MOST_ROWS", 20)
    monkeypatch.setattr(membership, "MOST_RANKED", 200)
    scatter(alert, 2.0)
    read = []
    ranked = membership.places_in
    monkeypatch.setattr(membership, "places_in", lambda *args: read.append(len(args[1])) or ranked(*args))
    assert candidates(alert, member).count > 400
    assert read[0] <= 200


def test_more_than_can_be_counted_is_said(alert, member, client, monkeypatch):
    monkeypatch.setattr(membership, "MOST_COUNTED", 300)
    scatter(alert, 0.3)
    found = candidates(alert, member)
    assert (found.count, found.is_more, len(found.rows)) == (300, True, 200)
    client.force_login(member)
    page = client.get(f"/events/{alert.event.name}/candidates/").content.decode()
    assert "More than 300 of your targets" in page
    assert "the innermost 200 are shown" in page
    answer = client.get(f"/api/localizations/{alert.pk}/targets/").json()
    assert (answer["count"], answer["count_is_least"], len(answer["results"])) == (300, True, 200)
