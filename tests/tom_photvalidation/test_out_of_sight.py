"""Whoever tells points of a target that a group does not see is told so, where it happens and with what to do."""

import json

import pytest
from guardian.shortcuts import assign_perm
from tom_targets.models import Target

from tests.factories import make_group, make_target, make_user
from tom_photvalidation.models import PhotometryUpload

pytestmark = pytest.mark.django_db

TABLE = """target,mjd,filter,mag,magerr,limiting_mag,magsys,telescope,exposure
AT2024abc,60617.80000,sdssr,18.21,0.05,20.5,AB,TAROT-TCA,120
"""
SENTENCE = "GRANDMA does not see AT2024abc yet: nobody there can review these points."


@pytest.fixture
def owner(grandma):
    return make_user("owner", grandma)


@pytest.fixture
def target(owner):
    target = make_target("AT2024abc")
    target.give_user_access(owner)
    return target


def page_after(client, group, **said) -> str:
    sent = {"text": TABLE, "groups": [group.pk], **said}
    return client.post("/photometry/upload/", sent).content.decode()


def test_a_new_target_is_shared_with_whom_photometry_is_told_to(owner, grandma, browse):
    client = browse(owner)
    chosen = client.get("/targets/create/").context["form"]["groups"].value()
    told = client.get("/photometry/upload/").context["form"]["groups"].value()
    assert [str(getattr(one, "pk", one)) for one in chosen] == [str(one) for one in told] == [str(grandma.pk)]


def test_the_page_of_a_new_target_ticks_the_group(owner, grandma, browse):
    page = browse(owner).get("/targets/create/?name=AT2026new").content.decode()
    tick = page[page.index('name="groups"') - 100 : page.index('name="groups"') + 200]
    assert "checked" in tick
    assert 'value="AT2026new"' in page


@pytest.mark.parametrize("button", ["check", "store"])
def test_a_group_that_does_not_see_the_target_is_named_with_a_link(owner, target, grandma, browse, button):
    page = page_after(browse(owner), grandma, **{button: "1"})
    assert SENTENCE in page
    assert f'href="/sharing/targets/{target.pk}/"' in page


def test_the_page_of_the_upload_says_it_until_the_target_is_shared(owner, target, grandma, browse):
    client = browse(owner)
    page_after(client, grandma, store="1")
    address = f"/photometry/uploads/{PhotometryUpload.objects.get().uuid}/"
    assert SENTENCE in client.get(address).content.decode()
    client.post(f"/sharing/targets/{target.pk}/", {"do": "let-in", "group": grandma.pk})
    assert "does not see" not in client.get(address).content.decode()
    assert "does not see" not in page_after(client, grandma, check="1")


@pytest.mark.parametrize("permissions", [Target.Permissions.PUBLIC, Target.Permissions.OPEN])
def test_nothing_is_said_of_a_target_that_everybody_sees(owner, target, grandma, browse, permissions):
    Target.objects.filter(pk=target.pk).update(permissions=permissions)
    assert "does not see" not in page_after(browse(owner), grandma, store="1")


def test_only_groups_that_do_not_see_it_are_named_and_only_ones_own(owner, target, grandma, browse):
    others, foreign = make_group("Partners"), make_group("Strangers")
    owner.groups.add(others)
    assign_perm("tom_targets.view_target", others, target)
    page = browse(owner).post(
        "/photometry/upload/", {"text": TABLE, "groups": [grandma.pk, others.pk], "store": "1"}
    ).content.decode()  # fmt: skip
    assert SENTENCE in page
    assert "Partners does" not in page
    assert foreign.name not in page


def test_whoever_may_not_share_the_target_is_told_whom_to_ask(grandma, browse):
    partners = make_group("Partners")
    guest = make_user("guest", grandma, partners)
    target = make_target("AT2024abc")
    assign_perm("tom_targets.view_target", guest, target)
    page = page_after(browse(guest), grandma, store="1")
    assert SENTENCE in page
    assert "Ask whoever made the target to share it." in page
    assert "/sharing/targets/" not in page


def test_the_api_says_it_in_a_note(owner, target, grandma, browse):
    client = browse(owner)
    note = f"{SENTENCE} Share the target: /sharing/targets/{target.pk}/"
    rows = TABLE.encode()
    for address in ("/api/photometry/?dry_run=true", "/api/photometry/"):
        answer = client.post(address, rows, content_type="text/csv", headers={"Idempotency-Key": address})
        assert note in answer.json()["notes"]
    again = client.post(address, rows, content_type="text/csv", headers={"Idempotency-Key": address})
    assert note in again.json()["notes"]
    assert note in client.get(f"/api/photometry-uploads/{again.json()['upload']}/").json()["notes"]
    assert note not in json.dumps(PhotometryUpload.objects.get().notes)


def test_many_targets_are_told_of_shortly(owner, grandma, browse):
    lines = TABLE.splitlines()
    for number in range(12):
        make_target(f"AT2024x{number:02d}").give_user_access(owner)
        lines.append(lines[1].replace("AT2024abc", f"AT2024x{number:02d}"))
    page = browse(owner).post(
        "/photometry/upload/", {"text": "\n".join([lines[0], *lines[2:]]), "groups": [grandma.pk], "store": "1"}
    ).content.decode()  # fmt: skip
    assert page.count("does not see") == 10
    assert "The same holds for more targets of this upload." in page
