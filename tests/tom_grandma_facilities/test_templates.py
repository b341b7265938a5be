"""TOM's observation templates for our telescopes: made, changed, and taken for a request."""

from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from tom_observations.models import ObservationTemplate

from tests.factories import make_group, make_target, make_user
from tom_grandma_facilities.registry import TELESCOPES, is_offered

pytestmark = pytest.mark.django_db

NEW = reverse("tom_observations:template-create", args=["TAROT-TCA"])
LIST = reverse("tom_observations:template-list")
GIVEN = {
    "template_name": "Kilonova, first hour",
    "facility": "CFHT",
    "filter": "sdssg",
    "exposure_time_s": "60.0",
    "exposure_count": "12",
    "filter_2": "sdssr",
    "exposure_time_s_2": "30.0",
    "exposure_count_2": "4",
    "priority": "1",
    "note": "No dithering & no binning.",
    "airmass_max": "1.8",
}


@pytest.fixture
def asker(db):
    return make_user("asker", make_group())


@pytest.fixture
def page(client, asker):
    client.force_login(asker)
    return client


@pytest.fixture
def kept(page):
    answer = page.post(NEW, GIVEN)
    assert answer.status_code == 302, answer.content.decode()
    return ObservationTemplate.objects.get()


@pytest.mark.parametrize("name", [name for name, one in TELESCOPES.items() if is_offered(one)][::15])
def test_every_telescope_has_a_form(page, name):
    text = page.get(reverse("tom_observations:template-create", args=[name])).content.decode()
    assert f"Template for {name}" in text
    assert reverse("tom_observations:template-create", args=[name]) in page.get(LIST).content.decode()


def test_what_was_given_is_kept_for_the_telescope_of_the_page(page, kept):
    assert (kept.name, kept.facility) == ("Kilonova, first hour", "TAROT-TCA")
    assert kept.parameters["exposure_count_2"] == 4
    assert "moon_separation_min_deg" not in kept.parameters
    assert "Kilonova, first hour" in page.get(LIST).content.decode()


def test_it_fills_in_the_form_of_a_request(page, kept):
    target = make_target("AT2026abc", group=make_group())
    create = reverse("tom_observations:create", args=["TAROT-TCA"])
    text = page.get(f"{create}?target_id={target.pk}").content.decode()
    (link,) = [part.split('"')[0] for part in text.split('href="') if part.startswith(f"{create}?")]
    query = parse_qs(urlsplit(unescape(link)).query)
    assert query["note"] == ["No dithering & no binning."]
    form = page.get(unescape(link)).context["form"]
    shown = {name: form[name].value() for name in GIVEN if name not in {"template_name", "facility"}}
    assert shown == {name: value for name, value in GIVEN.items() if name in shown}
    assert form["target_id"].value() == str(target.pk)
    assert form["moon_separation_min_deg"].value() is None


def test_it_can_be_changed_and_what_is_emptied_is_gone(page, kept):
    address = reverse("tom_observations:template-update", args=[kept.pk])
    form = page.get(address).context["form"]
    assert (form["filter"].value(), form["airmass_max"].value()) == ("sdssg", 1.8)
    assert page.post(address, GIVEN | {"airmass_max": "", "filter_2": "", "exposure_count": "6"}).status_code == 302
    kept.refresh_from_db()
    assert kept.parameters["exposure_count"] == 6
    assert {"airmass_max", "filter_2"}.isdisjoint(kept.parameters)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"template_name": ""}, "This field is required."),
        ({"template_name": "x" * 201}, "at most 200 characters"),
        ({"filter": "H-alpha"}, "H-alpha is not one of the available choices."),
        ({"exposure_count_2": ""}, "Say it for this filter too, or choose no filter."),
        ({"airmass_max": "0.3"}, "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(page, change, sentence):
    answer = page.post(NEW, GIVEN | change)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not ObservationTemplate.objects.exists()


def test_those_who_may_not_ask_make_none_and_see_none(client, kept):
    target = make_target("AT2026abc", group=make_group())
    client.force_login(make_user("looks", make_group(), role="view"))
    assert client.get(NEW).status_code == 404
    other = make_group("Others")
    target = make_target("AT2026abd", group=other)
    client.force_login(make_user("outside", other))
    text = client.get(
        f"{reverse('tom_observations:create', args=['TAROT-TCA'])}?target_id={target.pk}"
    ).content.decode()
    assert "Ask TAROT-TCA" in text
    assert "Kilonova" not in text
    assert client.get(LIST).status_code == 404
