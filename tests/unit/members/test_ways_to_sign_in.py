"""Which ways to sign in an environment switches on."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from icare_tom.settings.sign_in import SLACK_WORKSPACE_CLAIM, federation_apps, openid_apps

IAM = {"ICARE_IAM_URL": "https://iam.example.org", "ICARE_IAM_CLIENT_ID": "a", "ICARE_IAM_CLIENT_SECRET": "s"}
ORCID = {"ICARE_ORCID_CLIENT_ID": "b", "ICARE_ORCID_CLIENT_SECRET": "s"}
SLACK = {"ICARE_SLACK_CLIENT_ID": "c", "ICARE_SLACK_CLIENT_SECRET": "s", "ICARE_SLACK_WORKSPACE": "T1"}


def test_without_settings_there_are_none():
    assert openid_apps({}) == []
    assert federation_apps({}) == []


def test_all_three():
    iam, orcid, slack = openid_apps(IAM | ORCID | SLACK | {"ICARE_IAM_NAME": "GRANDMA IAM"})
    assert [app["provider_id"] for app in (iam, orcid, slack)] == ["iam", "orcid", "slack"]
    assert iam["name"] == "GRANDMA IAM"
    assert orcid["settings"]["server_url"] == "https://orcid.org"
    assert orcid["settings"]["scope"] == ["openid"], "ORCID knows no other"
    assert slack["settings"]["required_claims"] == {SLACK_WORKSPACE_CLAIM: ["T1"]}
    assert all(app["settings"]["oauth_pkce_enabled"] for app in (iam, orcid, slack))


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        (IAM | {"ICARE_IAM_CLIENT_SECRET": ""}, "ICARE_IAM_CLIENT_SECRET"),
        (IAM | {"ICARE_IAM_URL": ""}, "ICARE_IAM_URL"),
        (IAM | {"ICARE_IAM_URL": "http://iam.example.org"}, "https"),
        (SLACK | {"ICARE_SLACK_WORKSPACE": ""}, "ICARE_SLACK_WORKSPACE"),
        (IAM | ORCID | {"ICARE_ORCID_CLIENT_ID": "a"}, "same client id"),
    ],
)
def test_halves_are_refused_and_named(environment, word):
    with pytest.raises(ImproperlyConfigured, match=word):
        openid_apps(environment)


def test_a_federation_with_a_key_of_ours(tmp_path):
    (tmp_path / "saml.crt").write_text("certificate")
    (tmp_path / "saml.key").write_text("key")
    environment = {
        "ICARE_EDUGAIN_METADATA": "https://federation.example/list.xml",
        "ICARE_EDUGAIN_CERTIFICATE": str(tmp_path / "saml.crt"),
        "ICARE_EDUGAIN_PRIVATE_KEY": str(tmp_path / "saml.key"),
    }
    (app,) = federation_apps(environment)
    assert (app["client_id"], app["settings"]["private_key"]) == ("edugain", "key")
    with pytest.raises(ImproperlyConfigured, match="both"):
        federation_apps(environment | {"ICARE_EDUGAIN_PRIVATE_KEY": ""})
    with pytest.raises(ImproperlyConfigured, match="ICARE_EDUGAIN_CERTIFICATE"):
        federation_apps(environment | {"ICARE_EDUGAIN_CERTIFICATE": str(tmp_path / "nowhere")})
