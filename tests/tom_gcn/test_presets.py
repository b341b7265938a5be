"""Standing rules: which events get a plan by themselves, and why the others get none."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from tests.factories import ALERTS
from tom_gcn.actions import read_message, receive_message, request_plan
from tom_gcn.actions.presets import figures_of, judge, plan_by_itself
from tom_gcn.choices import PlanCause, PlanState
from tom_gcn.models import Event, EventSummary, ObservationPlan, PlanDecision, PlanPreset
from tom_gcn.planning import PlanWish
from tom_gcn.preset_conditions import read_alternatives

pytestmark = pytest.mark.django_db


def ingest(file):
    message, _ = receive_message((ALERTS / file).read_bytes(), source=file)
    return read_message(message).event


def only(**fields):
    """The one active rule."""
    PlanPreset.objects.update(is_active=False)
    values = {"name": "ours", "kind": "gw", "order": 1} | fields
    return PlanPreset.objects.create(**values)


def decision(event):
    return PlanDecision.objects.filter(event=event).first()


def test_the_rules_we_ship_are_valid_and_active():
    rules = list(PlanPreset.objects.all())
    assert {rule.kind for rule in rules} == {"gw", "grb", "xray"}
    for rule in rules:
        rule.full_clean()
        assert rule.is_active
        assert not rule.early_warnings
        assert read_alternatives(rule.conditions)


def test_a_real_event_that_passes_is_planned_and_says_by_which_rule(grandma):
    event = ingest("S241102br_UPDATE_1.json")
    plan = event.plans.get()
    told = decision(event)
    assert plan.preset == told.preset
    assert plan.cause == PlanCause.NOTICE
    assert told.is_planned
    assert told.preset.name in plan.why
    assert told.preset.name in told.reason


def test_an_event_that_fails_is_not_planned_and_every_condition_is_told(grandma):
    only(conditions="class = BNS, area < 1\narea50 < 2")
    event = ingest("S241102br_UPDATE_1.json")
    assert not event.plans.exists()
    told = decision(event)
    assert not told.is_planned
    assert "class = BNS (it is BBH)" in told.reason
    assert [check["text"] for check in told.checks] == [
        "class = BNS", "area < 1", "area50 < 2",
    ]  # fmt: skip
    assert not any(check["holds"] for check in told.checks)


def test_tests_are_never_planned(grandma):
    only(significant_only=False)
    test = ingest("MS181101ab2_INITIAL_1.json")
    assert test.is_test
    assert not test.plans.exists()
    assert "Tests are never planned" in decision(test).reason


@pytest.mark.parametrize(
    ("fields", "figures", "objection"),
    [
        ({}, {"significant": False}, "not significant"),
        ({"significant_only": False}, {"significant": False}, ""),
        ({}, {"status": "earlywarning"}, "Early warnings"),
        ({"early_warnings": True}, {"status": "earlywarning"}, ""),
        ({"conditions": "distance < 200 Mpc"}, {"distance": 199.0}, ""),
        ({"conditions": "distance < 200 Mpc"}, {"distance": 201.0}, "it is 201"),
        ({"conditions": "distance < 200 Mpc"}, {"distance": None}, "not known"),
    ],
)
def test_what_a_rule_asks(grandma, fields, figures, objection):
    rule = only(**fields)
    event = Event.objects.create(name="S1", kind="gw")
    EventSummary.objects.create(event=event, is_significant=True)
    said, _ = judge(rule, event, figures_of(event) | figures)
    assert objection in said
    assert bool(said) == bool(objection)


def test_drills_are_left_out_where_a_rule_says_so(grandma):
    rule = only(for_drills=False)
    drill = Event.objects.create(name="S2", is_test=True, drill_of="S241102br")
    assert judge(rule, drill, figures_of(drill))[0] == "It is not for drills."


def test_a_broken_rule_is_told_and_does_not_stop_the_others(grandma):
    only(name="broken conditions", conditions="speed < 3")
    PlanPreset.objects.create(name="broken telescope", kind="gw", order=2, telescopes=["TAROT-TCX"])
    PlanPreset.objects.create(name="broken settings", kind="gw", order=3, wish={"hours": -3})
    PlanPreset.objects.create(name="nobody can", kind="gw", order=4, telescopes=["Euler"])
    good = PlanPreset.objects.create(name="good", kind="gw", order=5, telescopes=["CFHT"], wish={"hours": 12})
    event = ingest("S241102br_UPDATE_1.json")
    plan = event.plans.get()
    assert (plan.preset, plan.hours, plan.telescopes) == (good, 12, ["CFHT"])


def test_when_all_rules_are_broken_the_event_is_there_and_the_reason_too(grandma):
    only(name="broken", telescopes=["TAROT-TCX"])
    event = ingest("S241102br_UPDATE_1.json")
    assert event.localizations.exists()
    assert "TAROT-TCA" in decision(event).reason


def test_the_event_page_says_why_there_is_no_plan(browse, administrator, grandma):
    only(conditions="class = BNS")
    event = ingest("S241102br_UPDATE_1.json")
    page = browse(administrator).get(event.get_absolute_url()).content.decode()
    assert "class = BNS (it is BBH)" in page


def test_no_rule_for_a_kind_is_said(grandma):
    PlanPreset.objects.all().delete()
    event = ingest("S241102br_UPDATE_1.json")
    assert "no standing rule for this kind" in decision(event).reason


def test_an_update_is_planned_with_the_settings_somebody_asked_for(grandma, administrator):
    event = ingest("S241102br_INITIAL_1.json")
    wish = PlanWish(telescopes=("CFHT",), settings={"CFHT": {"exposure_s": 90.0}})
    mine = request_plan(event, by=administrator, wish=wish)
    ObservationPlan.objects.filter(pk=mine.pk).update(state=PlanState.DONE, is_of_record=True)
    ingest("S241102br_UPDATE_1.json")
    again = event.plans.order_by("version").last()
    assert decision(event).is_planned
    assert again.previous == mine
    assert again.cause == PlanCause.LOCALIZATION
    assert again.wish["settings"] == {"CFHT": {"exposure_s": 90.0}}
    assert "UPDATE" in again.why


def test_a_plan_by_itself_follows_the_rule_that_is_passed_now(grandma):
    only(name="first", wish={"hours": 6})
    event = ingest("S241102br_INITIAL_1.json")
    first = event.plans.get()
    ObservationPlan.objects.filter(pk=first.pk).update(state=PlanState.DONE, is_of_record=True)
    only(name="second", wish={"hours": 12})
    ingest("S241102br_UPDATE_1.json")
    again = event.plans.get(previous=first)
    assert (again.hours, again.preset.name) == (12, "second")


def test_a_plan_of_record_is_made_anew_even_where_no_rule_is_passed_any_more(grandma):
    only(name="first")
    event = ingest("S241102br_INITIAL_1.json")
    first = event.plans.get()
    ObservationPlan.objects.filter(pk=first.pk).update(state=PlanState.DONE, is_of_record=True)
    only(name="strict", conditions="area < 0.1")
    ingest("S241102br_UPDATE_1.json")
    assert event.plans.get(previous=first).cause == PlanCause.LOCALIZATION
    assert "made anew" in decision(event).reason
    assert "area < 0.1" in decision(event).reason


def test_the_same_map_is_not_planned_twice(grandma):
    event = ingest("S241102br_UPDATE_1.json")
    told = plan_by_itself(event, event.localizations.get())
    assert not told.is_planned
    assert "plan 1" in told.reason
    assert event.plans.count() == 1


@pytest.mark.parametrize(
    ("fields", "place", "word"),
    [
        ({"telescopes": ["TAROT-TCX"]}, "telescopes", "TAROT-TCA"),
        ({"telescopes": "CFHT"}, "telescopes", "list"),
        ({"telescopes": ["Euler"]}, "telescopes", "None of these"),
        ({"conditions": "area < 200, weather = fine"}, "conditions", "weather"),
        ({"wish": {"hours": 900}}, "wish", "900"),
        ({"wish": {"options": {"level": 3}}}, "wish", "level"),
        ({"wish": {"colour": "red"}}, "wish", "colour"),
        ({"wish": [1]}, "wish", "object"),
        ({"wish": {"telescopes": ["CFHT"]}}, "wish", "field of their own"),
        ({"wish": {"start": "2026-01-01T00:00:00Z"}}, "wish", "starts when made"),
        ({"wish": {"settings": {"CFHT": {"exposure_s": -1}}}}, "wish", "CFHT.exposure_s"),
    ],
)
def test_impossible_rules_are_refused_at_their_field(fields, place, word):
    with pytest.raises(ValidationError) as caught:
        PlanPreset(name="new", kind="gw", **fields).full_clean()
    assert word in " ".join(caught.value.message_dict[place])


def test_the_admin_edits_rules_and_refuses_impossible_ones(browse, administrator):
    rule = PlanPreset.objects.get(kind="grb")
    client = browse(administrator)
    address = reverse("admin:tom_gcn_planpreset_change", args=[rule.pk])
    form = {"name": rule.name, "kind": "grb", "order": 5, "is_active": "on", "conditions": "error < 1 deg",
            "telescopes": '["CFHT"]', "wish": '{"hours": 6}'}  # fmt: skip
    refused = client.post(address, form | {"telescopes": '["TAROT-TCX"]', "conditions": "colour = red"})
    assert refused.status_code == 200
    assert "Did you mean" in refused.content.decode()
    assert "is not known" in refused.content.decode()
    assert client.post(address, form).status_code == 302
    rule.refresh_from_db()
    assert (rule.telescopes, rule.wish, rule.conditions) == (["CFHT"], {"hours": 6}, "error < 1 deg")


def test_the_page_of_an_event_with_older_plans_says_why_there_is_no_new_one(browse, administrator, grandma):
    only(name="first")
    event = ingest("S241102br_INITIAL_1.json")
    event.plans.update(state=PlanState.FAILED)
    only(name="strict", conditions="area < 0.1")
    ingest("S241102br_UPDATE_1.json")
    assert not decision(event).is_planned
    page = browse(administrator).get(event.get_absolute_url()).content.decode()
    assert "No new plan was made by itself" in page
    assert "strict: area &lt; 0.1" in page
