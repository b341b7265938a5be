"""The Python client against a live server: what it sends is stored, what it reads is there, refusals are words."""

from datetime import UTC, datetime, timedelta

import pytest

from tom_grandma_facilities.models import ExecutedObservation, FollowUpRequest
from tom_photvalidation.models import PhotometryPoint, PhotometryUpload

pytestmark = pytest.mark.django_db(transaction=True)

POINTS = [
    {"target": "AT2024abc", "mjd": 60617.8, "filter": "sdssr", "mag": 18.21, "magerr": 0.05, "magsys": "AB"},
    {"target": "AT2024abc", "mjd": 60618.8, "filter": "sdssr", "mag": 18.61, "magerr": 0.06, "magsys": "AB"},
]
EXPOSURES = [
    {"observation_id": f"a{number}", "RA": 30.1, "Dec": 45.5, "obstime": f"2024-11-02T13:0{number}:01", "filter": "r",
     "exposure_time": 60, "limmag": 18.2}
    for number in range(3)
]  # fmt: skip


def test_events_and_plans_come_down(icare, site, tmp_path):
    (event,) = icare.events()
    assert icare.event(event["name"])["name"] == site.event.name
    (plan,) = icare.plans(site.event.name)
    assert icare.plan(plan["id"])["n_pointings"] == 1
    table = icare.plan_file(plan["id"], "csv", telescope="TAROT-TCA", to=tmp_path / "plan.csv")
    assert b"T1" in table
    assert (tmp_path / "plan.csv").read_bytes() == table
    assert icare.skymap(site.event.name)[:6] == b"SIMPLE"


def test_photometry_goes_up_and_comes_back(icare, site):
    tried = icare.upload_photometry(POINTS, telescope="TAROT-TCA", dry_run=True)
    assert tried.is_dry_run
    assert not PhotometryPoint.objects.exists()
    stored = icare.upload_photometry(POINTS, telescope="TAROT-TCA")
    assert stored.n_new == len(stored.ids) == 2
    assert [point["mag"] for point in icare.photometry(target="AT2024abc", columns="mjd,mag", limit=1)] == [
        18.61,
        18.21,
    ]
    assert icare.upload_photometry(POINTS, telescope="TAROT-TCA").counts["exists"] == 2


def test_the_same_delivery_counts_once(icare):
    first = icare.upload_photometry(POINTS, telescope="TAROT-TCA", key="night-1")
    again = icare.upload_photometry(POINTS, telescope="TAROT-TCA", key="night-1")
    assert (again.id, again.counts, again.is_replayed) == (first.id, first.counts, True)
    assert PhotometryUpload.objects.count() == 1


def test_refused_rows_say_why(icare):
    from icare_client import NothingStored

    bad = POINTS[0] | {"filter": "banana"}
    some = icare.upload_photometry([*POINTS, bad], telescope="TAROT-TCA")
    (row,) = some.rejected
    assert "banana" in row.problems[0]
    with pytest.raises(NothingStored, match="banana") as refused:
        icare.upload_photometry([bad], telescope="TAROT-TCA")
    assert refused.value.upload.rejected[0].number == 2


def test_files_go_up_as_what_they_are(icare, tmp_path):
    path = tmp_path / "night.csv"
    path.write_text("target,mjd,filter,mag,magerr\nAT2024abc,60617.8,sdssr,18.21,0.05\n")
    icare.upload_photometry(path, telescope="TAROT-TCA", magsys="AB")
    assert PhotometryUpload.objects.get().source == "night.csv"


def test_long_tables_are_waited_for(icare, settings, monkeypatch):
    from icare_client import client

    from tom_photvalidation.actions.uploads import read_upload

    settings.ICARE_PHOTOMETRY_ROWS_AT_ONCE = 1
    wait = client.Client._wait

    def worked(self, path, wait_s):
        read_upload(PhotometryUpload.objects.get().pk)
        return wait(self, path, wait_s)

    monkeypatch.setattr(client.Client, "_wait", worked)
    done = icare.upload_photometry(POINTS, telescope="TAROT-TCA")
    assert done.n_new == 2
    assert done.answers_url


def test_executed_observations_go_up_and_come_back(icare):
    told = icare.upload_observations(EXPOSURES, telescope="TAROT-TCA", source="night")
    assert told.counts["created"] == 3
    assert ExecutedObservation.objects.count() == 3
    assert icare.upload_observations(EXPOSURES, telescope="TAROT-TCA").counts["exists"] == 3
    seen = list(icare.observations(telescope="TAROT-TCA", limit=2))
    assert {row["observation_id"] for row in seen} == {"a0", "a1", "a2"}


def test_telescopes_are_asked_and_requests_taken_back(icare):
    start = datetime.now(tz=UTC) + timedelta(hours=1)
    wish = (
        "TAROT-TCA",
        "AT2024abc",
        [{"filter": "r", "exposure_s": 60, "count": 3}],
        start,
        start + timedelta(hours=9),
    )
    asked = icare.ask(*wish, priority=2)
    assert icare.ask(*wish, priority=2)["id"] == asked["id"]
    assert FollowUpRequest.objects.count() == 1
    assert [row["id"] for row in icare.requests(open=True)] == [asked["id"]]
    assert icare.request(asked["id"])["telescope"] == "TAROT-TCA"
    assert icare.cancel(asked["id"], "clouds")["state"] != asked["state"]


def test_refusals_are_said_in_words(icare, site):
    from icare_client import Client, NotFound, NotSignedIn, Wrong

    with pytest.raises(NotFound):
        icare.plan(999_999)
    with pytest.raises(NotFound, match="no such"):
        icare.ask("TAROT-TCA", "no such target", [], "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
    with pytest.raises(Wrong, match="colour"):
        list(icare.events(colour="red"))
    with pytest.raises(NotSignedIn, match="token"):
        list(Client(site.url, "icare_0123456789ab_guess").events())


def test_what_the_token_may_not_is_refused(site):
    from icare_client import Client, NotAllowed

    from icare_tom.members.tokens import make_token

    reader = Client(site.url, make_token(site.member, "reader").key)
    assert list(reader.events())
    with pytest.raises(NotAllowed, match="only read"):
        reader.upload_photometry(POINTS, telescope="TAROT-TCA")
