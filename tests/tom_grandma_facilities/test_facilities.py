"""Every telescope is a facility of TOM, and its form checks what can be checked before anybody is asked."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from tom_observations.facility import get_service_class, get_service_classes
from tom_observations.models import ObservationRecord

from tests.factories import make_group, make_user
from tom_grandma_facilities.facility import GrandmaFacility
from tom_grandma_facilities.registry import TELESCOPES
from tom_grandma_facilities.request_forms import why_never_up
from tom_grandma_facilities.wish_forms import filter_names, usual_filter


def request_data(target, name="TAROT-TCA", **changes):
    start = timezone.now() + timedelta(minutes=5)
    data = {
        "facility": name,
        "target_id": target.pk,
        "observation_type": "IMAGING",
        "filter": "sdssr",
        "exposure_time_s": "60",
        "exposure_count": "3",
        "window_start": f"{start:%Y-%m-%dT%H:%M}",
        "window_end": f"{start + timedelta(days=1):%Y-%m-%dT%H:%M}",
        "validate": "Check the request",
    }
    return {**data, **changes}


def form_for(target, name="TAROT-TCA", **changes):
    facility = get_service_class(name)()
    return facility.create_form_instance("IMAGING", data=request_data(target, name, **changes))


def test_tom_sees_every_telescope():
    seen = get_service_classes()
    assert set(TELESCOPES) <= set(seen)
    for name, telescope in TELESCOPES.items():
        assert issubclass(seen[name], GrandmaFacility)
        assert seen[name].telescope is telescope
        assert seen[name].detail_url_name is None


@pytest.mark.parametrize("name", TELESCOPES)
def test_facility_answers_what_tom_asks(name):
    facility = get_service_class(name)()
    assert facility.get_form(None) is facility.get_form("IMAGING")
    telescope = TELESCOPES[name]
    sites = list(facility.get_observing_sites().values())
    assert len(sites) == (1 if telescope.site.known else 0)
    for site in sites:
        assert list(site) == ["sitecode", "latitude", "longitude", "elevation"]
        assert site["latitude"] == telescope.site.latitude_deg
    assert facility.get_facility_status()["sites"][0]["telescopes"][0]["code"] == name
    assert facility.data_products("1") == []
    assert "done" in facility.get_terminal_observing_states()


def test_reported_state_is_the_facility_status(network, member, reporter):
    from tom_grandma_facilities.actions import set_telescope_status

    set_telescope_status("CFHT", "closed", by=reporter, reason="snow")
    facility = get_service_class("CFHT")()
    facility.set_user(member)
    assert facility.get_facility_status()["sites"][0]["telescopes"][0]["status"] == "Reported closed: snow."


@pytest.mark.django_db
class TestForm:
    def test_sound_request_can_be_checked(self, target):
        form = form_for(target)
        assert form.is_valid(), form.errors
        assert "is sound" in form.get_validation_message()
        parameters = form.serialize_parameters()
        assert parameters["window_start"].endswith("+00:00")
        assert parameters["exposures"] == [{"filter": "sdssr", "exposure_s": 60.0, "count": 3}]
        assert (parameters["priority"], parameters["constraints"]) == (3, {})

    @pytest.mark.parametrize(
        ("changes", "field", "words"),
        [
            ({"filter": "sdssz"}, "filter", "not one of the available choices"),
            ({"exposure_time_s": "0"}, "exposure_time_s", "greater than or equal"),
            ({"exposure_time_s": "99999"}, "exposure_time_s", "less than or equal"),
            ({"exposure_count": "0"}, "exposure_count", "greater than or equal"),
            ({"window_start": "2020-01-01T00:00"}, "window_start", "in the past"),
            ({"window_end": "2020-01-01T00:00"}, "window_end", "ends before it begins"),
            ({"window_end": "2099-01-01T00:00"}, "window_end", "longer than 30 days"),
            ({"exposure_time_s": "3600", "exposure_count": "1000"}, "window_end", "shorter than the exposures"),
        ],
    )
    def test_wrong_input_is_told_at_its_field(self, target, changes, field, words):
        form = form_for(target, **changes)
        assert not form.is_valid()
        assert words in " ".join(form.errors[field])

    def test_target_that_is_never_up_in_darkness_is_refused(self, target):
        target.dec = -80.0
        target.save()
        form = form_for(target)
        assert not form.is_valid()
        assert "never above 15 deg in darkness" in " ".join(form.errors["window_end"])

    def test_nobody_submits_without_a_sign_in(self):
        with pytest.raises(ValidationError, match="Nobody is signed in"):
            get_service_class("TAROT-TCA")().submit_observation({})


def test_polar_day_is_told():
    noon = timezone.now().replace(hour=11, minute=0)
    sentence = why_never_up(TELESCOPES["TAROT-TCA"], 0.0, 90.0, noon, noon + timedelta(minutes=10))
    assert "does not get dark" in sentence


def test_filters_of_a_telescope_that_lists_none():
    assert filter_names(TELESCOPES["KANATA"]) == ["any"]
    assert filter_names(TELESCOPES["TAROT-TCA"]) == ["sdssg", "sdssr", "sdssi", "ps1::open"]
    assert usual_filter(TELESCOPES["TAROT-TCA"]) == "sdssr"


def test_request_page_asks_nobody_while_one_looks_and_checks(client, target):
    client.force_login(make_user("asker", make_group()))
    address = reverse("tom_observations:create", kwargs={"facility": "TAROT-TCA"})
    page = client.get(f"{address}?target_id={target.pk}")
    text = page.content.decode()
    assert page.status_code == 200
    assert "Would it work?" in text
    assert "<script>" not in text
    assert "style=" not in text
    page = client.post(address, request_data(target))
    assert "This request is sound" in page.content.decode()
    assert not ObservationRecord.objects.exists()


def test_a_target_shows_one_control_instead_of_77_buttons(target):
    html = render_to_string(
        "tom_observations/partials/observing_buttons.html", {"target": target, "facilities": get_service_classes()}
    )
    assert html.count("<button") == 1
    assert 'value="TAROT-TCA"' in html
    assert 'value="SNOVA"' not in html
    assert len(html) < 12_000


def test_control_leads_to_the_form_of_the_chosen_telescope(client, member, target):
    client.force_login(member)
    answer = client.get("/telescopes/observe/", {"telescope": "tarot/tca", "target_id": target.pk})
    assert answer["Location"] == f"/observations/TAROT-TCA/create/?target_id={target.pk}"
    answer = client.get("/telescopes/observe/", {"telescope": "TAROT-TCB", "target_id": target.pk})
    assert answer["Location"] == f"/targets/{target.pk}/"
    assert client.get("/telescopes/observe/", {"telescope": "CFHT", "target_id": "//x"}).status_code == 404
