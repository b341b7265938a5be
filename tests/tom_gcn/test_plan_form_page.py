"""The form of a plan: every setting is in it, what is wrong is told at its field, who gets one."""

import re

import pytest

from tests.tom_gcn.plan_pages import FEW, HTMX, address, text_of
from tom_gcn.actions import make_plan, request_plan
from tom_gcn.actions.pointings import refuse
from tom_gcn.models import PlannedPointing
from tom_gcn.plan_fields import OPTIONS, SETTINGS
from tom_gcn.plan_form import PlanWishForm
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.wish import SETTINGS as SETTINGS_OF_WISHES
from tom_gcn.planning.wish import PlanWish, WishError

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned(event):
    make_plan(request_plan(event, by=None, telescopes=FEW, hours=48).pk)
    return event


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
