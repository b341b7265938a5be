"""Signing in through a real OpenID Connect provider: the first time, the next, and several for one person."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from icare_tom.members.admission import approve, confirm_email
from icare_tom.members.admission_models import AdmissionRequest, AdmissionState
from tests.factories import make_user
from tests.members.conftest import MARLO, SLACKER
from tests.tools.identity.openid import ORCID

pytestmark = pytest.mark.django_db
FORM = {
    "username": "mrossi",
    "email": "marlo.rossi@example.org",
    "first_name": "Marlo",
    "last_name": "Rossi",
    "affiliation": "An observatory on a hill; follow-up of bursts.",
}


def apply(client: Client, **fields: str):
    return client.post("/accounts/3rdparty/signup/", FORM | fields)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_first_time_ends_as_a_closed_account_with_a_request(provider, sign_in, grandma):
    client = Client()
    answer = sign_in(client)
    assert answer["Location"] == "/accounts/3rdparty/signup/"
    page = client.get(answer["Location"]).content.decode()
    assert "mrossi" in page
    assert "marlo.rossi@example.org" in page
    answer = apply(client, groups_wanted=grandma.pk)
    assert answer["Location"] == "/accounts/inactive/"
    assert b"waits for a decision" in client.get("/accounts/inactive/").content
    user = User.objects.get(username="mrossi")
    assert not user.is_active
    assert not user.groups.exists()
    assert not user.has_usable_password()
    request = AdmissionRequest.objects.get(user=user)
    assert request.state == AdmissionState.WAITING, "the provider says that the e-mail is verified"
    assert (request.came_by, request.affiliation) == ("iam", FORM["affiliation"])
    assert list(request.groups_wanted.all()) == [grandma]
    identity = SocialAccount.objects.get(user=user)
    assert (identity.provider, identity.uid) == ("iam", MARLO)
    assert "groups" not in identity.extra_data, "no more is kept than is needed"
    assert not SocialToken.objects.exists()
    assert not is_signed_in(client)
    assert client.get("/events/").status_code == 302


def test_from_the_first_visit_to_the_first_page(provider, sign_in, grandma):
    manager, client = make_user("manager", grandma, role="group-admin"), Client()
    sign_in(client)
    apply(client)
    approve(AdmissionRequest.objects.get(), grandma, "full", by=manager)
    assert sign_in(client, next="/events/")["Location"] == "/events/"
    assert client.get("/events/").status_code == 200
    assert client.session["_auth_user_id"] == str(User.objects.get(username="mrossi").pk)


def test_coming_back_before_the_decision_leads_to_how_the_request_stands(provider, sign_in, grandma):
    client = Client()
    sign_in(client)
    apply(client)
    other = Client()
    assert sign_in(other)["Location"] == "/accounts/inactive/"
    assert b"waits for a decision" in other.get("/accounts/inactive/").content
    assert AdmissionRequest.objects.count() == 1


def test_an_affiliation_is_asked_for(provider, sign_in, grandma):
    client = Client()
    sign_in(client)
    assert apply(client, affiliation="  ").status_code == 200
    assert not User.objects.filter(username="mrossi").exists()


def test_orcid_gives_no_e_mail_so_ours_is_confirmed(provider, sign_in, grandma):
    client = Client()
    assert sign_in(client, ORCID, "orcid")["Location"] == "/accounts/3rdparty/signup/"
    apply(client, email="carberry@example.org", username="carberry")
    request = AdmissionRequest.objects.get()
    assert (request.state, request.came_by) == (AdmissionState.UNCONFIRMED, "orcid")
    confirm_email(request)
    request.refresh_from_db()
    assert request.state == AdmissionState.WAITING


def test_slack_of_our_workspace(provider, sign_in, grandma):
    client = Client()
    assert sign_in(client, SLACKER, "slack")["Location"] == "/accounts/3rdparty/signup/"
    apply(client, email="marlo@example.org")
    assert AdmissionRequest.objects.get().came_by == "slack"


def test_the_provider_is_asked_with_all_that_protects(provider, sign_in):
    sign_in(Client())
    asked = provider.asked[0]
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["nonce"]) >= 32
    assert len(asked["state"]) >= 16
    assert asked["redirect_uri"] == "http://testserver/accounts/oidc/iam/login/callback/"
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}


def test_who_declines_at_the_provider_is_told_kindly(provider, leave, come_back):
    client = Client()
    answer = come_back(client, provider.deny(leave(client)))
    assert answer["Location"] == "/accounts/3rdparty/login/cancelled/"
    assert b"You stopped on the way" in client.get(answer["Location"]).content


def test_a_button_on_a_page_leads_on_without_a_redirect(provider):
    """Chromium holds form-action against redirects that follow a form."""
    page = Client().post("/accounts/oidc/iam/login/", {"by-page": "1"})
    assert page.status_code == 200
    assert f'content="0;url={provider.url}/oauth2/authorize?' in page.content.decode()


def test_buttons_are_there_for_what_settings_switch_on(provider, settings):
    page = Client().get("/accounts/login/").content.decode()
    assert [f"Sign in with {name}" in page for name in ("INDIGO IAM", "ORCID", "Slack")] == [True] * 3
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert "Sign in with" not in Client().get("/accounts/login/").content.decode()


@pytest.mark.parametrize("key", ["nobody", "openid_connect", "saml"])
def test_a_provider_that_is_not_there_is_not_found(provider, key):
    for path in (f"/accounts/oidc/{key}/login/", f"/accounts/oidc/{key}/login/callback/"):
        assert Client().get(path).status_code == 404


# --- several for one person -------------------------------------------------------------------------------------------
@pytest.fixture
def at_home(member):
    """Somebody who signed in with a password just now."""
    client = Client()
    client.post("/accounts/login/", {"login": "member", "password": "correct-horse"})
    client.post("/accounts/reauthenticate/", {"password": "correct-horse"})
    return client


def test_one_person_has_several_identities(provider, sign_in, at_home, member, settings):
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    for subject, key in ((MARLO, "iam"), (ORCID, "orcid"), (SLACKER, "slack")):
        assert sign_in(at_home, subject, key, process="connect")["Location"] == "/accounts/3rdparty/"
    for path in ("/accounts/3rdparty/", "/members/profile/"):
        page = at_home.get(path).content.decode()
        assert all(f"<strong>{name}</strong>" in page for name in ("INDIGO IAM", "ORCID", "Slack"))
    assert [letter.to for letter in mail.outbox] == [[member.email]] * 3, "the owner is told of each"
    for subject, key in ((MARLO, "iam"), (ORCID, "orcid"), (SLACKER, "slack")):
        client = Client()
        sign_in(client, subject, key)
        assert client.session["_auth_user_id"] == str(member.pk)


def test_connecting_takes_no_e_mail_over(provider, sign_in, at_home, member):
    sign_in(at_home, process="connect")
    assert User.objects.get(pk=member.pk).email == "member@example.org"
    assert not EmailAddress.objects.filter(email="marlo.rossi@example.org").exists()


def test_an_identity_is_taken_away_again(provider, sign_in, at_home, member):
    sign_in(at_home, process="connect")
    identity = SocialAccount.objects.get(user=member)
    assert at_home.post("/accounts/3rdparty/", {"account": identity.pk})["Location"] == "/accounts/3rdparty/"
    assert not SocialAccount.objects.exists()


def test_the_last_way_in_cannot_be_taken_away(provider, sign_in, at_home, member, settings):
    sign_in(at_home, process="connect")
    sign_in(at_home, ORCID, "orcid", process="connect")
    member.set_unusable_password()
    member.save()
    client = Client()
    sign_in(client)
    first, second = SocialAccount.objects.filter(user=member).order_by("pk")
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"].pop(1)
    answer = client.post("/accounts/3rdparty/", {"account": first.pk})
    assert b"last way you can sign in" in answer.content, "ORCID is switched off: it is no way in"
    assert client.get("/accounts/3rdparty/").status_code == 200
    client.post("/accounts/3rdparty/", {"account": second.pk})
    assert list(SocialAccount.objects.filter(user=member)) == [first]


def test_nobody_takes_away_the_identity_of_others(provider, at_home, grandma):
    other = SocialAccount.objects.create(user=make_user("other", grandma), provider="iam", uid="x")
    assert at_home.post("/accounts/3rdparty/", {"account": other.pk}).status_code == 200
    assert SocialAccount.objects.filter(pk=other.pk).exists()
