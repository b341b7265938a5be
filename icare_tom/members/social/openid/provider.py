"""One OpenID Connect provider as this site sees it.

Its settings: `server_url`, `scope`, `required_claims` (claim -> values let in), `oauth_pkce_enabled`.
"""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string

from icare_tom.members.social.claims import Refused, is_true, subject_of, text
from icare_tom.members.social.openid.adapter import OpenIDAdapter

NAMES = {
    "username": "preferred_username",
    "name": "name",
    "first_name": "given_name",
    "last_name": "family_name",
}


class OpenIDProvider(OpenIDConnectProvider):
    """Somebody is their subject there; of what else is said only name and e-mail are kept."""

    package = "icare_tom.members.social.openid"
    oauth2_adapter_class = OpenIDAdapter
    pkce_enabled_default = True
    # A token handed in from elsewhere could be one that was made for another sign-in.
    supports_token_authentication = False

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Send a visitor to the provider, with a nonce that its id_token must bring back."""
        nonce = get_random_string(32)
        kwargs |= {"scope": self.get_scope(), "auth_params": self.get_auth_params() | {"nonce": nonce}}
        if process not in (AuthProcess.LOGIN, AuthProcess.CONNECT):
            process = AuthProcess.LOGIN
        answer: HttpResponse = OAuth2Provider.redirect(self, request, process, next_url, data, nonce=nonce, **kwargs)
        return answer

    def verify_token(self, request: HttpRequest, token: Any) -> Any:
        """Refuse tokens that came by another way than a sign-in here."""
        raise Refused("tokens are only taken from the provider itself")

    def extract_uid(self, data: dict[str, Any]) -> str:
        """Return the subject, whatever else the provider would rather be known by."""
        return subject_of(data)

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return name and e-mail as suggestions for the form."""
        return {field: text(data.get(claim)) for field, claim in NAMES.items()} | {"email": text(data.get("email"))}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """Return the e-mail, verified only when the provider says so in so many words."""
        email = text(data.get("email"))
        return [EmailAddress(email=email, verified=is_true(data.get("email_verified")), primary=True)] if email else []

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return what is kept with the identity: enough to recognise it on one's profile."""
        known = {claim: text(data.get(claim)) for claim in (*NAMES.values(), "email")}
        return {"sub": subject_of(data)} | {claim: value for claim, value in known.items() if value}


provider_classes = [OpenIDProvider]
