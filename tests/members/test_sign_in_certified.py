"""Signing in through a provider certified by the OpenID Foundation, which is as strict as the real ones."""

import os
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from icare_tom.members.admission import approve
from icare_tom.members.admission_models import AdmissionRequest
from tests.factories import make_user
from tests.tools.identity.certified_provider import is_there, running_provider
from tests.tools.identity.openid import IAM_CLAIMS, ORCID, ORCID_CLAIMS, SLACK_CLAIMS

MARLO, SLACKER = "7f1c2a9e-iam", "U0TEST"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not is_there() and not os.environ.get("ICARE_REQUIRE_CERTIFIED"),
        reason="needs Node.js and oidc-provider: make sign-in installs it",
    ),
]
FORM = {
    "username": "mrossi",
    "email": "marlo.rossi@example.org",
    "first_name": "Marlo",
    "last_name": "Rossi",
    "affiliation": "An observatory on a hill; follow-up of bursts.",
}


@pytest.fixture(scope="module")
def _certified():
    with running_provider({MARLO: IAM_CLAIMS, ORCID: ORCID_CLAIMS, SLACKER: SLACK_CLAIMS}) as provider:
        yield provider


@pytest.fixture
def certified(_certified, settings):
    """The provider under the names of INDIGO IAM, ORCID and Slack."""
    cache.clear()
    slack = {"required_claims": {"https://slack.com/team_id": ["T0GRANDMA"]}}
    post, basic = ({"token_auth_method": f"client_secret_{way}"} for way in ("post", "basic"))
    apps = [
        _certified.app("iam", **post), _certified.app("orcid", **basic), _certified.app("slack", **slack, **basic)
    ]  # fmt: skip
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": apps}}
    return _certified


@pytest.fixture
def enter(certified, leave, come_back):
    """The whole way: the button, the provider, and back."""

    def go(client: Client, subject: str = MARLO, key: str = "iam", *, agrees: bool = True, **fields: str):
        return come_back(client, certified.authorize(leave(client, key, **fields), subject, agrees=agrees))

    return go


def with_query(address: str, **changed: str | None) -> str:
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query)) | changed
    return urlunsplit(parts._replace(query=urlencode({name: value for name, value in query.items() if value})))


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_from_the_first_visit_to_the_first_page(enter, grandma):
    manager, client = make_user("manager", grandma, role="group-admin"), Client()
    assert enter(client)["Location"] == "/accounts/3rdparty/signup/"
    page = client.get("/accounts/3rdparty/signup/").content.decode()
    assert "mrossi" in page
    assert client.post("/accounts/3rdparty/signup/", FORM)["Location"] == "/accounts/inactive/"
    assert not User.objects.get(username="mrossi").is_active
    assert not is_signed_in(client)
    approve(AdmissionRequest.objects.get(), grandma, "full", by=manager)
    assert enter(client, next="/events/")["Location"] == "/events/"
    assert client.get("/events/").status_code == 200
    assert SocialAccount.objects.get().uid == MARLO


@pytest.mark.parametrize(("key", "subject"), [("orcid", ORCID), ("slack", SLACKER)])
def test_others_are_linked_to_the_same_person(key, subject, enter, grandma):
    user, client = make_user("mrossi", grandma), Client()
    client.post("/accounts/login/", {"login": "mrossi", "password": "correct-horse"})
    client.post("/accounts/reauthenticate/", {"password": "correct-horse"})
    assert enter(client, subject, key, process="connect").status_code == 302
    assert SocialAccount.objects.get(user=user).provider == key
    other = Client()
    enter(other, subject, key)
    assert other.session["_auth_user_id"] == str(user.pk)


def test_somebody_of_another_workspace_is_refused(enter, settings, grandma):
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][2]["settings"]["required_claims"] = {
        "https://slack.com/team_id": ["T0OTHER"]
    }
    client = Client()
    enter(client, SLACKER, "slack")
    assert not is_signed_in(client)
    assert not User.objects.filter(socialaccount__uid=SLACKER).exists()


def test_the_provider_insists_on_pkce_and_gets_it(certified, leave, come_back):
    client = Client()
    address = leave(client)
    assert "code_challenge_method=S256" in address
    refused = certified.authorize(with_query(address, code_challenge=None, code_challenge_method=None), MARLO)
    assert "error=invalid_request" in refused
    come_back(client, refused)
    assert not is_signed_in(client)


def test_a_code_is_good_once_and_in_the_browser_that_asked(certified, leave, come_back, enter):
    client, thief = Client(), Client()
    back = certified.authorize(leave(client), MARLO)
    come_back(thief, back)
    assert "socialaccount_sociallogin" not in thief.session
    assert come_back(client, back)["Location"] == "/accounts/3rdparty/signup/"
    again = Client()
    leave(again)
    come_back(again, back)
    assert "socialaccount_sociallogin" not in again.session


def test_a_code_of_another_verifier_is_refused(certified, leave, come_back):
    """Put into another sign-in of the same browser: the state fits, the proof does not."""
    first, second = Client(), Client()
    stolen = dict(parse_qsl(urlsplit(certified.authorize(leave(first), MARLO)).query))["code"]
    come_back(second, with_query(certified.authorize(leave(second), MARLO), code=stolen))
    assert "socialaccount_sociallogin" not in second.session


def test_who_says_no_there_is_told_so_here(enter):
    client = Client()
    answer = enter(client, agrees=False)
    assert answer["Location"] == "/accounts/3rdparty/login/cancelled/"
    assert not is_signed_in(client)


def test_a_wrong_secret_lets_nobody_in(certified, settings, enter):
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["secret"] = "another"
    client = Client()
    answer = enter(client)
    assert answer.status_code in (200, 302, 400, 401, 403)
    assert "socialaccount_sociallogin" not in client.session
    assert not is_signed_in(client)
