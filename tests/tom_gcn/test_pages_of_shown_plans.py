"""Plans on the page of an event: pointings, files, asking again, and which plan is shown."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from tom_gcn.actions import make_plan, request_plan
from tom_gcn.actions.summaries import summarize
from tom_gcn.choices import PlanState
from tom_gcn.models import Event, ObservationPlan
from tom_grandma_facilities.registry import TELESCOPES

pytestmark = pytest.mark.django_db
FEW = ["TAROT-TCA", "TAROT-TRE"]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def planned(event):
    make_plan(request_plan(event, by=None, telescopes=FEW).pk)
    return event


def page(client, event, name="detail", **arguments):
    return client.get(reverse(f"events:{name}", kwargs={"name": event.name, **arguments}))


# --- plans --------------------------------------------------------------------------------------------------------


def test_pointings_are_a_fragment_for_htmx_and_a_page_otherwise(browse, member, planned):
    part = planned.plans.get().telescope_plans.filter(n_pointings__gt=0).first()
    address = reverse("events:pointings", args=[planned.name, 1, part.telescope])
    fragment = browse(member).get(address, headers=HTMX).content.decode()
    assert fragment.count("data-pointing=") == part.n_pointings
    assert "<html" not in fragment
    assert "<html" in browse(member).get(address).content.decode()


@pytest.mark.parametrize("form", ["csv", "json", "txt"])
def test_plans_are_downloaded_whole_and_by_telescope(browse, member, planned, form):
    address = reverse("events:plan-download", args=[planned.name, 1, form])
    part = planned.plans.get().telescope_plans.filter(n_pointings__gt=0).first()
    whole = browse(member).get(address)
    assert whole["Content-Disposition"].endswith(f'-plan-1.{form}"')
    one = browse(member).get(address, {"telescope": part.telescope})
    assert part.telescope in one["Content-Disposition"]
    assert browse(member).get(address, {"telescope": "nobody"}).status_code == 404
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(one.getvalue().decode())))
        assert len(rows) == part.n_pointings
        assert {row["telescope"] for row in rows} == {part.telescope}


def test_only_those_with_the_right_plan_again(browse, member, planner, planned, stranger):
    address = reverse("events:request-plan", args=[planned.name])
    assert browse(stranger).post(address, {"hours": 24}).status_code == 404
    other = User.objects.create_user("reader")
    other.groups.set(planned.groups.all())
    refused = browse(other).post(address, {"hours": 24})
    assert "You may not ask for a plan" in str(next(iter(get_messages(refused.wsgi_request))))
    assert "Plan again" not in page(browse(other), planned).content.decode()
    assert browse(planner).get(address).status_code == 405
    assert planned.plans.count() == 1
    assert "Plan again" in page(browse(planner), planned).content.decode()
    assert browse(planner).post(address, {"hours": 12, "telescopes": FEW}).status_code == 302
    newest = planned.plans.first()
    assert (newest.hours, newest.telescopes, newest.requested_by) == (12, FEW, planner)


def test_a_bad_request_for_a_plan_says_what_is_wrong(browse, planner, event):
    address = reverse("events:request-plan", args=[event.name])
    for data in (
        {"hours": -1, "telescopes": FEW},
        {"hours": "x", "telescopes": FEW},
        {"hours": 5, "telescopes": ["no"]},
    ):
        text = browse(planner).post(address, data).content.decode()
        assert "No plan was asked for" in text
        assert f'value="{data["hours"]}"' in text
        assert 'class="entry-error"' in text
    assert event.plans.count() == 0


def test_the_form_ticks_those_asked_by_default(browse, planner, event):
    text = page(browse(planner), event, "new-plan").content.decode()
    usual = [name for name, telescope in TELESCOPES.items() if telescope.in_network]
    assert f"{len(usual)} take part" in text
    default, on_request = text.split("Only on request")
    assert all(f'value="{name}" checked' in default and f'value="{name}"' not in on_request for name in usual)
    assert on_request.count('name="telescopes"') > 0


def test_the_state_of_a_plan_is_followed_until_it_is_done(browse, member, event):
    plan = request_plan(event, by=None, telescopes=FEW)
    address = reverse("events:plan-state", args=[event.name])
    waiting = browse(member).get(address, headers=HTMX)
    assert 'hx-trigger="every 1s"' in waiting.content.decode()
    make_plan(plan.pk)
    done = browse(member).get(address, headers=HTMX)
    assert done["HX-Retarget"] == "#plan"
    assert "every 1s" not in done.content.decode()
    assert done.content.decode().count("hx-swap-oob") == 4
    assert "Plan 1 is done." in done.content.decode()
    assert "done, for TAROT-TCA, TAROT-TRE only" in done.content.decode().split('id="plans-so-far"')[1]


# --- which plan is shown ------------------------------------------------------------------------------------------


def finished(event, version, telescopes=(), n_pointings=1):
    return ObservationPlan.objects.create(
        event=event, localization=event.localizations.get(), version=version, telescopes=list(telescopes),
        n_pointings=n_pointings, covered_probability=n_pointings / 100, area_deg2=1, seconds=1, state=PlanState.DONE,
        window_start=timezone.now(), queued_at=timezone.now(), finished_at=timezone.now(),
    )  # fmt: skip


def title_of(response):
    return re.search(r'id="plan-title">(Plan \d+)', response.content.decode())[1]


def test_a_plan_of_some_telescopes_stands_behind_the_network_s(browse, member, event):
    finished(event, 1)
    finished(event, 2, FEW)
    client = browse(member)
    usual = page(client, event)
    assert title_of(usual) == "Plan 1"
    assert "for TAROT-TCA, TAROT-TRE only" in usual.content.decode()
    part = client.get(f"{event.get_absolute_url()}?plan=2")
    assert title_of(part) == "Plan 2"
    assert "For TAROT-TCA, TAROT-TRE only; the network's plan is" in part.content.decode()


def test_an_empty_plan_hides_no_good_one(browse, member, event):
    finished(event, 1)
    finished(event, 2, n_pointings=0)
    text = page(browse(member), event)
    assert title_of(text) == "Plan 1"
    assert "1.0%</td>" in browse(member).get("/events/?sort=-covered").content.decode()
    assert "with nothing to observe" in text.content.decode()
    finished(event, 3)
    assert title_of(page(browse(member), event)) == "Plan 3"


def test_a_plan_being_made_is_followed_while_the_usual_one_is_shown(browse, planner, event):
    finished(event, 1)
    asked = browse(planner).post(reverse("events:request-plan", args=[event.name]), {"hours": 12, "telescopes": FEW})
    assert asked.url == f"{event.get_absolute_url()}?plan=2#plan"
    waiting = browse(planner).get(asked.url)
    assert title_of(waiting) == "Plan 1"
    assert "plan/state/?plan=2" in waiting.content.decode()


def test_a_plan_whose_time_has_passed_is_over(browse, member, event):
    plan = finished(event, 1)
    assert "plan over" not in page(browse(member), event).content.decode()
    ObservationPlan.objects.filter(pk=plan.pk).update(window_start=timezone.now() - timedelta(hours=25))
    assert "plan over" in page(browse(member), event).content.decode()
    assert "plan over" in browse(member).get("/events/").content.decode()


def test_an_old_event_says_its_age_beside_the_plan(browse, member, event):
    assert f"the event is {(timezone.now() - event.t0).days} d old" in page(browse(member), event).content.decode()
    Event.objects.filter(pk=event.pk).update(t0=timezone.now() - timedelta(days=3))
    assert "d old" not in page(browse(member), event).content.decode()


def test_low_significance_is_said(browse, member, event):
    for significant, count in ((True, 0), (None, 0), (False, 1)):
        event.notices.update(is_significant=significant)
        summarize(event)
        assert browse(member).get("/events/").content.decode().count("low significance") == count
        assert page(browse(member), event).content.decode().count("low significance") == 2 * count


def test_the_plan_list_says_how_a_plan_was_asked_for(browse, member, event):
    plan = finished(event, 1)
    for why, words in (
        ("command line", ", asked for on the command line:"),
        ("UPDATE notice", ", by itself, UPDATE notice:"),
    ):
        ObservationPlan.objects.filter(pk=plan.pk).update(why=why)
        assert words in page(browse(member), event).content.decode()
