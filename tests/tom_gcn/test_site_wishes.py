"""What plans asked for on the site use where nothing else is chosen: people are not asked for crumbs."""

import io

import pytest
from django.core.management import call_command
from django.http import QueryDict
from rest_framework.test import APIClient

from tests.factories import ingest_alert
from tom_gcn.actions import request_plan
from tom_gcn.models import ObservationPlan, PlanPreset
from tom_gcn.plan_form import PlanWishForm
from tom_gcn.plan_wishes import wish_of_words
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.wish import PlanWish, WishError
from tom_gcn.site_wishes import site_options, site_wish

LEAST = (1e-4, 2e-3)


def least_of(options: PlanOptions) -> tuple[float, float]:
    return options.min_new_probability, options.min_share_of_best


def test_the_site_leaves_crumbs_out_and_the_planner_goes_for_coverage():
    assert least_of(site_options()) == least_of(site_wish({}).options) == LEAST
    assert least_of(PlanWish.from_json({}).options) == least_of(wish_of_words({}).options) == (1e-5, 1e-4)


def test_what_is_chosen_holds_and_null_is_the_usual():
    wish = site_wish({"hours": 12, "options": {"min_new_probability": 1e-3, "min_share_of_best": None, "epochs": 2}})
    assert least_of(wish.options) == (1e-3, 2e-3)
    assert (wish.hours, wish.options.epochs) == (12.0, 2)
    assert least_of(site_wish({"options": {"min_share_of_best": 0.0}}).options) == (1e-4, 0.0)
    assert site_wish(wish.to_json()) == wish


@pytest.mark.parametrize("data", [[], "all", {"options": 3}, {"options": {"min_new_probability": "few"}}])
def test_what_is_no_wish_is_refused(data):
    with pytest.raises(WishError):
        site_wish(data)


def test_the_settings_of_the_site_decide(settings):
    settings.ICARE_PLAN_OPTIONS = {"min_new_probability": 1e-3, "max_pointings": 5}
    assert site_wish({}).options == PlanOptions(min_new_probability=1e-3, max_pointings=5)


@pytest.mark.django_db
def test_the_form_begins_with_them_and_fills_what_is_empty():
    form = PlanWishForm.of_wish(site_wish({}))
    shown = {entry.name: entry for _, entries in form.options for entry in entries}
    assert float(shown["options.min_new_probability"].usual) == 1e-4
    assert float(shown["options.min_share_of_best"].value) == 2e-3
    sent = QueryDict("telescopes=TAROT-TCA&options.min_new_probability=&options.min_share_of_best=0.01")
    assert least_of(PlanWishForm.of_post(sent).wish().options) == (1e-4, 0.01)


@pytest.mark.django_db
def test_rules_use_them_unless_they_choose_otherwise():
    assert {least_of(rule.plan_wish().options) for rule in PlanPreset.objects.all()} == {LEAST}
    assert least_of(PlanPreset(wish={"options": {"min_new_probability": 1e-5}}).plan_wish().options) == (1e-5, 2e-3)


@pytest.mark.django_db
def test_plans_of_page_api_and_command_use_them(grandma, administrator):
    event = ingest_alert()
    ObservationPlan.objects.all().delete()
    request_plan(event, by=None, telescopes=["TAROT-TCA"])
    client = APIClient()
    client.force_authenticate(administrator)
    answer = client.post("/api/plans/", {"event": event.name, "telescopes": ["TAROT-TRE"]}, format="json")
    assert answer.status_code == 202, answer.content
    call_command("plan", event.name, "--telescopes", "TAROT-TCH", "--hours", "6", stdout=io.StringIO())
    kept = [plan.wish["options"] for plan in event.plans.all()]
    assert [(one["min_new_probability"], one["min_share_of_best"]) for one in kept] == [LEAST] * 3
