"""Who may sign in by what. Providers come from the environment alone; without any, people sign in with a password.

===========  ==============================================================================================
INDIGO IAM   ``ICARE_IAM_URL``, ``ICARE_IAM_CLIENT_ID``, ``ICARE_IAM_CLIENT_SECRET`` (or any OpenID provider)
ORCID        ``ICARE_ORCID_CLIENT_ID``, ``ICARE_ORCID_CLIENT_SECRET``
Slack        ``ICARE_SLACK_CLIENT_ID``, ``ICARE_SLACK_CLIENT_SECRET``, ``ICARE_SLACK_WORKSPACE``
eduGAIN      ``ICARE_EDUGAIN_METADATA`` (file or address), ``ICARE_EDUGAIN_METADATA_CERTIFICATE``,
             ``ICARE_EDUGAIN_CERTIFICATE`` and ``ICARE_EDUGAIN_PRIVATE_KEY`` (files, PEM), ``ICARE_EDUGAIN_ENTITY_ID``
===========  ==============================================================================================

``ICARE_<KEY>_NAME`` is what a button says, ``ICARE_<KEY>_URL`` where another server is, such as ORCID's sandbox.
``docs/operating/sign-in.md`` has an example of each.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from tom_common.default_settings import TOMTOOLKIT_AUTHENTICATION_BACKENDS

# key -> what its button says, its address, what is asked for.
_OPENID: dict[str, tuple[str, str, list[str]]] = {
    "IAM": ("the collaboration's account", "", ["openid", "profile", "email"]),
    "ORCID": ("ORCID", "https://orcid.org", ["openid"]),
    "SLACK": ("Slack", "https://slack.com", ["openid", "profile", "email"]),
}
SLACK_WORKSPACE_CLAIM = "https://slack.com/team_id"


def openid_apps(environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the OpenID Connect providers that an environment switches on.

    Raises
    ------
    ImproperlyConfigured
        When one is named by halves, not encrypted, or shares its client id with another.
    """
    apps = [_openid_app(key, environment) for key in _OPENID if environment.get(f"ICARE_{key}_CLIENT_ID")]
    clients = [app["client_id"] for app in apps]
    if len(set(clients)) < len(clients):
        raise ImproperlyConfigured("Two ways to sign in have the same client id; register this site once with each.")
    return apps


def _openid_app(key: str, environment: Mapping[str, str]) -> dict[str, Any]:
    name, address, scope = _OPENID[key]
    address = environment.get(f"ICARE_{key}_URL") or address
    secret = environment.get(f"ICARE_{key}_CLIENT_SECRET", "")
    if not (address and secret):
        raise ImproperlyConfigured(f"ICARE_{key}_CLIENT_ID is set; set ICARE_{key}_URL and ICARE_{key}_CLIENT_SECRET.")
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ImproperlyConfigured(f"ICARE_{key}_URL must begin with https://: secrets go there.")
    settings: dict[str, Any] = {"server_url": address, "scope": scope, "oauth_pkce_enabled": True}
    if key == "SLACK":
        workspace = environment.get("ICARE_SLACK_WORKSPACE", "")
        if not workspace:
            raise ImproperlyConfigured("Set ICARE_SLACK_WORKSPACE (T…): otherwise anybody with any Slack could apply.")
        settings["required_claims"] = {SLACK_WORKSPACE_CLAIM: [workspace]}
    return {
        "provider_id": key.lower(),
        "name": environment.get(f"ICARE_{key}_NAME") or name,
        "client_id": environment[f"ICARE_{key}_CLIENT_ID"],
        "secret": secret,
        "settings": settings,
    }


def federation_apps(environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the federation of institutions that an environment switches on: one button, many institutions.

    Raises
    ------
    ImproperlyConfigured
        When one half of our own key is missing, or a file cannot be read.
    """
    if not environment.get("ICARE_EDUGAIN_METADATA"):
        return []
    settings = {
        "entity_id": environment.get("ICARE_EDUGAIN_ENTITY_ID", ""),
        "certificate": _file("ICARE_EDUGAIN_CERTIFICATE", environment),
        "private_key": _file("ICARE_EDUGAIN_PRIVATE_KEY", environment),
    }
    if bool(settings["certificate"]) != bool(settings["private_key"]):
        raise ImproperlyConfigured("Set both ICARE_EDUGAIN_CERTIFICATE and ICARE_EDUGAIN_PRIVATE_KEY, or neither.")
    name = environment.get("ICARE_EDUGAIN_NAME") or "your institution (eduGAIN)"
    return [{"provider_id": "edugain", "client_id": "edugain", "name": name, "settings": settings}]


def _file(name: str, environment: Mapping[str, str]) -> str:
    try:
        return Path(environment[name]).read_text() if environment.get(name) else ""
    except OSError as missing:
        raise ImproperlyConfigured(f"{name}: {missing}") from None


# Roles answer what people may do; the others say who they are.
AUTHENTICATION_BACKENDS = [*TOMTOOLKIT_AUTHENTICATION_BACKENDS, "icare_tom.members.backend.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

# Everybody may ask for an account; it is closed until somebody approves it.
TOM_REGISTRATION_STRATEGY = "approval_required"
ACCOUNT_ADAPTER = "icare_tom.members.sign_up.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "icare_tom.members.sign_up.SignUpForm"

SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, Any]] = {
    "openid_connect": {"APPS": openid_apps(os.environ)},
    "saml": {"APPS": federation_apps(os.environ)},
}
# Where `manage.py load_institutions` finds the list, and what it must be signed with.
ICARE_FEDERATION = {
    "metadata": os.environ.get("ICARE_EDUGAIN_METADATA", ""),
    "metadata_certificate": os.environ.get("ICARE_EDUGAIN_METADATA_CERTIFICATE", ""),
}
SOCIALACCOUNT_ADAPTER = "icare_tom.members.social.adapter.SocialAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = False
# Only a button of ours starts a sign-in: otherwise a link elsewhere could sign somebody in as somebody else.
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
# A browser left alone must not get a second way in: the password is asked for again.
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
SOCIALACCOUNT_FORMS = {"disconnect": "icare_tom.members.social.forms.TakeAwayForm"}
# People are told by mail when a way to sign in, a password or an e-mail of theirs changes.
ACCOUNT_EMAIL_NOTIFICATIONS = True
# A new e-mail takes the old one's place once a link in a mail to it was opened.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_FORMS = {
    "add_email": "icare_tom.members.email_forms.ChangeEmailForm",
    "reset_password": "icare_tom.members.password_forms.LostPasswordForm",
    "user_token": "icare_tom.members.password_forms.LinkForm",
}
# A lost password is set anew by a link in a mail. Nobody is told whether an e-mail has an account, its owner neither.
TOM_PASSWORD_RESET_ENABLED = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_RATE_LIMITS = {"reset_password": "20/m/ip,5/h/key"}
PASSWORD_RESET_TIMEOUT = 4 * 3600
# A mail server that hangs must not hold a page up.
EMAIL_TIMEOUT = 10
