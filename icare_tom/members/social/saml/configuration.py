"""What python3-saml is told: who we are, whom a visitor chose, and how strict to be."""

from typing import Any

from allauth.socialaccount.models import SocialApp
from django.http import HttpRequest
from django.urls import reverse
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Saml

from icare_tom.members.social.institution_models import Institution

# Assertions must be signed themselves: our metadata say so, and a signed frame around others' words is not enough.
SECURITY = {
    "authnRequestsSigned": False,
    "wantAssertionsSigned": True,
    "wantMessagesSigned": False,
    "wantNameId": False,
    "wantAttributeStatement": True,
    "requestedAuthnContext": False,
    "rejectDeprecatedAlgorithm": True,
    # This site itself may be called so within a network.
    "allowSingleLabelDomains": True,
    "signatureAlgorithm": Saml.RSA_SHA256,
    "digestAlgorithm": Saml.SHA256,
}


def configuration(request: HttpRequest, app: SocialApp, institution: Institution | None) -> dict[str, Any]:
    """Return the settings for one visitor and their institution; without one, those for our own metadata."""
    ours = app.settings
    own: dict[str, Any] = {
        "entityId": ours.get("entity_id") or request.build_absolute_uri(reverse("saml_metadata", args=[app.client_id])),
        "assertionConsumerService": {
            "url": request.build_absolute_uri(reverse("saml_acs", args=[app.client_id])),
            "binding": Saml.BINDING_HTTP_POST,
        },
        "NameIDFormat": Saml.NAMEID_UNSPECIFIED,
    }
    has_key = bool(ours.get("certificate") and ours.get("private_key"))
    if has_key:
        own |= {"x509cert": ours["certificate"], "privateKey": ours["private_key"]}
    settings: dict[str, Any] = {"strict": True, "sp": own, "security": SECURITY | {"authnRequestsSigned": has_key}}
    if institution is not None:
        settings["idp"] = {
            "entityId": institution.entity_id,
            "singleSignOnService": {"url": institution.sign_in_url, "binding": Saml.BINDING_HTTP_REDIRECT},
            "x509certMulti": {"signing": institution.certificates, "encryption": institution.certificates[:1]},
        }
    return settings


def as_sent(request: HttpRequest, path: str, posted: dict[str, str]) -> dict[str, Any]:
    """Return a request as python3-saml wants it; answers must be addressed to exactly this place."""
    return {
        "https": "on" if request.is_secure() else "off",
        "http_host": request.get_host(),
        "script_name": path,
        "get_data": {},
        "post_data": posted,
    }
