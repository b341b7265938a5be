"""Providers to sign in with, and the way to them and back."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.test import Client

from tests.tools.identity.openid import IAM_CLAIMS, ORCID, ORCID_CLAIMS, SLACK_CLAIMS, app_of, running_provider

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
