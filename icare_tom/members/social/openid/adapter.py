"""Asking a provider who somebody is: discovery, token, keys, userinfo."""

from typing import Any, cast
from urllib.parse import urlsplit

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from icare_tom.members.social.claims import Refused, as_object, check_required, subject_of
from icare_tom.members.social.openid.id_token import read_id_token

WELL_KNOWN = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_safe_endpoint(address: Any) -> bool:
    """Whether secrets may be sent to an address: encrypted, or this very machine."""
    if not isinstance(address, str):
        return False
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


class OpenIDAdapter(OpenIDConnectOAuth2Adapter):
    """One provider, by its name in the settings. `nonce` is what this visitor's sign-in began with."""

    nonce = ""

    def get_provider(self) -> Any:
        """Return the provider of this name.

        Raises
        ------
        SocialApp.DoesNotExist
            When the settings have none.
        """
        for app in get_adapter(self.request).list_apps(self.request, provider="openid_connect"):
            if app.provider_id == self.provider_id:
                return app.get_provider(self.request)
        raise SocialApp.DoesNotExist

    @property
    def openid_config(self) -> dict[str, Any]:
        """Where the provider's addresses are, as it says itself.

        Raises
        ------
        Refused
            When it poses as another one (OpenID Connect Discovery 1.0, 4.3) or names addresses that are not encrypted.
        """
        if not hasattr(self, "_config"):
            address = self.get_provider().server_url
            config = self._fetch(address, "the provider's description")
            if str(config.get("issuer", "")).rstrip("/") != address.removesuffix(WELL_KNOWN).rstrip("/"):
                raise Refused(f"{address} describes another provider: {config.get('issuer')!r}")
            if unsafe := [name for name in ENDPOINTS if not is_safe_endpoint(config.get(name))]:
                raise Refused(f"the provider's {', '.join(unsafe)} is missing or not encrypted")
            self._config = config
        return self._config

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """Return the access token; it serves this once and is not stored, so that its life does not matter."""
        token = data.get("access_token")
        if not isinstance(token, str):
            raise Refused("the access token is missing")
        return SocialToken(token=token)

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Return who signed in, once id_token and userinfo agree."""
        identity = read_id_token(
            kwargs["response"].get("id_token"),
            self._fetch(self.openid_config["jwks_uri"], "the provider's list of keys"),
            issuer=self.openid_config["issuer"],
            client_id=app.client_id,
            nonce=self.nonce,
        )
        said = self._fetch(self.openid_config["userinfo_endpoint"], "userinfo", token.token)
        if not constant_time_compare(subject_of(said), subject_of(identity)):
            raise Refused("userinfo is about somebody else than the id_token")
        check_required([identity, said], app.settings.get("required_claims", {}))
        claims = identity | said
        # Whether an e-mail is verified is only known from whoever named it.
        claims["email_verified"] = (said if "email" in said else identity).get("email_verified")
        return self.get_provider().sociallogin_from_response(request, claims)

    def _fetch(self, address: str, what: str, token: str = "") -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with get_adapter().get_requests_session() as session:
            answer = session.get(address, headers=headers, allow_redirects=False)
            answer.raise_for_status()
            return as_object(cast(Any, answer.json()), what)
