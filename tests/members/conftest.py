"""Providers to sign in with, and the way to them and back."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.test import Client

from icare_tom.members.social.institution_models import Institution
from icare_tom.members.social.saml.federation import keep, read_list
from tests.tools.identity.openid import IAM_CLAIMS, ORCID, ORCID_CLAIMS, SLACK_CLAIMS, app_of, running_provider
from tests.tools.identity.saml import EVERYBODY, running_institution

MARLO = "7f1c2a9e-iam"
SLACKER = "U0TEST"


@pytest.fixture(scope="module")
def _openid():
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(_openid, settings):
    """A provider this site knows as INDIGO IAM, ORCID and Slack at once, with somebody at each."""
    cache.clear()
    _openid.sign = _openid.userinfo = _openid.describe = None
    _openid.asked.clear()
    _openid.set_user(MARLO, IAM_CLAIMS)
    _openid.set_user(ORCID, ORCID_CLAIMS)
    _openid.set_user(SLACKER, SLACK_CLAIMS)
    slack = {"required_claims": {"https://slack.com/team_id": ["T0GRANDMA"]}}
    apps = [app_of(_openid), app_of(_openid, "orcid"), app_of(_openid, "slack", **slack)]
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": apps}}
    return _openid


@pytest.fixture
def leave() -> Callable[..., str]:
    """Press the button of a provider; returns where it leads."""

    def press(client: Client, key: str = "iam", **fields: str) -> str:
        answer = client.post(f"/accounts/oidc/{key}/login/", fields)
        assert answer.status_code == 302, answer.content
        return answer["Location"]

    return press


@pytest.fixture
def come_back():
    """Follow the address a provider sends somebody back to."""

    def follow(client: Client, address: str):
        parts = urlsplit(address)
        assert parts.netloc == "testserver"
        return client.get(f"{parts.path}?{parts.query}")

    return follow


@pytest.fixture
def sign_in(provider, leave, come_back):
    """The whole way: the button, the provider, and back."""

    def go(client: Client, subject: str = MARLO, key: str = "iam", **fields: str):
        return come_back(client, provider.authorize(leave(client, key, **fields), subject))

    return go


@pytest.fixture(scope="module")
def _institution(tmp_path_factory):
    with running_institution(tmp_path_factory.mktemp("institution")) as institution:
        yield institution


@pytest.fixture
def institution(_institution, settings, db):
    """An institution of a federation this site is in; both know of each other."""
    cache.clear()
    _institution.turn = None
    _institution.people = {name: dict(values) for name, values in EVERYBODY.items()}
    app = {"provider_id": "edugain", "client_id": "edugain", "name": "eduGAIN", "settings": {}}
    settings.SOCIALACCOUNT_PROVIDERS = {"saml": {"APPS": [app]}}
    keep(read_list(_institution.metadata, None))
    _institution.meet(Client().get("/accounts/saml/edugain/metadata/").content)
    return _institution


@pytest.fixture
def choose(institution):
    """Choose the institution; returns where that leads."""

    def press(client: Client, **fields: str) -> str:
        row = Institution.objects.get(entity_id=institution.entity_id)
        answer = client.post("/accounts/saml/edugain/login/", {"institution": row.pk, **fields})
        assert answer.status_code == 302, answer.content
        return answer["Location"]

    return press


@pytest.fixture
def hand_in():
    """Bring an institution's answer here, in two steps as a browser does: the first comes without cookies."""

    def post(client: Client, answer: str):
        aside = Client()
        put = aside.post(
            "/accounts/saml/edugain/acs/", {"SAMLResponse": answer, "RelayState": "https://elsewhere.example/"}
        )
        if put.status_code != 302:
            return put
        client.cookies["saml-acs-session"] = aside.cookies["saml-acs-session"].value
        return client.get(put["Location"])

    return post
