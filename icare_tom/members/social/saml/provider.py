"""Somebody of an institution: who they are there, for good."""

import hashlib
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.saml.provider import SAMLProvider
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Saml

from icare_tom.members.social.claims import Refused, text
from icare_tom.members.social.institution_models import Institution
from icare_tom.members.social.saml.configuration import as_sent, configuration

# What names one person for good, the best first. eduPersonPrincipalName and e-mails are given to others later.
SUBJECTS = (
    "urn:oasis:names:tc:SAML:attribute:subject-id",
    "urn:oasis:names:tc:SAML:attribute:pairwise-id",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.13",
)
NAMES = {
    "first_name": ("urn:oid:2.5.4.42",),
    "last_name": ("urn:oid:2.5.4.4",),
    "name": ("urn:oid:2.16.840.1.113730.3.1.241", "urn:oid:2.5.4.3"),
    "email": ("urn:oid:0.9.2342.19200300.100.1.3",),
}


class FederationProvider(SAMLProvider):
    """All institutions of a federation behind one button."""

    package = "icare_tom.members.social.saml"

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Send a visitor to the institution they chose; only its answer to this very request is taken."""
        institution: Institution = kwargs["institution"]
        auth = OneLogin_Saml2_Auth(as_sent(request, request.path, {}), configuration(request, self.app, institution))
        address = auth.login(return_to="")
        if process not in (AuthProcess.LOGIN, AuthProcess.CONNECT):
            process = AuthProcess.LOGIN
        self.stash_redirect_state(
            request, process, next_url, data, state_id=auth.get_last_request_id(), institution=institution.entity_id
        )
        return HttpResponseRedirect(address)

    def extract_uid(self, data: OneLogin_Saml2_Auth) -> str:
        """Return institution and subject as one: others may have the same subject."""
        whole = f"{_entity_id(data)}\n{subject_of(data)}"
        return hashlib.sha256(whole.encode()).hexdigest()

    def extract_common_fields(self, data: OneLogin_Saml2_Auth) -> dict[str, Any]:
        """Return name and e-mail as suggestions for the form."""
        return {field: _first(data, names) for field, names in NAMES.items()}

    def extract_email_addresses(self, data: OneLogin_Saml2_Auth) -> list[EmailAddress]:
        """Return the e-mail, not verified: no rule of eduGAIN says that institutions check it."""
        email = _first(data, NAMES["email"])
        return [EmailAddress(email=email, verified=False, primary=True)] if email else []

    def extract_extra_data(self, data: OneLogin_Saml2_Auth) -> dict[str, Any]:
        """Return what is kept with the identity: enough to recognise it on one's profile."""
        known = {field: _first(data, names) for field, names in NAMES.items()}
        kept = {"entity_id": _entity_id(data), "subject": subject_of(data), **known}
        return {key: value for key, value in kept.items() if value}


def subject_of(data: OneLogin_Saml2_Auth) -> str:
    """Return who somebody is at their institution.

    Raises
    ------
    Refused
        When the institution says it only for this once, or not at all.
    """
    subject = _first(data, SUBJECTS)
    if not subject and data.get_nameid_format() == Saml.NAMEID_PERSISTENT:
        subject = text(data.get_nameid())
    if not subject:
        raise Refused(
            "the institution names nobody for good: it must release subject-id, pairwise-id or eduPersonUniqueId"
        )
    return subject


def _first(data: OneLogin_Saml2_Auth, names: tuple[str, ...]) -> str:
    attributes = data.get_attributes()
    return next((text(value) for name in names for value in attributes.get(name, []) if text(value)), "")


def _entity_id(data: OneLogin_Saml2_Auth) -> str:
    entity_id: str = data.get_settings().get_idp_data()["entityId"]
    return entity_id


provider_classes = [FederationProvider]
