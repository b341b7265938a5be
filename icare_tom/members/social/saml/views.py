"""Choosing an institution, going there and coming back; and our metadata for the federation."""

import base64
import binascii
import logging
from typing import Any

from allauth.account.internal.decorators import login_not_required
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login, render_authentication_error
from allauth.socialaccount.sessions import LoginSession
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View
from lxml import etree
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from icare_tom.members.social.claims import Refused
from icare_tom.members.social.institution_models import Institution
from icare_tom.members.social.onward import onward
from icare_tom.members.social.saml.configuration import as_sent, configuration

logger = logging.getLogger(__name__)
SHOWN = 30
# An answer has some ten kilobytes; anybody may send one, and it is held in a session for a moment.
MAX_ANSWER = 256 * 1024
HELD_S = 300


@method_decorator([never_cache, login_not_required], name="dispatch")
class FederationView(View):
    """What these pages have in common: the federation they are about."""

    def provider(self, slug: str) -> Any:
        """Return the federation, or 404."""
        for app in get_adapter(self.request).list_apps(self.request, provider="saml"):
            if app.client_id == slug:
                return app.get_provider(self.request)
        raise Http404("There is no such way to sign in.")


class LoginView(FederationView):
    """Choose an institution, then go there."""

    def get(self, request: HttpRequest, organization_slug: str) -> HttpResponse:
        """Show the institutions that fit what was typed."""
        words = request.GET.get("q", "")[:200].replace("\x00", "")
        found = Institution.objects.found(words)
        context = {
            "provider": self.provider(organization_slug),
            "words": words,
            "process": request.GET.get("process", ""),
            "next": get_next_redirect_url(request) or "",
            "institutions": found[:SHOWN],
            "count": found.count(),
            "shown": SHOWN,
        }
        return render(request, "socialaccount/institutions.html", context)

    def post(self, request: HttpRequest, organization_slug: str) -> HttpResponse:
        """Go to the one that was chosen; without a choice, to the list."""
        provider = self.provider(organization_slug)
        chosen = request.POST.get("institution", "")
        if not chosen.isdecimal() or len(chosen) > 9:
            return self.get(request, organization_slug)
        institution = get_object_or_404(Institution, pk=int(chosen))
        kwargs = provider.get_redirect_from_request_kwargs(request)
        return onward(request, provider.redirect(request, institution=institution, **kwargs), institution.name)


@method_decorator(csrf_exempt, name="dispatch")
class AcsView(FederationView):
    """Takes an institution's answer. The browser brings no cookies with it, since it comes from another site; so the
    answer is put aside, and the next request, which brings them, is where it counts.
    """

    def post(self, request: HttpRequest, organization_slug: str) -> HttpResponse:
        """Put the answer aside."""
        provider = self.provider(organization_slug)
        answer = request.POST.get("SAMLResponse", "")
        if not answer or len(answer) > MAX_ANSWER:
            return render_authentication_error(request, provider)
        going_on = HttpResponseRedirect(reverse("saml_finish_acs", args=[organization_slug]))
        held = LoginSession(request, "saml_acs_session", "saml-acs-session")
        held.store["answer"] = answer
        held.store.set_expiry(HELD_S)
        held.save(going_on)
        return going_on


class FinishAcsView(FederationView):
    """Believes an answer, or not, and signs somebody in."""

    def get(self, request: HttpRequest, organization_slug: str) -> HttpResponse:
        """Check the answer against the request this browser was sent off with."""
        provider = self.provider(organization_slug)
        held = LoginSession(request, "saml_acs_session", "saml-acs-session")
        answer = held.store.get("answer", "")
        held.delete()
        try:
            login = self.signed_in(provider, answer)
        except (Refused, PermissionDenied, OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError) as failure:
            return render_authentication_error(request, provider, exception=failure)
        response: HttpResponse = complete_social_login(request, login)
        return response

    def signed_in(self, provider: Any, answer: str) -> Any:
        """Return who signed in.

        Raises
        ------
        Refused, OneLogin_Saml2_Error, PermissionDenied
            When the answer is not the chosen institution's to this browser's open request.
        """
        request_id = answered_request(answer)
        # Taken out of the session here: no answer counts twice.
        state = provider.unstash_redirect_state(self.request, request_id)
        institution = Institution.objects.filter(entity_id=state.get("institution")).first()
        if institution is None:
            raise Refused("the institution is not listed any more")
        path = reverse("saml_acs", args=[provider.app.client_id])
        auth = OneLogin_Saml2_Auth(
            as_sent(self.request, path, {"SAMLResponse": answer}),
            configuration(self.request, provider.app, institution),
        )
        auth.process_response(request_id=request_id)
        if auth.get_errors() or not auth.is_authenticated():
            raise Refused(f"{institution}: {auth.get_errors()} {auth.get_last_error_reason()}")
        login = provider.sociallogin_from_response(self.request, auth)
        login.state = state
        return login


class MetadataView(FederationView):
    """Who we are, for the federation to list."""

    def get(self, request: HttpRequest, organization_slug: str) -> HttpResponse:
        """Show our metadata."""
        app = self.provider(organization_slug).app
        settings = OneLogin_Saml2_Settings(configuration(request, app, None), sp_validation_only=True)
        return HttpResponse(settings.get_sp_metadata(), content_type="application/samlmetadata+xml")


def answered_request(answer: str) -> str:
    """Return the id of the request an answer says it is for; nothing else of it is looked at before it is checked.

    Raises
    ------
    Refused
        When it is unreadable or answers nothing: we take no answers that nobody asked for.
    """
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        root = etree.fromstring(base64.b64decode(answer, validate=True), parser)
    except (etree.XMLSyntaxError, binascii.Error, ValueError):
        raise Refused("the answer is not readable") from None
    if root.getroottree().docinfo.doctype:
        raise Refused("the answer brings a document type")
    request_id = root.get("InResponseTo", "")
    if not request_id:
        raise Refused("the answer is to no request of ours")
    return str(request_id)
