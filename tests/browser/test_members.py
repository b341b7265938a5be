"""Admission, roles, groups and tokens by page on a phone, and in the administration: nobody needs to be told how."""

import itertools
import re

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page, expect

from icare_tom.members.admission import ask_back, confirmation_key, file_admission, invite
from icare_tom.members.admission_models import AdmissionRequest, Invitation
from icare_tom.members.models import Membership
from icare_tom.members.roles import RIGHTS
from icare_tom.members.token_models import ApiToken
from tests.browser.conftest import PHONE
from tests.factories import make_group, make_user

pytestmark = pytest.mark.usefixtures("rows")


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def through_the_menu(page: Page, name: str) -> None:
    """On a phone the bar is folded."""
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name=name).click()


NUMBERS = itertools.count(1)


@pytest.fixture
def applicant(world):
    user = make_user(f"applicant{next(NUMBERS)}", active=False)
    network = Group.objects.get(name="GRANDMA")
    told = {"affiliation": "Observatory of Nice", "groups_wanted": [network], "email": user.email}
    file_admission(user, **told, email_verified=True)
    yield user
    User.objects.filter(pk=user.pk).delete()


@pytest.fixture
def manager(world):
    # A name of its own each time: cookies of those who signed in are kept by name.
    user = make_user(f"manager{next(NUMBERS)}", Group.objects.get(name="GRANDMA"), role="group-admin")
    yield user
    User.objects.filter(pk=user.pk).delete()


def test_a_request_is_found_and_approved_on_a_phone(open_page, applicant, manager):
    page = open_page(manager.username, PHONE, "dark")
    page.goto("/")
    through_the_menu(page, "Requests for accounts")
    page.get_by_role("link", name=applicant.username).click()
    expect(page.get_by_text("Observatory of Nice")).to_be_visible()
    assert fits(page)
    page.locator("#id_role").select_option(label="Full user")
    page.get_by_text("Single rights beside the role").click()
    page.get_by_label("Review photometry").check()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("is in GRANDMA and was told by mail")).to_be_visible()
    row = Membership.objects.get(user=applicant)
    assert (row.role, row.rights, row.user.is_active) == ("full", ["review-photometry"], True)
    assert AdmissionRequest.objects.get(user=applicant).decided_by == manager


def test_a_refusal_asks_before_it_goes_out(open_page, applicant, manager):
    page = open_page(manager.username, PHONE)
    page.goto(f"/members/admissions/{AdmissionRequest.objects.get(user=applicant).pk}/")
    page.get_by_label("Reason, which the applicant reads").fill("Nobody here knows you.")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name="Refuse").click()
    assert f"Refuse {applicant.username}?" in asked[0]
    assert AdmissionRequest.objects.get(user=applicant).is_open
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Refuse").click()
    expect(page.get_by_text("was refused and told why by mail")).to_be_visible()
    assert AdmissionRequest.objects.get(user=applicant).state == "refused"


def test_links_of_mails_are_followed_on_a_phone_by_somebody_who_is_not_signed_in(open_page, world, manager):
    """A browser tells where a form was; pages that keep their address to themselves must not keep it from us."""
    user = make_user(f"applicant{next(NUMBERS)}", active=False)
    network = Group.objects.get(name="GRANDMA")
    told = {"affiliation": "Observatory of Nice", "groups_wanted": [network], "email": user.email}
    request = file_admission(user, **told, email_verified=False)
    page = open_page(None, PHONE, "dark")
    page.goto(f"/members/confirm/{confirmation_key(request)}/")
    page.get_by_role("button", name="This is my e-mail").click()
    expect(page.get_by_role("heading", name="Your request: waiting for a decision")).to_be_visible()
    ask_back(AdmissionRequest.objects.get(pk=request.pk), "Which telescope?", by=manager)
    page.reload()
    page.get_by_role("link", name="answer it").click()
    page.get_by_label("Your answer").fill("A 30 cm in the garden.")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_role("heading", name="Your request: waiting for a decision")).to_be_visible()
    assert AdmissionRequest.objects.get(pk=request.pk).answer == "A 30 cm in the garden."
    assert fits(page)
    invitation, key = invite("guest@example.org", network, "view", by=manager)
    page.goto(f"/members/invitation/{key}/")
    page.get_by_role("button", name="Make an account").click()
    expect(page.get_by_label("Username")).to_be_visible()
    assert fits(page)
    invitation.delete()
    User.objects.filter(pk=user.pk).delete()


def test_an_event_is_shared_and_the_step_undone_on_a_phone(open_page, world, manager):
    catchers = make_group(f"Catchers {next(NUMBERS)}")
    manager.groups.add(catchers)
    page = open_page(manager.username, PHONE)
    page.goto(f"/events/{world.event.name}/")
    page.get_by_text("Who sees it").click()
    page.get_by_label("Share with").select_option(catchers.name)
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_text(f"{catchers.name} sees it now.")).to_be_visible()
    assert world.event.groups.filter(pk=catchers.pk).exists()
    assert fits(page)
    page.get_by_role("button", name=f"Undo: stop sharing with {catchers.name}").click()
    expect(page.get_by_text(f"{catchers.name} does not see it any more.")).to_be_visible()
    assert not world.event.groups.filter(pk=catchers.pk).exists()
    page.get_by_role("button", name=f"Undo: share with {catchers.name} again").click()
    assert world.event.groups.filter(pk=catchers.pk).exists()
    page.get_by_role("link", name="Who changed what").click()
    expect(page.get_by_text(catchers.name).first).to_be_visible()
    assert fits(page)
    catchers.delete()


def test_a_group_is_made_described_joined_and_its_members_get_roles_on_a_phone(open_page):
    admin = open_page("administrator", PHONE)
    admin.goto("/")
    through_the_menu(admin, "Groups of people")
    admin.get_by_text("Make a group").click()
    admin.get_by_label("Name", exact=False).last.fill("Kilonova-catcher")
    admin.get_by_label("Description").fill("Amateurs with their own telescopes.")
    admin.get_by_role("button", name="Make the group").click()
    expect(admin.get_by_text("Kilonova-catcher is there.")).to_be_visible()
    admin.get_by_text("Describe it, show it, let people in").click()
    admin.get_by_label("Shown to all members").check()
    admin.get_by_role("button", name="Save").last.click()
    expect(admin.get_by_text("is described anew")).to_be_visible()
    group = Group.objects.get(name="Kilonova-catcher")

    member = open_page("member", PHONE, "dark")
    member.goto("/members/groups/")
    member.get_by_role("link", name="Kilonova-catcher").click()
    member.get_by_label("A word to its admins").fill("I have a 30 cm.")
    member.get_by_role("button", name="Ask to join").click()
    expect(member.get_by_text("You asked to join")).to_be_visible()

    admin.goto(f"/members/groups/{group.pk}/")
    expect(admin.get_by_text("I have a 30 cm.")).to_be_visible()
    admin.get_by_role("button", name="Let in").click()
    admin.locator("summary", has_text="member").first.click()
    card = admin.locator("li.card", has_text="member")
    card.locator("select[name=role]").select_option("full")
    card.get_by_label("Review photometry").check()
    card.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("member is now: Full user")).to_be_visible()
    assert fits(admin)
    row = Membership.objects.get(user__username="member", group=group)
    assert (row.role, row.rights) == ("full", ["review-photometry"])

    admin.get_by_text("Invite somebody by e-mail").click()
    admin.get_by_label("E-mail").fill("new@example.org")
    admin.get_by_role("button", name="Send the invitation").click()
    expect(admin.get_by_text("new@example.org was invited by mail")).to_be_visible()
    assert Invitation.objects.get(group=group).is_open

    member.goto("/members/profile/")
    line = member.locator(".rights-table tr", has_text="Review photometry")
    expect(line).to_contain_text("Kilonova-catcher")
    for right in RIGHTS.values():
        expect(member.locator(".rights-table tr", has_text=right.sentence)).to_be_visible()
    assert fits(member)


def test_a_token_is_made_used_and_revoked_on_a_phone(open_page, world):
    page = open_page("member", PHONE)
    page.goto("/")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="member").click()
    page.get_by_role("link", name="Profile").click()
    page.get_by_text("Make a token").click()
    page.locator("#id_name").fill("night script")
    page.get_by_label("read, and do what is ticked below").check()
    page.get_by_label("Upload data").check()
    page.get_by_label("Uploads only for").select_option("TAROT-TCA")
    page.get_by_role("button", name="Make the token").click()
    key = page.locator("#key").inner_text()
    assert re.fullmatch(r"icare_[0-9a-f]{12}_[\w-]{43}", key)
    assert fits(page)
    ask = {"headers": {"Authorization": f"token {key}"}}
    assert page.request.get(f"{world.url}/api/targets/", **ask).status == 200
    page.goto("/members/profile/")
    expect(page.locator("strong", has_text="night script")).to_be_visible()
    assert key not in page.content()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Revoke night script").click()
    expect(page.get_by_text("opens nothing any more")).to_be_visible()
    assert ApiToken.objects.get(name="night script").revoked_at is not None


def test_a_time_zone_is_shown_beside_utc(open_page):
    page = open_page("member")
    page.goto("/members/profile/")
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.locator("#id_coordinates").select_option("degrees")
    page.locator("section", has=page.locator("#preferences")).get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Your preferences are kept")).to_be_visible()
    expect(page.locator("[data-local-clock]")).to_contain_text("Tokyo")
    expect(page.locator("main time").first).to_have_attribute("title", re.compile("Asia/Tokyo"))


def test_roles_are_given_and_taken_in_the_administration(open_page):
    person, group = make_user("assistant"), make_group("Assistants")
    page = open_page("administrator")
    page.goto("/admin/icare_tom/membership/add/")
    for field, value in (("user", person), ("group", group)):
        page.locator(f"[aria-labelledby=select2-id_{field}-container]").click()
        page.locator(".select2-search__field").fill(str(value))
        page.locator(".select2-results__option", has_text=str(value)).first.click()
    page.locator("#id_role").select_option("view")
    page.get_by_role("button", name="Save", exact=True).click()
    assert Membership.objects.get(user=person).group == group
    for model in ("admissionrequest", "invitation", "joinrequest", "groupprofile", "apitoken", "preferences"):
        assert page.goto(f"/admin/icare_tom/{model}/").status == 200
    User.objects.filter(pk=person.pk).delete()
