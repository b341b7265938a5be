"""One's own page: what one may do, tokens, preferences, sessions."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from icare_tom.members.memberships import set_membership
from icare_tom.members.models import Membership
from icare_tom.members.preference_models import Preferences
from icare_tom.members.preferences import address_for, save_preferences, share_groups_of
from icare_tom.members.roles import RIGHTS
from icare_tom.members.token_models import ApiToken
from icare_tom.members.tokens import make_token
from tests.factories import make_group, make_target, make_user
from tests.photometry_points import make_points

pytestmark = pytest.mark.django_db
PROFILE = "/members/profile/"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def text_of(answer) -> str:
    return answer.content.decode()


def token_form(**more):
    return {"do": "token", "name": "night script", "may": "read", "days": "30", "addresses": "", **more}


def keys_in(answer) -> list[str]:
    return re.findall(r"icare_[0-9a-f]{12}_[\w-]{43}", text_of(answer))


# --- what one can do -----------------------------------------------------------------------------------------------
def test_every_right_of_the_table_is_shown_with_where_it_is_held(member, grandma, administrator, browse):
    other = make_group("Kilonova-catcher")
    set_membership(member, other, "view", by=administrator, rights=["review-photometry"])
    answer = browse(member).get(PROFILE)
    rows = {right.key: groups for right, groups in answer.context["table"]}
    assert set(rows) == set(RIGHTS)
    assert rows["upload-data"] == ["GRANDMA"]
    assert rows["review-photometry"] == ["Kilonova-catcher"]
    assert rows["manage-members"] == []
    for right in RIGHTS.values():
        assert right.label in text_of(answer)


def test_the_profile_is_ones_own_and_never_kept(member, browse):
    make_token(make_user("second"), "secret name")
    answer = browse(member).get(PROFILE)
    assert "secret name" not in text_of(answer)
    assert "no-store" in answer["Cache-Control"]
    assert browse().get(PROFILE).status_code == 302


# --- tokens --------------------------------------------------------------------------------------------------------
def test_a_token_is_shown_once(member, browse):
    client = browse(member)
    answer = client.post(PROFILE, token_form())
    key = keys_in(answer)[0]
    token = ApiToken.objects.get()
    assert (token.name, token.is_read_only, token.has_all_rights, token.rights) == ("night script", True, False, [])
    assert browse().get("/api/targets/", headers={"Authorization": f"token {key}"}).status_code == 200
    later = client.get(PROFILE)
    assert "night script" in text_of(later)
    assert not keys_in(later)


def test_a_token_takes_rights_telescope_addresses_and_an_end(member, browse):
    wish = token_form(may="some", rights=["upload-data"], telescope="TAROT-TCA", addresses="192.0.2.0/24, 198.51.100.7")
    assert keys_in(browse(member).post(PROFILE, wish))
    token = ApiToken.objects.get()
    assert (token.rights, token.telescope, token.is_read_only) == (["upload-data"], "TAROT-TCA", False)
    assert token.addresses == ["192.0.2.0/24", "198.51.100.7/32"]
    assert 29 <= (token.expires_at - token.made_at).days <= 30


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", {"name": ""}),
        ("rights", {"may": "some"}),
        ("rights", {"may": "some", "rights": ["manage-members"]}),
        ("days", {"days": "99999"}),
        ("addresses", {"addresses": "the observatory"}),
        ("telescope", {"telescope": "HST-2"}),
        ("may", {"may": "everything"}),
    ],
)
def test_what_cannot_be_is_said_at_the_field(member, browse, field, wrong):
    answer = browse(member).post(PROFILE, token_form(**wrong))
    assert answer.status_code == 400
    assert set(answer.context["token_form"].errors) == {field}
    assert not ApiToken.objects.exists()


def test_one_revokes_ones_own_tokens_only(member, browse):
    mine, others = make_token(member, "mine"), make_token(make_user("second"), "theirs")
    client = browse(member)
    assert client.post(PROFILE, {"do": "revoke", "token": others.token.pk}).status_code == 404
    assert client.post(PROFILE, {"do": "revoke", "token": "x"}).status_code == 404
    assert client.post(PROFILE, {"do": "revoke", "token": mine.token.pk}).status_code == 302
    assert browse().get("/api/targets/", headers={"Authorization": f"token {mine.key}"}).status_code == 401
    assert browse().get("/api/targets/", headers={"Authorization": f"token {others.key}"}).status_code == 200


@pytest.mark.parametrize("do", ["", "nothing", "page", "__class__"])
def test_unknown_wishes_are_not_found(member, browse, do):
    assert browse(member).post(PROFILE, {"do": do}).status_code == 404


# --- preferences ---------------------------------------------------------------------------------------------------
def prefer(client, **more):
    wish = {"do": "preferences", "coordinates": "degrees", "brightness": "flux", "time_zone": "Europe/Paris"}
    return client.post(PROFILE, wish | more)


def test_preferences_reach_every_session_at_once(member, browse, django_capture_on_commit_callbacks):
    here, there = browse(member), browse(member)
    with django_capture_on_commit_callbacks(execute=True):
        assert prefer(here).status_code == 302
    for client in (here, there, browse(member)):
        assert 'data-time-zone="Europe/Paris"' in text_of(client.get("/"))
    with django_capture_on_commit_callbacks(execute=True):
        assert prefer(there, time_zone="").status_code == 302
    assert "data-time-zone" not in text_of(here.get("/"))


def test_positions_and_light_curves_are_shown_as_preferred(member, grandma, browse):
    target = make_target("AT2024abc", group=grandma, ra=197.45035, dec=-23.38148)
    make_points(3, target, grandma)
    pages = f"/targets/{target.pk}/", f"/photometry/targets/{target.pk}/"
    client = browse(member)
    before = [text_of(client.get(page)) for page in pages]
    assert '<span title="197.45035 -23.38148">13:09:48.08 -23:22:53.3</span>' in before[0]
    assert "selected" not in before[1].split("</select>")[0]
    assert prefer(client).status_code == 302
    after = [text_of(client.get(page)) for page in pages]
    assert '<span title="13:09:48.08 -23:22:53.3">197.45035 -23.38148</span>' in after[0]
    assert '<option value="flux" selected>' in after[1]
    assert prefer(client, brightness="furlongs").status_code == 400


def test_unknown_time_zones_are_refused(member, browse):
    answer = prefer(browse(member), time_zone="Mars/Olympus")
    assert answer.status_code == 400
    assert "time_zone" in answer.context["preferences_form"].errors


def test_mails_go_to_confirmed_addresses_only(member, browse):
    EmailAddress.objects.create(user=member, email="night@example.org", verified=False)
    client = browse(member)
    assert prefer(client, notification_email="night@example.org").status_code == 400
    assert prefer(client, notification_email="stranger@example.org").status_code == 400
    EmailAddress.objects.update(verified=True)
    assert prefer(client, notification_email="night@example.org").status_code == 302
    assert address_for(member) == "night@example.org"
    EmailAddress.objects.all().delete()
    assert address_for(member) == member.email


def test_groups_to_share_with_are_ones_own_and_end_with_the_membership(member, grandma, browse):
    other = make_group("Another group")
    client = browse(member)
    assert prefer(client, share_groups=[other.pk]).status_code == 400
    Membership.objects.create(user=member, group=other, role="full")
    assert prefer(client, share_groups=[other.pk]).status_code == 302
    assert share_groups_of(member) == [other]
    Membership.objects.get(user=member, group=other).delete()
    assert share_groups_of(member) == []
    assert Preferences.objects.get().share_groups.count() == 1


def test_preferences_of_others_are_not_visible(member, stranger):
    save_preferences(member, time_zone="", coordinates="degrees", notification_email="", share_groups=[])
    assert Preferences.objects.visible_to(member).count() == 1
    assert not Preferences.objects.visible_to(stranger).exists()


def test_a_name_is_kept(member, browse):
    wish = {"do": "name", "first_name": "Jean", "last_name": "Côte", "username": "root", "is_superuser": "1"}
    assert browse(member).post(PROFILE, wish).status_code == 302
    member.refresh_from_db()
    assert (member.first_name, member.username, member.is_superuser) == ("Jean", "member", False)


# --- sessions ------------------------------------------------------------------------------------------------------
def sign_in(**headers) -> Client:
    client = Client(headers=headers)
    client.post("/accounts/login/", {"login": "member", "password": "correct-horse"})
    assert "_auth_user_id" in client.session
    return client


def test_sessions_are_listed_with_device_and_place_and_ended_one_by_one(member):
    here, there = sign_in(), sign_in(user_agent=AGENT)
    page = here.get(PROFILE)
    assert "Firefox on Linux" in text_of(page)
    assert "127.0.0.1" in text_of(page)
    assert there.session.session_key not in text_of(page)
    this, other = page.context["sessions"]
    assert (this.is_this, other.is_this) == (True, False)
    assert here.post(PROFILE, {"do": "end", "session": other.handle}).status_code == 302
    assert there.get(PROFILE).status_code == 302
    assert here.get(PROFILE).status_code == 200
    assert here.post(PROFILE, {"do": "end", "session": other.handle}).status_code == 404


def test_sessions_of_others_cannot_be_ended(member, browse):
    mine = sign_in()
    handle = mine.get(PROFILE).context["sessions"][0].handle
    assert browse(make_user("second")).post(PROFILE, {"do": "end", "session": handle}).status_code == 404
    assert mine.get(PROFILE).status_code == 200


def test_all_others_are_signed_out_at_once(member):
    here, *others = sign_in(), sign_in(), sign_in()
    assert here.post(PROFILE, {"do": "others"}).status_code == 302
    assert [client.get(PROFILE).status_code for client in others] == [302, 302]
    assert here.get(PROFILE).status_code == 200


# --- the bar -------------------------------------------------------------------------------------------------------
def test_managers_see_how_many_requests_wait(grandma, member, browse):
    from icare_tom.members.admission import file_admission

    for number in range(3):
        person = make_user(f"applicant{number}", active=False)
        file_admission(person, affiliation="x", groups_wanted=[grandma], email=person.email, email_verified=number > 0)
    manager = make_user("manager", grandma, role="group-admin")
    assert "2<span" in text_of(browse(manager).get("/members/groups/"))
    assert "/members/admissions/" not in text_of(browse(member).get("/members/groups/"))
