"""The page and the form of a target: what is said once, who sees it, what is folded away."""

import re

import pytest
from guardian.shortcuts import assign_perm
from tom_targets.models import Target

from icare_tom.members.preference_models import Preferences
from icare_tom.sharing.targets import share_target, who_sees
from tests.factories import make_group, make_target, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def target(member):
    row = make_target("AT2026page")
    Target.objects.filter(pk=row.pk).update(ra=150.1, dec=60.2, epoch=2000.0, pm_ra=1.5)
    row.give_user_access(member)
    return row


def page(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def identity(client, target) -> str:
    return re.search(r'id="identity".*?<h2', page(client, f"/targets/{target.pk}/"))[0]


def test_a_position_stands_there_once_as_one_prefers_it(target, member, browse):
    part = identity(browse(member), target)
    assert 'data-copy="10:00:24.00 +60:12:00.0"' in part
    assert "Right Ascension" not in part
    assert part.count("150.1") == 1, "in the title alone"
    Preferences.objects.update_or_create(user=member, defaults={"coordinates": "degrees"})
    assert 'data-copy="150.10000 60.20000"' in identity(browse(member), target)


def test_what_few_targets_have_is_folded(target, member, browse):
    shown, _, folded = identity(browse(member), target).partition("Motion, distance and other values")
    assert "Proper Motion" in folded
    assert "1.5" in folded
    assert "PRIVATE" not in shown
    assert "SIDEREAL" not in shown


def test_it_says_who_sees_it_also_after_it_was_shared(target, member, administrator, grandma, browse):
    assert "Who sees it: only you" in identity(browse(member), target)
    assert f"/sharing/targets/{target.pk}/" in identity(browse(member), target)
    share_target(target, grandma, by=administrator)
    part = identity(browse(member), target)
    assert "Who sees it: GRANDMA" in part
    assert "only you" not in part
    guest = make_user("guest")
    assign_perm("tom_targets.view_target", guest, target)
    assert who_sees(target, guest) == "1 group you are not in, you"
    assert who_sees(target, member) == "GRANDMA, 1 person by name"


def test_groups_one_does_not_know_are_counted(target, member, administrator):
    share_target(target, make_group("Quiet group"), by=administrator)
    assert who_sees(target, member) == "1 group you are not in, you"
    assert who_sees(target, administrator) == "Quiet group, 1 person by name"
    Target.objects.filter(pk=target.pk).update(permissions="PUBLIC")
    target.refresh_from_db()
    assert who_sees(target, member) == "everybody with an account"


def test_the_form_begins_with_what_matters(member, browse):
    form = page(browse(member), "/targets/create/")
    before, folded = form.split("Motion, distance and where it came from")
    for name in ("name", "ra", "dec"):
        assert f'name="{name}"' in before
    for name in ("epoch", "parallax", "pm_ra", "pm_dec", "distance", "shared_by", "shared_from"):
        assert f'name="{name}"' in folded
        assert f'name="{name}"' not in before


def test_a_mistake_in_the_fold_opens_it(member, grandma, browse):
    fields = {"type": "SIDEREAL", "name": "AT2026new", "ra": "10", "dec": "10", "permissions": "PRIVATE"}
    formsets = {f"{name}-{key}_FORMS": 0 for name in ("aliases", "targetextra_set") for key in ("TOTAL", "INITIAL")}
    answer = browse(member).post("/targets/create/", fields | formsets | {"groups": grandma.pk, "pm_ra": "fast"})
    assert '<details class="mb-2" open>' in " ".join(answer.content.decode().split())
