"""T0 of a target: on its light-curve page and by API, by whom, and what events may do with it."""

from datetime import UTC, datetime

import pytest
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from icare_tom import auto_targets
from icare_tom.auto_targets import EventTarget
from tests.factories import make_event, make_group, make_target, make_user
from tests.photometry_points import make_points
from tom_photvalidation.models import TargetEpoch
from tom_photvalidation.signals import checks_requested

pytestmark = pytest.mark.django_db
T0 = datetime(2024, 11, 2, 18, 0, 5, tzinfo=UTC)


@pytest.fixture
def target(grandma):
    return make_target("AT2024epoch", group=grandma)


@pytest.fixture
def editor(grandma):
    return make_user("editor", grandma)


@pytest.fixture
def looked_at(grandma):
    """A target that the network sees and does not change."""
    target = make_target("AT2024seen")
    assign_perm("tom_targets.view_target", grandma, target)
    return target


def api_of(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.mark.parametrize(
    "typed",
    [
        "2024-11-02 18:00:05",
        "2024-11-02T18:00:05Z",
        "MJD 60616.7500578704",
        "60616.7500578704",
        "jd 2460617.2500578704",
    ],
)
def test_t0_is_set_on_the_light_curve_page_as_people_write_times(target, editor, browse, typed):
    client = browse(editor)
    page = client.get(f"/photometry/targets/{target.pk}/").content.decode()
    assert f"/photometry/targets/{target.pk}/t0/" in page
    answer = client.post(f"/photometry/targets/{target.pk}/t0/", {"t0": typed, "source": "GCN 38097"})
    assert answer.url == f"/photometry/targets/{target.pk}/"
    epoch = TargetEpoch.objects.get(target=target.pk)
    assert abs((epoch.t0 - T0).total_seconds()) < 0.001
    assert (epoch.source, epoch.is_by_hand) == ("GCN 38097", True)


@pytest.mark.parametrize(
    "typed", ["", "yesterday", "2024-11-02", "2099-01-01 00:00:00", "2460617.25 d", "nan", "1e400"]
)
def test_what_is_no_time_is_answered_in_words(target, editor, browse, typed):
    answer = browse(editor).post(f"/photometry/targets/{target.pk}/t0/", {"t0": typed})
    assert answer.status_code == 400
    assert "banner-bad" in answer.content.decode()
    assert not TargetEpoch.objects.exists()


def test_points_are_checked_again_with_another_t0(target, editor, grandma, browse):
    make_points(3, target, grandma)
    asked = []

    def note(sender, targets, **kwargs):
        asked.append(targets)

    checks_requested.connect(note)
    try:
        browse(editor).post(f"/photometry/targets/{target.pk}/t0/", {"t0": "2024-11-02 18:00:05"})
        browse(editor).post(f"/photometry/targets/{target.pk}/t0/", {"release": "1"})
    finally:
        checks_requested.disconnect(note)
    assert asked == [(target.pk,)] * 2


def test_no_event_overwrites_what_a_person_said_until_it_is_forgotten(target, editor, grandma, browse):
    event = make_event("S241102br", grandma)
    EventTarget.objects.create(event=event, target_id=target.pk)
    browse(editor).post(f"/photometry/targets/{target.pk}/t0/", {"t0": "2024-11-02 18:00:05"})
    auto_targets.keep_epoch(target.pk, event)
    assert TargetEpoch.objects.get(target=target.pk).t0 == T0
    browse(editor).post(f"/photometry/targets/{target.pk}/t0/", {"release": "1"})
    epoch = TargetEpoch.objects.get(target=target.pk)
    assert (epoch.t0, epoch.is_by_hand) == (event.t0, False)


def test_only_those_who_may_change_the_target_set_it(target, looked_at, editor, stranger, other_member, browse):
    path = f"/photometry/targets/{looked_at.pk}/t0/"
    assert browse(editor).post(path, {"t0": "2024-11-02 18:00:05"}).status_code == 400
    assert browse(editor).get(path).url == f"/photometry/targets/{looked_at.pk}/"
    assert "Set T0" not in browse(editor).get(f"/photometry/targets/{looked_at.pk}/").content.decode()
    path = f"/photometry/targets/{target.pk}/t0/"
    for somebody in (stranger, other_member):
        assert browse(somebody).post(path, {"t0": "2024-11-02 18:00:05"}).status_code == 404
    assert not TargetEpoch.objects.exists()


def test_t0_is_read_set_and_forgotten_by_api(target, looked_at, editor, member, stranger):
    path = f"/api/target-epochs/{target.pk}/"
    api = api_of(editor)
    assert api.get(path).status_code == 404
    said = api.put(path, {"t0": "2024-11-02T18:00:05Z", "source": "GCN 38097"}, format="json")
    assert said.status_code == 200, said.json()
    assert said.json()["t0"] == "2024-11-02T18:00:05.000000Z"
    assert (said.json()["is_by_hand"], said.json()["target_name"]) == (True, "AT2024epoch")
    assert api.get("/api/target-epochs/").json()["results"][0]["target"] == target.pk
    assert api_of(member).get(path).status_code == 200
    other = f"/api/target-epochs/{looked_at.pk}/"
    assert api.put(other, {"t0": "60616.75"}, format="json").json()["code"] == "not-allowed"
    assert api.delete(other).status_code == 403
    for method in ("get", "put", "delete"):
        body = {} if method == "get" else {"t0": "60616.75"}
        assert getattr(api_of(stranger), method)(path, body, format="json").status_code in (403, 404), method
    refused = api.put(path, {"t0": "2024-11-02"}, format="json")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["column"] == "t0"
    assert api.delete(path).status_code == 204
    assert not TargetEpoch.objects.exists()


def test_a_right_held_in_one_group_does_not_reach_targets_of_another(editor):
    partners = make_group("Partners")
    theirs = make_target("AT2024other", group=partners)
    assert api_of(editor).put(f"/api/target-epochs/{theirs.pk}/", {"t0": "60616.75"}, format="json").status_code == 404
