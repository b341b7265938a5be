"""Targets that small error circles make."""

from datetime import timedelta

import pytest
from django.utils.html import strip_tags
from tom_targets.models import Target, TargetExtra

from icare_tom.auto_targets import EventTarget, keep_target
from icare_tom.guards.access import visible_targets
from tests.factories import ingest_alert, make_group, make_target, make_user
from tests.notices import GUANO, T0, WXT, announce
from tom_gcn.models import Event, EventAlias
from tom_gcn.tasks import run_relations

pytestmark = pytest.mark.django_db

FXT = "einstein_probe/fxt/alert"


def test_a_small_circle_makes_a_target_for_the_groups_of_the_event(member, other_member):
    event = announce("01709259773", 184.664, -6.146, 0.05)
    link = keep_target(event.pk)
    target = link.target
    assert target.name == "GCN-241102_144126"
    assert (target.ra, target.dec, target.permissions) == (184.664, -6.146, "PRIVATE")
    assert TargetExtra.objects.get(target=target, key="T0").time_value == T0
    assert target.sky_index is not None
    assert visible_targets(member).filter(pk=target.pk).exists()
    assert not visible_targets(other_member).filter(pk=target.pk).exists()
    (position,) = link.positions.all()
    assert position.radius_90_deg == pytest.approx(0.05)
    assert position.localization == event.localizations.get()


def test_the_task_of_a_notice_makes_it_and_again_changes_nothing(member):
    event = announce("1", 184.664, -6.146, 0.05)
    for _ in range(2):
        run_relations(event.pk)
    assert Target.objects.count() == EventTarget.objects.count() == 1
    assert event.event_targets.get().positions.count() == 1


@pytest.mark.parametrize(("radius", "made"), [(0.1999, True), (0.2001, False), (3.0, False)])
def test_twelve_arcminutes_at_ninety_per_cent(radius, made):
    event = announce("1", 10.0, 10.0, radius)
    assert (keep_target(event.pk) is not None) is made


def test_the_radius_is_a_setting(settings):
    settings.ICARE_TARGET_RADIUS_ARCMIN = 60
    assert keep_target(announce("1", 10.0, 10.0, 0.9).pk) is not None


def test_containment_counts():
    """12 arcmin that hold 39 % are 26 arcmin that hold 90 %."""
    event = announce("1", 10.0, 10.0, 0.2, containment_probability=0.39)
    assert keep_target(event.pk) is None


def test_tests_retracted_events_and_gravitational_waves_make_none():
    test = announce("1", 10.0, 10.0, 0.05, alert_tense="test")
    retracted = announce("2", 10.0, 10.0, 0.05)
    Event.objects.filter(pk=retracted.pk).update(state="retracted")
    wave = ingest_alert()
    assert [keep_target(event.pk) for event in (test, retracted, wave)] == [None, None, None]


def test_a_better_position_moves_the_target_and_says_where_it_is_from():
    event = announce("1", 184.664, -6.146, 0.05)
    keep_target(event.pk)
    announce("1", 184.660, -6.140, 0.003, stream=FXT)
    link = keep_target(event.pk)
    assert (link.target.ra, link.target.dec) == (184.660, -6.140)
    assert [row.localization.notice.notice_type for row in link.positions.all()] == [
        "gcn.notices.einstein_probe.wxt.alert",
        "gcn.notices.einstein_probe.fxt.alert",
    ]


def test_a_worse_position_moves_nothing():
    event = announce("1", 184.660, -6.140, 0.003, stream=FXT)
    keep_target(event.pk)
    announce("1", 184.664, -6.146, 0.05)
    link = keep_target(event.pk)
    assert (link.target.ra, link.positions.count()) == (184.660, 1)


def test_what_somebody_moved_by_hand_stays():
    event = announce("1", 184.664, -6.146, 0.05)
    target = keep_target(event.pk).target
    target.ra = 184.7
    target.save()
    announce("1", 184.660, -6.140, 0.003, stream=FXT)
    link = keep_target(event.pk)
    assert link.target.ra == 184.7
    assert [row.is_used for row in link.positions.all()] == [True, False]


def test_it_is_named_as_people_call_the_event():
    event = announce("1", 184.664, -6.146, 0.05)
    EventAlias.objects.create(event=event, name="GRB 241102A", key="GRB241102A", source="circular 1")
    assert keep_target(event.pk).target.name == "GRB 241102A"


def test_a_name_given_later_becomes_an_alias():
    event = announce("1", 184.664, -6.146, 0.05)
    keep_target(event.pk)
    EventAlias.objects.create(event=event, name="EP241102a", key="EP241102A", source="circular 1")
    target = keep_target(event.pk).target
    assert (target.name, [row.name for row in target.aliases.all()]) == ("GCN-241102_144126", ["EP241102a"])


def test_two_missions_that_name_one_burst_share_its_target(grandma):
    first = announce("1", 184.664, -6.146, 0.05)
    second = announce("9", 184.66, -6.14, 0.04, stream=GUANO)
    for event in (first, second):
        EventAlias.objects.create(event=event, name="GRB 241102A", key="GRB241102A", source="circular 1")
    links = [keep_target(event.pk) for event in (first, second)]
    assert links[0].target == links[1].target
    assert [link.is_kept for link in links] == [True, False]
    # The second event does not take the position over: the first one keeps it.
    assert links[1].target.ra == 184.664


def test_a_namesake_elsewhere_is_another_target():
    event = announce("1", 184.664, -6.146, 0.05)
    make_target("GCN-241102_144126", ra=10.0, dec=10.0)
    target = keep_target(event.pk).target
    assert (target.name, target.ra) == (f"GCN-241102_144126 {event.name}", 184.664)


def test_t0_follows_the_event():
    event = announce("1", 184.664, -6.146, 0.05)
    keep_target(event.pk)
    Event.objects.filter(pk=event.pk).update(t0=T0 - timedelta(seconds=30))
    target = keep_target(event.pk).target
    assert TargetExtra.objects.get(target=target, key="T0").time_value == T0 - timedelta(seconds=30)


def test_groups_let_into_the_event_see_the_target_and_those_shut_out_do_not(grandma, member):
    event = announce("1", 184.664, -6.146, 0.05)
    target = keep_target(event.pk).target
    others = make_group("Others")
    other = make_user("other", others)

    def sees(user) -> bool:
        return visible_targets(user).filter(pk=target.pk).exists()

    event.groups.add(others)
    assert sees(other)
    event.groups.remove(grandma)
    assert (sees(member), sees(other)) == (False, True)
    others.events.clear()
    assert not sees(other)
    grandma.events.add(event)
    assert sees(member)


def test_the_pages_of_both_lead_to_each_other(member, browse):
    event = announce("1", 184.664, -6.146, 0.05, stream=WXT)
    target = keep_target(event.pk).target
    client = browse(member)
    assert f'href="/targets/{target.pk}/"' in client.get(f"/events/{event.name}/candidates/").content.decode()
    shown = client.get(f"/targets/{target.pk}/events/").content.decode()
    assert f'href="/events/{event.name}/"' in shown
    assert "90% within 3.00′" in shown
    assert "up to 30 days before it was first seen (2024-11-02 14:41 UTC)" in " ".join(strip_tags(shown).split())
