"""Tags by rules and by hand: applied when an event changes or a rule does, removed when no longer true."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.urls import reverse
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from tests.factories import SECRET, make_event, make_group, make_user
from tests.notices import FERMI, announce
from tom_gcn.actions.tags import MOST_HAND_TAGS, BadTag, add_tag, figures_of_row, remove_tag, retag_all
from tom_gcn.conditions import met_by, read_conditions
from tom_gcn.exceptions import NotAllowed
from tom_gcn.filters import EventFilter
from tom_gcn.models import Event, EventSummary, HandTag, TagRule
from tom_gcn.tasks import run_retagging

pytestmark = pytest.mark.django_db

ADMIN = "/admin/tom_gcn/tagrule/"


def rule(tag="small bursts", conditions="kind = grb, error < 1 deg", **more) -> TagRule:
    row = TagRule(name=more.pop("name", tag), tag=tag, conditions=conditions, **more)
    row.full_clean()
    row.save()
    return row


def tags(event: Event) -> list[str]:
    return EventSummary.objects.get(event=event).tags


def queued() -> list[str]:
    return [SignedPackage.loads(row.payload)["func"] for row in OrmQ.objects.all()]


@pytest.fixture
def tagger(member):
    member.user_permissions.add(Permission.objects.get(codename="add_handtag"))
    return type(member).objects.get(pk=member.pk)


# --- rules -------------------------------------------------------------------------------------------------------


def test_a_rule_tags_events_as_they_come_and_takes_the_tag_back():
    rule()
    burst = announce("1", 50, 10, 0.5, stream=FERMI)
    assert "small bursts" in tags(burst)
    assert "small bursts" not in tags(announce("2", 50, 10, 5.0, stream=FERMI))
    assert "small bursts" not in tags(announce("3", 50, 10, 0.5))
    # A later notice knows less.
    again = announce("1", 50, 10, 3.0, stream=FERMI, alert_datetime="2024-11-02T15:59:00Z")
    assert again == burst and "small bursts" not in tags(burst)


def test_a_changed_rule_reaches_the_events_that_are_here():
    burst = announce("1", 50, 10, 0.5, stream=FERMI)
    row = rule()
    assert "small bursts" not in tags(burst)
    assert run_retagging() == 1
    assert "small bursts" in tags(burst)
    assert run_retagging() == 0
    TagRule.objects.filter(pk=row.pk).update(tag="tiny bursts")
    run_retagging()
    assert {"tiny bursts", "small bursts"} & set(tags(burst)) == {"tiny bursts"}
    TagRule.objects.filter(pk=row.pk).update(is_active=False)
    run_retagging()
    assert "tiny bursts" not in tags(burst)


def test_two_rules_may_give_one_tag_and_figures_keep_theirs():
    rule(conditions="error < 1 deg")
    rule(name="other", conditions="kind = xray")
    event = announce("1", 50, 10, 0.05)
    assert tags(event).count("small bursts") == 1
    assert "area<100" in tags(event)
    retag_all()
    assert tags(event).count("small bursts") == 1 and "area<100" in tags(event)


def test_a_rule_that_can_no_longer_be_read_stops_nothing(caplog):
    TagRule.objects.create(name="old", tag="old", conditions="nonsense < 3")
    event = announce("1", 50, 10, 0.5)
    assert "old" not in tags(event)
    assert "cannot be read" in caplog.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"conditions": "FAR < 1/fortnight"}, "no rate"),
        ({"conditions": "size < 3"}, "not known"),
        ({"conditions": "  "}, "required"),
        ({"conditions": " , "}, "at least one condition"),
        ({"conditions": "kind > grb"}, "compared with ="),
        ({"tag": "area<100"}, "set by itself"),
        ({"tag": "Significant"}, "set by itself"),
        ({"tag": "<script>"}, "begins with"),
        ({"tag": "a,b"}, "begins with"),
        ({"tag": "x" * 31}, "30"),
    ],
)
def test_bad_rules_are_refused_with_the_reason(administrator, browse, fields, words):
    with pytest.raises(ValidationError):
        rule(**fields)
    answer = browse(administrator).post(
        f"{ADMIN}add/", {"name": "r", "tag": "t", "conditions": "FAR < 1/yr", "is_active": "on"} | fields
    )
    assert answer.status_code == 200 and words in answer.content.decode()
    assert not TagRule.objects.exists()


def test_rules_are_edited_in_the_admin_and_the_events_follow(administrator, member, browse):
    event = announce("1", 50, 10, 0.5, stream=FERMI)
    client = browse(administrator)
    OrmQ.objects.all().delete()
    fields = {"name": "bursts", "tag": "GRANDMA burst", "conditions": "kind = GRB", "is_active": "on"}
    client.post(f"{ADMIN}add/", fields)
    assert queued() == ["tom_gcn.tasks.run_retagging"]
    run_retagging()
    assert "GRANDMA burst" in tags(event)
    row = TagRule.objects.get()
    assert ">1</td>" in client.get(ADMIN).content.decode()
    OrmQ.objects.all().delete()
    client.post(f"{ADMIN}{row.pk}/delete/", {"post": "yes"})
    assert queued() == ["tom_gcn.tasks.run_retagging"]
    run_retagging()
    assert "GRANDMA burst" not in tags(event)
    assert browse(member).get(ADMIN).status_code == 302


def test_the_list_of_rules_takes_as_many_queries_for_many(administrator, browse, django_assert_max_num_queries):
    for number in range(20):
        rule(tag=f"t{number}")
    client = browse(administrator)
    with django_assert_max_num_queries(12):
        client.get(ADMIN)


CONDITIONS = st.sampled_from(
    ["FAR < 1/yr", "FAR >= 2/month", "area < 100", "area > 3 deg2", "distance <= 200", "error < 12 arcmin",
     "error = 0.5", "class = BNS", "class = bbh", "kind = grb", "kind = GW", "mission = swift", "HasNS >= 0.5",
     "BNS > 90%", "MassGap < 0.1"]
)  # fmt: skip
FIGURES = st.fixed_dictionaries(
    {
        "mission": st.sampled_from(["", "Swift", "LVK"]),
        "far_hz": st.none() | st.sampled_from([0.0, 1e-9, 3.2e-8, 1e-5]),
        "best_class": st.sampled_from(["", "BNS", "BBH"]),
        "probabilities": st.dictionaries(st.sampled_from(["HasNS", "BNS", "MassGap"]), st.floats(0, 1)),
        "error_deg": st.none() | st.sampled_from([0.01, 0.5, 3.0]),
        "area_90_deg2": st.none() | st.sampled_from([0.1, 50.0, 100.0, 9000.0]),
        "distance_mean_mpc": st.none() | st.sampled_from([40.0, 200.0, 4000.0]),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=CONDITIONS, figures=FIGURES, kind=st.sampled_from(["gw", "grb", "xray"]))
def test_rules_and_the_list_agree_on_every_condition(db, text, figures, kind):
    Event.objects.all().delete()
    event = Event.objects.create(name="E1", kind=kind)
    row = EventSummary.objects.create(event=event, **figures)
    found = EventFilter({"where": text}, Event.objects.all()).qs.exists()
    assert all(met_by(one, figures_of_row(row)) for one in read_conditions(text)) == found


# --- by hand -----------------------------------------------------------------------------------------------------


def test_a_tag_is_set_and_removed_with_who_and_when(tagger):
    event = announce("1", 50, 10, 0.5)
    row = add_tag(event, "  our   campaign ", by=tagger)
    assert (row.tag, row.added_by) == ("our campaign", tagger)
    assert "our campaign" in tags(event)
    assert add_tag(event, "Our Campaign", by=tagger) == row
    announce("1", 50, 10, 0.4)
    retag_all()
    assert "our campaign" in tags(event)
    assert remove_tag(event, "our campaign", by=tagger)
    assert not remove_tag(event, "our campaign", by=tagger)
    assert "our campaign" not in tags(event)
    row.refresh_from_db()
    assert row.removed_by == tagger and row.removed_at >= row.added_at
    assert add_tag(event, "our campaign", by=tagger).pk != row.pk


def test_tags_of_rules_and_figures_are_not_removed_by_hand(tagger):
    rule(conditions="error < 1 deg")
    event = announce("1", 50, 10, 0.5)
    for tag in ("small bursts", "area<100"):
        assert not remove_tag(event, tag, by=tagger)
        assert tag in tags(event)


@pytest.mark.parametrize("text", ["", "  ", "x" * 31, "<b>", "a\nb,c", "significant", "\u202eabc"])
def test_texts_that_are_no_tags_are_refused(tagger, text):
    event = announce("1", 50, 10, 0.5)
    with pytest.raises(BadTag):
        add_tag(event, text, by=tagger)
    assert not HandTag.objects.exists()


def test_an_event_has_a_bounded_number_of_tags(tagger):
    event = announce("1", 50, 10, 0.5)
    for number in range(MOST_HAND_TAGS):
        add_tag(event, f"t{number}", by=tagger)
    with pytest.raises(BadTag):
        add_tag(event, "one more", by=tagger)


def test_who_may_tag(tagger, member, stranger, other_member):
    event = announce("1", 50, 10, 0.5)
    other_member.user_permissions.add(Permission.objects.get(codename="add_handtag"))
    for user in (
        make_user("plain", make_group(), role="view"),
        stranger,
        type(other_member).objects.get(pk=other_member.pk),
    ):
        for change in (add_tag, remove_tag):
            with pytest.raises(NotAllowed):
                change(event, "x", by=user)


def test_the_page_sets_shows_and_removes_tags(tagger, browse):
    rule(tag="small", conditions="error < 1 deg")
    event = announce("1", 50, 10, 0.5)
    client, plain = browse(tagger), browse(make_user("plain", make_group(), role="view"))
    client.post(reverse("events:add-tag", args=[event.name]), {"tag": "our campaign"})
    page = client.get(event.get_absolute_url()).content.decode()
    assert re.search(r'title="Set by member \d{4}-\d\d-\d\d \d\d:\d\d UTC"', page)
    assert "Set by a rule" in page and "Remove the tag our campaign" in page
    assert "Tag our campaign" in page
    theirs = plain.get(event.get_absolute_url()).content.decode()
    assert "our campaign" in theirs and "Remove the tag" not in theirs and "new-tag" not in theirs
    assert "our campaign" in client.get("/events/").content.decode()
    plain.post(reverse("events:remove-tag", args=[event.name]), {"tag": "our campaign"})
    assert "our campaign" in tags(event)
    said = client.post(reverse("events:add-tag", args=[event.name]), {"tag": "<b>"}, follow=True).content.decode()
    assert "is no tag" in said and "&lt;b&gt;" in said
    client.post(reverse("events:remove-tag", args=[event.name]), {"tag": "our campaign"})
    assert "our campaign" not in tags(event)
    assert "removed by member" in client.get(event.get_absolute_url()).content.decode()


def test_the_list_is_filtered_by_tags_of_rules_and_people(tagger, browse, other_member):
    rule(tag="small", conditions="error < 1 deg")
    near, far = announce("1", 50, 10, 0.5), announce("2", 50, 10, 5.0)
    add_tag(far, "our campaign", by=tagger)
    client = browse(tagger)
    for tag, event in (("small", near), ("our campaign", far)):
        page = client.get("/events/", {"tag": tag}).content.decode()
        assert event.get_absolute_url() in page
        assert ({near, far} - {event}).pop().get_absolute_url() not in page
    # Others are not told which tags there are.
    page = browse(other_member).get("/events/").content.decode()
    assert "our campaign" not in page and ">small" not in page


def test_the_api_sets_finds_and_removes_tags(tagger, member, stranger):
    event = announce("1", 50, 10, 0.5)
    api = APIClient()
    api.force_authenticate(tagger)
    address = f"/api/events/{event.name}/tags/"
    assert "our campaign" in api.post(address, {"tag": "our campaign"}, format="json").json()["tags"]
    assert api.get("/api/events/", {"tag": "our campaign"}).json()["count"] == 1
    assert "our campaign" in api.get(f"/api/events/{event.name}/").json()["tags"]
    assert api.post(address, {"tag": "<b>"}, format="json").status_code == 422
    assert "our campaign" not in api.delete(address, {"tag": "our campaign"}, format="json").json()["tags"]
    api.force_authenticate(make_user("plain", make_group(), role="view"))
    assert api.post(address, {"tag": "x"}, format="json").status_code == 403
    api.force_authenticate(stranger)
    assert api.post(address, {"tag": "x"}, format="json").status_code == 404


def test_an_event_without_figures_can_be_tagged(administrator, grandma):
    event = make_event(f"{SECRET}1", grandma)
    assert add_tag(event, "x", by=administrator).event == event
