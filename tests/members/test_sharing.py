"""Rows shared with more groups later, or with fewer: by whom, with whom, undone, written down."""

import pytest
from django.contrib.auth.models import Group

from icare_tom.audit.models import AuditEntry
from icare_tom.auto_targets import share
from icare_tom.guards.access import changeable_targets
from icare_tom.sharing.targets import groups_of_target
from tests.factories import make_event, make_group, make_target, make_user
from tests.photometry_points import make_points
from tom_gcn.models import Event
from tom_grandma_facilities.models import FollowUpRequest, ObservationUpload
from tom_photvalidation.models import PhotometryPoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def catchers() -> Group:
    return make_group("Kilonova catchers")


@pytest.fixture
def manager(grandma, catchers):
    """Manages one group, and is in another."""
    user = make_user("manager", grandma, catchers)
    user.memberships.filter(group=grandma).update(role="group-admin")
    return user


@pytest.fixture
def catcher(catchers):
    return make_user("catcher", catchers)


def an_event(group, by):
    return "events", make_event("S240101a", group)


def a_target(group, by):
    return "targets", make_target("AT2024abc", group=group)


def a_request(group, by):
    row = FollowUpRequest.objects.create(
        telescope="TAROT-TCA", kind="pointings", subject="S240101a", created_by=by,
        window_start="2024-11-02T20:00Z", window_end="2024-11-02T21:00Z",
    )  # fmt: skip
    row.groups.add(group)
    return "requests", row


def observations(group, by):
    row = ObservationUpload.objects.create(source="night.csv", uploaded_by=by)
    row.groups.add(group)
    return "observations", row


def photometry(group, by):
    return "photometry", make_points(3, make_target("AT2024xyz", group=group), group, by=by)[0].upload


ALL = (an_event, a_target, a_request, observations, photometry)


def sees(browse, user, kind, row) -> bool:
    return browse(user).get(f"/sharing/{kind}/{row.pk}/").status_code == 200


def send(browse, user, kind, row, group, do="let-in"):
    return browse(user).post(f"/sharing/{kind}/{row.pk}/", {"do": do, "group": group.pk})


@pytest.mark.parametrize("make", ALL)
def test_a_group_is_let_in_and_shut_out_again(make, grandma, catchers, manager, catcher, browse):
    kind, row = make(grandma, manager)
    assert not sees(browse, catcher, kind, row)
    answer = send(browse, manager, kind, row, catchers)
    assert (answer.status_code, answer["Location"]) == (302, f"/sharing/{kind}/{row.pk}/?let-in={catchers.pk}")
    page = browse(manager).get(answer["Location"]).content.decode()
    assert "Undo: stop sharing with Kilonova catchers" in page
    assert sees(browse, catcher, kind, row)
    assert send(browse, manager, kind, row, catchers, "shut-out").status_code == 302
    assert not sees(browse, catcher, kind, row)


@pytest.mark.parametrize("make", ALL)
def test_groups_of_others_are_neither_let_in_nor_shut_out(make, grandma, manager, browse):
    kind, row = make(grandma, manager)
    others = make_group("Others")
    for do in ("let-in", "shut-out"):
        assert send(browse, manager, kind, row, others, do).status_code == 400
    page = browse(manager).get(f"/sharing/{kind}/{row.pk}/").content.decode()
    assert "Others" not in page


@pytest.mark.parametrize("make", ALL)
def test_who_may_not_change_it_does_not_share_it(make, grandma, catchers, manager, browse):
    kind, row = make(grandma, manager)
    viewer = make_user("viewer", grandma, catchers, role="view")
    viewer.memberships.filter(group=catchers).update(role="group-admin")
    assert send(browse, viewer, kind, row, catchers).status_code == 400
    assert "Share with" not in browse(viewer).get(f"/sharing/{kind}/{row.pk}/").content.decode()
    assert send(browse, make_user("stranger"), kind, row, catchers).status_code == 404


@pytest.mark.parametrize("make", ALL)
def test_the_last_group_stays_and_so_does_ones_own(make, grandma, manager, browse):
    kind, row = make(grandma, manager)
    answer = send(browse, manager, kind, row, grandma, "shut-out")
    assert answer.status_code == 400
    assert "share it with another group first" in answer.content.decode()
    others = make_group("Others")
    root = make_user("root", superuser=True)
    assert send(browse, root, kind, row, others).status_code == 302
    answer = send(browse, manager, kind, row, grandma, "shut-out")
    assert "share it with another of yours first" in answer.content.decode()
    page = browse(manager).get(f"/sharing/{kind}/{row.pk}/").content.decode()
    assert "Others" not in page
    assert "1 group you are not in" in page
    assert send(browse, root, kind, row, grandma, "shut-out").status_code == 302


def test_members_share_what_they_sent_themselves(grandma, catchers, browse):
    sender, other = (make_user(name, grandma, catchers) for name in ("sender", "other"))
    for make in (observations, photometry):
        kind, row = make(grandma, sender)
        assert send(browse, other, kind, row, catchers).status_code == 400
        assert send(browse, sender, kind, row, catchers).status_code == 302


def test_the_step_is_written_down(grandma, catchers, manager, browse):
    _, event = an_event(grandma, manager)
    send(browse, manager, "events", event, catchers)
    entry = AuditEntry.objects.about(event).first()
    assert (entry.model, entry.actor, entry.after["group_id"]) == ("tom_gcn.event_groups", manager, catchers.pk)
    _, upload = photometry(grandma, manager)
    send(browse, manager, "photometry", upload, catchers)
    page = browse(manager).get(f"/changes/photometry/{upload.pk}/").content.decode()
    assert "GRANDMA → GRANDMA, Kilonova catchers" in page


def test_whatever_cannot_be_asked_is_not_there(grandma, manager, browse):
    _, event = an_event(grandma, manager)
    client = browse(manager)
    assert client.get(f"/sharing/nothing/{event.pk}/").status_code == 404
    assert client.post(f"/sharing/events/{event.pk}/", {"do": "delete"}).status_code == 404
    for group in ("", "x", "-1", "9" * 30):
        assert client.post(f"/sharing/events/{event.pk}/", {"do": "let-in", "group": group}).status_code == 400


@pytest.mark.parametrize(("make", "address"), [(an_event, "/events/S240101a/"), (a_target, "/targets/{}/")])
def test_pages_lead_there(make, address, grandma, manager, browse):
    kind, row = make(grandma, manager)
    page = browse(manager).get(address.format(row.pk)).content.decode()
    assert f'hx-get="/sharing/{kind}/{row.pk}/"' in page
    part = browse(manager).get(f"/sharing/{kind}/{row.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "Kilonova catchers" in part
    assert "<html" not in part


def test_only_who_is_let_in_sees_the_event_and_its_points(grandma, catchers, manager, catcher, browse):
    _, event = an_event(grandma, manager)
    _, upload = photometry(grandma, manager)
    send(browse, manager, "events", event, catchers)
    send(browse, manager, "photometry", upload, catchers)
    assert Event.objects.visible_to(catcher).get() == event
    # The target is not shared: its points stay unseen.
    assert not PhotometryPoint.objects.visible_to(catcher).exists()


def test_sharing_a_target_gives_no_right_to_delete_that_the_sharer_has_not(grandma, catchers, both, browse):
    """A full user of one group who manages another would otherwise delete there what they may not delete here."""
    target = make_target("AT2024abc", group=grandma)
    assert send(browse, both, "targets", target, catchers).status_code == 302
    assert changeable_targets(both).filter(pk=target.pk).exists()
    assert not changeable_targets(both, "delete_target").filter(pk=target.pk).exists()


@pytest.fixture
def both(grandma, catchers):
    """Works in the network, and manages another group."""
    user = make_user("both", grandma, catchers)
    user.memberships.filter(group=catchers).update(role="group-admin")
    return user


def edit(browse, user, target, *groups):
    form = {"name": target.name, "type": "SIDEREAL", "permissions": "PRIVATE", "ra": "10", "dec": "20"}
    form |= {"groups": [group.pk for group in groups]}
    for prefix in ("aliases", "targetextra_set"):
        form |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    return browse(user).post(f"/targets/{target.pk}/update/", form)


def test_the_form_of_a_target_gives_no_right_to_delete_that_the_sharer_has_not(grandma, catchers, both, browse):
    target = make_target("AT2024abc", group=grandma)
    assert edit(browse, both, target, grandma, catchers).status_code == 302
    assert catchers in groups_of_target(target)
    assert not changeable_targets(both, "delete_target").filter(pk=target.pk).exists()


def test_the_form_of_a_target_leaves_groups_alone_that_it_does_not_offer(grandma, catchers, manager, browse):
    target, foreign = make_target("AT2024abc", group=grandma), make_group("Foreign")
    share(target, foreign)
    assert edit(browse, manager, target, grandma).status_code == 302
    assert set(groups_of_target(target)) == {grandma, foreign}
    assert edit(browse, manager, target, catchers).status_code == 302
    assert set(groups_of_target(target)) == {catchers, foreign}


def test_the_api_gives_no_right_to_delete_that_the_sharer_has_not(grandma, catchers, both, browse):
    target = make_target("AT2024abc", group=grandma)
    body = {"groups": [{"id": catchers.pk}]}
    answer = browse(both).patch(f"/api/targets/{target.pk}/", body, content_type="application/json")
    assert answer.status_code == 200
    assert catchers in groups_of_target(target)
    assert not changeable_targets(both, "delete_target").filter(pk=target.pk).exists()
