"""Instrument profiles: declared by the registry, changed by people."""

import pytest
from django.urls import reverse

from tests.factories import make_user
from tom_grandma_facilities.registry import TELESCOPES
from tom_photvalidation.actions.profiles import REGISTRY, declare_after_migrations, declare_profiles, declared_profiles
from tom_photvalidation.models import InstrumentProfile
from tom_photvalidation.surroundings import instruments_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def declared_anew():
    InstrumentProfile.objects.all().delete()
    declare_profiles()


def test_telescopes_of_which_filters_are_known_have_a_profile():
    profile = InstrumentProfile.objects.get(telescope="TAROT-TCA")
    assert profile.filters == ["sdssg", "sdssr", "sdssi", "clear"]
    assert profile.source.startswith("Registry of telescopes: grandma_data/instruments.yaml")
    assert not profile.accepts_by_itself
    assert InstrumentProfile.objects.get(telescope="ZTF").time_reference == "start"


def test_nothing_is_made_up():
    names = set(InstrumentProfile.objects.values_list("telescope", flat=True))
    assert names == {one.telescope for one in declared_profiles()} <= set(TELESCOPES)
    # no filters are known, or one that no bandpass is known for; and one that stands for any telescope
    assert not names & {"KAIT", "SVOM-VT", "ASTEP", "Generic-Telescope"}
    assert len(names) > 40
    for profile in InstrumentProfile.objects.all():
        assert (profile.error_floor, profile.first_light, profile.magnitude_range) == (None, None, {})


def test_profiles_say_what_the_checks_knew_without_them():
    names = set(TELESCOPES)
    with_rows = instruments_of(names)
    InstrumentProfile.objects.all().delete()
    without = instruments_of(names)
    assert {name: one.filters for name, one in with_rows.items()} == {
        name: one.filters for name, one in without.items()
    }


def test_again_changes_nothing():
    before = list(InstrumentProfile.objects.order_by("pk").values())
    assert declare_profiles() == 0
    assert list(InstrumentProfile.objects.order_by("pk").values()) == before


def test_filters_follow_the_registry_until_somebody_changes_them(client):
    InstrumentProfile.objects.filter(telescope="TAROT-TCA").update(filters=["sdssg"], error_floor=0.01)
    declare_profiles()
    profile = InstrumentProfile.objects.get(telescope="TAROT-TCA")
    assert (len(profile.filters), profile.error_floor) == (4, 0.01)
    client.force_login(make_user("root", superuser=True))
    page = reverse("admin:tom_photvalidation_instrumentprofile_change", args=[profile.pk])
    form = client.get(page).context["adminform"].form
    sent = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    sent |= {"filters": '["sdssr"]', "modified_at_0": "2026-01-01", "modified_at_1": "00:00:00"}
    assert client.post(page, sent).status_code == 302
    declare_profiles()
    profile.refresh_from_db()
    assert (profile.filters, profile.source) == (["sdssr"], "Changed by hand")


def test_they_are_declared_when_the_tables_were_migrated_not_when_they_were_emptied():
    InstrumentProfile.objects.all().delete()
    declare_after_migrations(None, using="default")
    assert not InstrumentProfile.objects.exists()
    declare_after_migrations(None, using="default", plan=[])
    assert InstrumentProfile.objects.filter(source__startswith=REGISTRY).exists()
