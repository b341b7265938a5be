"""Pages of plans: the form, progress, versions, comparison, reports, galaxies; who may do what."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from tests.factories import ingest_alert, make_event, make_user
from tom_gcn.actions import make_plan, request_plan
from tom_gcn.actions.plans import cancel_plan, keep_plan
from tom_gcn.actions.pointings import refuse, report_pointings
from tom_gcn.choices import PlanState, PointingState
from tom_gcn.galaxy_states import GalaxyState, follow_up_of
from tom_gcn.models import Galaxy, GalaxyCatalogue, ObservationPlan, PlannedPointing
from tom_gcn.plan_comparison import compare_plans
from tom_gcn.plan_fields import OPTIONS, SETTINGS
from tom_gcn.plan_form import PlanWishForm
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.wish import SETTINGS as SETTINGS_OF_WISHES
from tom_gcn.planning.wish import PlanWish, WishError
from tom_gcn.wording import runs

pytestmark = pytest.mark.django_db
FEW = ["TAROT-TCA", "TAROT-TRE"]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def event(grandma):
    """A real alert without the plan it asked for."""
    event = ingest_alert()
    ObservationPlan.objects.all().delete()
    return event


@pytest.fixture
def planned(event):
    make_plan(request_plan(event, by=None, telescopes=FEW, hours=48).pk)
    return event


@pytest.fixture
def planner(member):
    member.user_permissions.add(Permission.objects.get(codename="request_plan"))
    return User.objects.get(pk=member.pk)


@pytest.fixture
def reader(grandma):
    """Sees the event, and may not plan."""
    return make_user("reader", grandma)


def address(event, name, **arguments):
    return reverse(f"events:{name}", kwargs={"name": event.name, **arguments})


def text_of(response):
    assert response.status_code == 200, response.status_code
    return re.sub(r"\s+", " ", response.content.decode())


def told(response):
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def finished(event, version, **fields):
    values = {"n_pointings": 1, "covered_probability": 0.01, "area_deg2": 1, "seconds": 1, "state": PlanState.DONE}
    now = timezone.now()
    return ObservationPlan.objects.create(
        event=event, localization=event.localizations.get(), version=version, window_start=now, queued_at=now,
        finished_at=now, **(values | fields),
    )  # fmt: skip


def busiest(plan):
    return plan.telescope_plans.filter(n_pointings__gt=0).order_by("-n_pointings").first()


# --- the form -----------------------------------------------------------------------------------------------------


def posted(form: str) -> dict[str, object]:
    """What a browser would send of a form as it stands."""
    data: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        kind, name, value = (_attribute(tag, key) for key in ("type", "name", "value"))
        if name and (kind != "checkbox" or " checked" in tag):
            data.setdefault(name, []).append(value)
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        data[name] = [re.search(r'value="([^"]*)" selected', options)[1]]
    return data


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return found[1] if found else ""


def test_every_setting_of_a_wish_is_in_the_form():
    from dataclasses import fields

    assert {option.name for _, options in OPTIONS for option in options} == {one.name for one in fields(PlanOptions)}
    assert {name for name, *_ in SETTINGS} == set(SETTINGS_OF_WISHES)


@pytest.mark.parametrize(
    "wish",
    [
        PlanWish(),
        PlanWish(without=("TAROT-TCA",), hours=12.5),
        PlanWish(telescopes=("TAROT-TCA", "TAROT-TRE"), settings={"TAROT-TCA": {"exposure_s": 90.0, "n_exposures": 3}}),
        PlanWish(
            engine="gwemopt",
            engine_options={"schedule": "sear", "targets": "tiling"},
            options=PlanOptions(epochs=2, epoch_filters=("g", "r"), max_pointings=None, galaxies=False, moon="fixed"),
        ),
    ],
)
def test_a_wish_goes_through_the_form_unchanged(wish):
    from django.http import QueryDict

    form = PlanWishForm.of_wish(wish)
    data = QueryDict(mutable=True)
    for name, value in form.typed.items():
        data[name] = value
    data.setlist("telescopes", sorted(form.on))
    read = PlanWishForm.of_post(data).wish()
    assert read.options == wish.options
    assert (read.hours, read.engine, read.engine_options, read.settings) == (
        wish.hours, wish.engine, wish.engine_options, wish.settings,
    )  # fmt: skip
    assert (read.telescopes, read.without) == (wish.telescopes, wish.without)


def test_the_form_begins_from_the_plan_shown_and_comes_back_the_same(browse, planner, event):
    wish = PlanWish(
        telescopes=tuple(FEW),
        settings={"TAROT-TCA": {"exposure_s": 90.0, "max_pointings": 3}},
        hours=36,
        options=PlanOptions(max_pointings=7, airmass_max=1.9),
    )
    make_plan(request_plan(event, by=None, wish=wish).pk)
    client = browse(planner)
    form = client.get(address(event, "new-plan"), headers=HTMX).content.decode()
    assert "<html" not in form
    assert "Begins from plan 1" in form
    assert re.search(r'name="settings\.TAROT-TCA\.exposure_s" value="90"', form)
    data = posted(form)
    answer = client.post(address(event, "request-plan"), data)
    assert answer.status_code == 302, answer.content.decode()[:400]
    plan = event.plans.first()
    assert (plan.version, plan.previous.version) == (2, 1)
    assert PlanWish.from_json(plan.wish) == wish


def test_changes_make_a_new_version_and_what_changed_is_told(browse, planner, planned):
    client = browse(planner)
    data = posted(client.get(address(planned, "new-plan")).content.decode())
    data |= {"telescopes": ["TAROT-TCA"], "settings.TAROT-TCA.exposure_s": "120", "hours": "30"}
    answer = client.post(address(planned, "request-plan"), data, headers=HTMX)
    assert answer["HX-Redirect"] == f"{planned.get_absolute_url()}?plan=2#plan"
    plan = planned.plans.first()
    assert (plan.telescopes, plan.hours, plan.requested_by) == (["TAROT-TCA"], 30, planner)
    make_plan(plan.pk)
    assert set(PlannedPointing.objects.filter(telescope_plan__plan=plan).values_list("exposure_s", flat=True)) == {
        120.0
    }
    plan.refresh_from_db()
    assert plan.difference["summary"] in text_of(client.get(f"{planned.get_absolute_url()}?plan=2"))


def test_switching_some_off_keeps_it_a_plan_of_the_network(browse, planner, event):
    client = browse(planner)
    data = posted(client.get(address(event, "new-plan")).content.decode())
    data["telescopes"] = [name for name in data["telescopes"] if name != "TAROT-TCA"]
    assert client.post(address(event, "request-plan"), data).status_code == 302
    plan = event.plans.get()
    assert (plan.telescopes, plan.wish["without"]) == ([], ["TAROT-TCA"])


def test_everything_wrong_is_told_at_its_field_and_nothing_typed_is_lost(browse, planner, planned):
    client = browse(planner)
    data = posted(client.get(address(planned, "new-plan")).content.decode())
    wrong = {
        "hours": "-3",
        "start": "tomorrow",
        "options.max_pointings": "many",
        "options.level": "7",
        "settings.TAROT-TCA.exposure_s": "-1",
        "settings.TAROT-TRE.n_exposures": "1.5",
    }
    text = text_of(client.post(address(planned, "request-plan"), data | wrong))
    assert "No plan was asked for" in text
    for name, value in wrong.items():
        place = "plan-" + name.replace(".", "-")
        assert re.search(rf'id="{re.escape(place)}" name="{re.escape(name)}" value="{re.escape(value)}"', text), name
        assert re.search(rf'<p class="entry-error" id="{re.escape(place)}-error">[^<]{{15,}}</p>', text), name
    assert planned.plans.count() == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"telescopes": []}, "No telescope is ticked."),
        ({"telescopes": ["TAROT-TCX"]}, "Did you mean"),
        ({"engine": "magic"}, "magic"),
        ({"engine": "gwemopt", "engine_options.gwemopt.schedule": "milp"}, "MILP"),
        ({"hours": "1e400"}, "not a number"),
        ({"settings.TAROT-TCA.exposure_s": "nan"}, "not a number"),
        ({"options.max_pointings": "9" * 60}, "not a whole number"),
        ({"settings.TAROT-TCA.filter": "no-such"}, '<option value="no-such" selected>'),
        ({"settings.TAROT-TCA.filter": "no-such"}, "has no filter"),
    ],
)
def test_impossible_wishes_are_refused_on_the_page(browse, planner, planned, change, says):
    client = browse(planner)
    data = posted(client.get(address(planned, "new-plan")).content.decode())
    assert says in text_of(client.post(address(planned, "request-plan"), data | change))
    assert planned.plans.count() == 1


def test_what_cannot_be_planned_is_told_above_the_form_as_it_was_typed(browse, planner, event):
    refuse(event, "TAROT-TCA", "weather", by=None)
    data = {"hours": "17", "telescopes": ["TAROT-TCA"]}
    text = text_of(browse(planner).post(address(event, "request-plan"), data))
    assert "None of these telescopes can be planned." in text
    assert 'name="hours" value="17"' in text
    assert event.plans.count() == 0


def test_what_is_typed_for_every_telescope_fills_what_is_empty():
    form = PlanWishForm({"hours": "24", "settings.every.exposure_s": "45", "settings.TAROT-TCA.exposure_s": "90"}, FEW)
    settings = form.wish().settings
    assert (settings["TAROT-TCA"]["exposure_s"], settings["TAROT-TRE"]["exposure_s"]) == (90.0, 45.0)


def test_a_form_tells_all_problems_at_once():
    form = PlanWishForm({"hours": "x", "settings.TAROT-TCA.exposure_s": "y"}, ["TAROT-TCA"])
    with pytest.raises(WishError) as refused:
        form.wish()
    assert {problem.where for problem in refused.value.problems} == {"hours", "settings.TAROT-TCA.exposure_s"}


def test_text_typed_into_the_form_is_escaped(browse, planner, event):
    answer = browse(planner).post(address(event, "request-plan"), {"hours": '"><script>x', "telescopes": FEW})
    assert "<script>x" not in answer.content.decode()


def test_only_those_with_the_right_get_a_form(browse, reader, planner, planned):
    assert "You may not ask for plans" in text_of(browse(reader).get(address(planned, "new-plan")))
    assert 'id="plan-form"' in text_of(browse(planner).get(address(planned, "new-plan")))
    type(planned).objects.filter(pk=planned.pk).update(state="retracted")
    assert "The event was retracted" in text_of(browse(planner).get(address(planned, "new-plan")))


# --- progress and what is going on --------------------------------------------------------------------------------


def test_a_plan_being_made_is_followed_and_cancelled(browse, planner, reader, event):
    plan = request_plan(event, by=None, telescopes=FEW)
    line = browse(reader).get(address(event, "plan-state"), headers=HTMX).content.decode()
    assert 'hx-trigger="every 1s"' in line
    assert "Cancel plan" not in text_of(browse(reader).get(event.get_absolute_url()))
    assert "Cancel plan 1" in text_of(browse(planner).get(event.get_absolute_url()))
    answer = browse(planner).post(address(event, "cancel-plan", version=1))
    assert "Plan 1 is being cancelled." in told(answer)
    plan.refresh_from_db()
    assert plan.state == PlanState.CANCELLED
    after = browse(reader).get(address(event, "plan-state"), headers=HTMX)
    assert after["HX-Retarget"] == "#plan"
    assert "was cancelled by member" in after.content.decode()


def test_deeds_need_the_right_and_a_post(browse, reader, planned):
    part = busiest(planned.plans.get())
    where = {"version": 1, "telescope": part.telescope}
    refusal = refuse(planned, "CFHT", "weather", by=None)
    deeds = [
        (address(planned, "cancel-plan", version=1), {}),
        (address(planned, "keep-plan", version=1), {}),
        (address(planned, "report", **where), {"orders": ["1"], "state": "done"}),
        (address(planned, "refuse", **where), {"reason_code": "weather"}),
        (address(planned, "withdraw-refusal", pk=refusal.pk), {}),
    ]
    for place, data in deeds:
        assert browse(reader).get(place).status_code == 405
        assert "You may not" in told(browse(reader).post(place, data)), place
    assert not PlannedPointing.objects.exclude(state="planned").exists()
    assert planned.refusals.standing(timezone.now()).count() == 1


def test_an_open_page_hears_of_reports_refusals_and_new_plans(browse, member, planned):
    client, plan = browse(member), planned.plans.get()
    page = client.get(planned.get_absolute_url()).content.decode()
    seen = re.search(r"plan/live/\?seen=([0-9a-f.]+)", page)[1]
    place = address(planned, "plan-live")
    assert client.get(place, {"seen": seen}, headers=HTMX).status_code == 204
    part = busiest(plan)
    report_pointings(plan, part.telescope, [1], PointingState.DONE, by=None)
    live = client.get(place, {"seen": seen}, headers=HTMX)
    assert "HX-Retarget" not in live
    assert re.search(rf"{part.telescope}</a></th>.*done", text_of(live)) or "done" in text_of(live)
    refuse(planned, part.telescope, "weather", by=None, reason="rain", until=timezone.now() + timedelta(hours=2))
    assert f"{part.telescope} cannot:</strong> weather, rain, until" in text_of(client.get(place, {"seen": seen}))
    finished(planned, 9)
    whole = client.get(place, {"seen": seen}, headers=HTMX)
    assert whole["HX-Retarget"] == "#plan"


def test_asking_what_is_going_on_takes_few_queries(browse, member, planned, django_assert_max_num_queries):
    client = browse(member)
    seen = re.search(r"seen=([0-9a-f.]+)", client.get(planned.get_absolute_url()).content.decode())[1]
    with django_assert_max_num_queries(13):
        assert client.get(address(planned, "plan-live"), {"seen": seen}).status_code == 204


# --- figures, versions, comparison --------------------------------------------------------------------------------


def test_bound_refinement_and_claims_are_told(browse, member, planned):
    ObservationPlan.objects.filter(version=1).update(
        bound={"value": 0.5, "gap": 0.016, "seconds": 1, "how": "LP", "exact_windows": True},
        greedy_probability=0.481,
        refined_at=timezone.now(),
        refinement="better",
        own_sum=0.9,
        engine="gwemopt",
        notes=["<b>one</b> field was left out"],
        covered_galaxy_weight=0.25,
    )
    text = text_of(browse(member).get(planned.get_absolute_url()))
    for words in (
        "50.0%; the plan reaches 98.4% of it",
        "<dt>First plan</dt><dd>48.1%",
        "gwemopt itself claims</dt><dd>90.0%",
        "overlaps counted once",
        "&lt;b&gt;one&lt;/b&gt; field",
        "25% of their weight",
        'class="curve-bound"',
    ):
        assert words in text, words


def test_the_chart_has_a_bar_for_each_telescope_with_a_night(browse, member, planned):
    text = text_of(browse(member).get(planned.get_absolute_url()))
    parts = planned.plans.get().telescope_plans.exclude(nights=[])
    assert text.count('class="night-bar"') == parts.count() > 0


def test_a_plan_is_kept_and_stays_the_plan_of_record(browse, planner, planned):
    make_plan(request_plan(planned, by=None, telescopes=FEW, hours=30).pk)
    client = browse(planner)
    assert "is the plan of record" in told(client.post(address(planned, "keep-plan", version=1)))
    text = text_of(client.get(planned.get_absolute_url()))
    assert 'id="plan-title">Plan 1 ' in text
    assert "Kept by member as the plan of record" in text
    make_plan(request_plan(planned, by=None, telescopes=FEW, hours=20).pk)
    assert 'id="plan-title">Plan 1 ' in text_of(client.get(planned.get_absolute_url()))
    cancelled = request_plan(planned, by=None, telescopes=FEW, hours=21)
    cancel_plan(cancelled, by=None)
    assert "Plan 4 is cancelled" in told(client.post(address(planned, "keep-plan", version=4)))


def test_two_plans_are_compared(browse, member, planned):
    one = planned.plans.get()
    wish = PlanWish(telescopes=("TAROT-TCA",), hours=48, options=PlanOptions(max_pointings=5))
    make_plan(request_plan(planned, by=None, wish=wish).pk)
    two = planned.plans.get(version=2)
    changes = {change.telescope: change for change in compare_plans(one, two, None).telescopes}
    for part in one.telescope_plans.filter(n_pointings__gt=0):
        change = changes[part.telescope]
        assert len(change.unchanged) + len(change.dropped) == part.n_pointings
    assert not changes["TAROT-TRE"].unchanged
    place = address(planned, "compare-plans")
    text = text_of(browse(member).get(place, {"one": 2, "other": 1}))
    assert text.index("Plan 1</a>") < text.index("Plan 2</a>")
    for words in ("sky-picture", 'class="curve-other"', "Only in plan 2", "TAROT-TRE"):
        assert words in text, words
    for bad in ({"one": 1, "other": 7}, {"one": "x", "other": "y"}, {"one": "9" * 30, "other": 1}):
        assert browse(member).get(place, bad).status_code == 404
    assert browse(member).get(place).status_code == 200


def test_comparing_takes_the_same_queries_for_large_plans(browse, member, planned, django_assert_max_num_queries):
    make_plan(request_plan(planned, by=None, hours=48).pk)
    client = browse(member)
    # The outlines of the map are drawn once, after the commit or by the first page that wants them.
    client.get(address(planned, "compare-plans"), {"one": 1, "other": 2})
    with django_assert_max_num_queries(11):
        client.get(address(planned, "compare-plans"), {"one": 1, "other": 2})


def test_runs_of_numbers_are_drawn_together():
    assert runs([]) == ""
    assert runs([7, 1, 2, 3, 9]) == "1–3, 7, 9"


# --- reports ------------------------------------------------------------------------------------------------------


def test_pointings_are_reported_and_taken_back(browse, planner, planned):
    plan = planned.plans.get()
    part = busiest(plan)
    place = address(planned, "report", version=1, telescope=part.telescope)
    client = browse(planner)
    answer = client.post(place, {"orders": ["1", "2"], "state": "started", "note": "clouds <near>"}, follow=True)
    assert f"{part.telescope}: 2 pointings under way." in text_of(answer)
    assert "clouds &lt;near&gt;" in text_of(answer)
    rows = part.pointings.filter(order__in=[1, 2])
    assert set(rows.values_list("state", "reported_by")) == {("started", planner.pk)}
    client.post(place, {"orders": ["1"], "state": "done"})
    assert part.pointings.get(order=1).state == "done"
    client.post(place, {"orders": ["1", "2"], "state": "planned"})
    assert set(rows.values_list("state", flat=True)) == {"planned"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"state": "done"}, "No pointing was chosen"),
        ({"state": "eaten", "orders": ["1"]}, "A pointing is"),
        ({"state": "done", "orders": ["99999"]}, "no pointing 99999"),
        ({"state": "done", "orders": ["x", "-1", "1" * 40]}, "No pointing was chosen"),
    ],
)
def test_senseless_reports_are_refused(browse, planner, planned, data, says):
    part = busiest(planned.plans.get())
    place = address(planned, "report", version=1, telescope=part.telescope)
    assert says in told(browse(planner).post(place, data))
    assert not part.pointings.exclude(state="planned").exists()


def test_a_telescope_that_cannot_is_told_and_taken_back(browse, planner, planned):
    part = busiest(planned.plans.get())
    place = address(planned, "refuse", version=1, telescope=part.telescope)
    client = browse(planner)
    assert (
        "2020" in told(client.post(place, {"reason_code": "weather", "until": "2020-01-01"}))
        or planned.refusals.count() == 0
    )
    assert "not a time" in told(client.post(place, {"reason_code": "weather", "until": "dawn"}))
    assert "Say why" in told(client.post(place, {"reason_code": "laziness"}))
    until = f"{timezone.now() + timedelta(hours=5):%Y-%m-%d %H:%M}"
    client.post(place, {"reason_code": "weather", "reason": "rain", "until": until})
    refusal = planned.refusals.get()
    page = text_of(client.get(planned.get_absolute_url()))
    assert f"{part.telescope} cannot:</strong> weather, rain, until" in page
    client.post(address(planned, "withdraw-refusal", pk=refusal.pk))
    assert "cannot:</strong>" not in text_of(client.get(planned.get_absolute_url()))


def test_refusals_of_another_event_are_not_reached(browse, planner, planned, grandma):
    other = make_event("S1", grandma)
    refusal = refuse(planned, "CFHT", "weather", by=None)
    assert browse(planner).post(address(other, "withdraw-refusal", pk=refusal.pk)).status_code == 404


def test_strangers_find_no_page_of_plans(browse, stranger, other_member, planned):
    where = {"version": 1, "telescope": FEW[0]}
    gets = [("new-plan", {}), ("plan-live", {}), ("compare-plans", {})]
    posts = [("cancel-plan", {"version": 1}), ("keep-plan", {"version": 1}), ("report", where), ("refuse", where)]
    for user in (stranger, other_member):
        for name, arguments in gets:
            assert browse(user).get(address(planned, name, **arguments)).status_code == 404, name
        for name, arguments in posts:
            assert browse(user).post(address(planned, name, **arguments)).status_code == 404, name


# --- efficiency ---------------------------------------------------------------------------------------------------


def test_the_plan_leads_to_whether_a_source_would_be_seen(browse, member, planned):
    text = browse(member).get(planned.get_absolute_url()).content.decode()
    place = re.search(r'hx-get="([^"]*/efficiency/\?plan=1)"', text)[1]
    fragment = text_of(browse(member).get(place, headers=HTMX))
    assert "<html" not in fragment
    assert "would be seen at least once by plan 1" in fragment
    assert 'class="curve-line"' in fragment


# --- galaxies -----------------------------------------------------------------------------------------------------


@pytest.fixture
def galaxies(planned):
    """One galaxy in the first field of the plan, one far from all of them."""
    catalogue = GalaxyCatalogue.objects.create(
        name="sample", is_sample=True, n_galaxies=2, file_name="x", reference="r", completeness="c"
    )
    pointing = busiest(planned.plans.get()).pointings.first()
    peak = planned.localizations.get().skymap
    places = [
        ("inside", pointing.ra_deg, pointing.dec_deg),
        ("away", (peak.peak_ra_deg + 180) % 360, -peak.peak_dec_deg),
    ]
    return [
        Galaxy.objects.create(catalogue=catalogue, name=name, ra_deg=ra, dec_deg=dec, distance_mpc=40, hpx29=0)
        for name, ra, dec in places
    ]


def test_galaxies_are_planned_observed_or_free(planned, galaxies, member):
    assert [row.state for row in follow_up_of(galaxies, planned, member)] == [GalaxyState.PLANNED, GalaxyState.FREE]
    plan = planned.plans.get()
    part = busiest(plan)
    report_pointings(plan, part.telescope, None, PointingState.DONE, by=None)
    inside, away = follow_up_of(galaxies, planned, member)
    assert (inside.state, away.state) == (GalaxyState.OBSERVED, GalaxyState.FREE)
    assert part.telescope in inside.telescopes
    assert inside.first == part.pointings.order_by("start").filter(state="done").first().start or inside.first


def test_a_galaxy_named_by_a_pointing_is_planned(planned, galaxies, member):
    pointing = busiest(planned.plans.get()).pointings.first()
    pointing.galaxies = ["away"]
    pointing.save()
    assert follow_up_of(galaxies, planned, member)[1].state == GalaxyState.PLANNED


def test_the_list_of_galaxies_marks_them_and_its_file_does_too(browse, member, planned):
    from django.core.management import call_command

    call_command("load_galaxies", "sample", stdout=io.StringIO())
    type(planned).objects.filter(pk=planned.pk).update(is_test=True)
    text = text_of(browse(member).get(f"/events/{planned.name}/galaxies/"))
    assert "Of those listed:" in text
    assert "still free</span>" in text or "planned</span>" in text
    rows = list(
        csv.DictReader(io.StringIO(browse(member).get(f"/events/{planned.name}/galaxies.csv").getvalue().decode()))
    )
    assert {row["follow_up"] for row in rows} <= {"planned", "observed", "free"}
    assert all(bool(row["telescopes"]) == (row["follow_up"] != "free") for row in rows)


def test_without_a_catalogue_the_page_says_how_to_load_one(browse, member, planned):
    assert "manage.py load_galaxies" in text_of(browse(member).get(f"/events/{planned.name}/galaxies/"))


# --- sound HTML ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["detail", "new-plan", "compare-plans", "pointings"])
def test_pages_of_plans_need_no_inline_scripts_or_styles(browse, planner, planned, name):
    make_plan(request_plan(planned, by=None, telescopes=FEW[:1], hours=48).pk)
    keep_plan(planned.plans.get(version=1), by=planner)
    arguments = {"version": 1, "telescope": FEW[0]} if name == "pointings" else {}
    query = {"one": 1, "other": 2} if name == "compare-plans" else {}
    text = text_of(browse(planner).get(address(planned, name, **arguments), query))
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
