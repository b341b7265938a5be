"""To the provider and back."""

from typing import Any

from allauth.account.internal.decorators import login_not_required
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from requests import RequestException

from icare_tom.members.social.onward import onward
from icare_tom.members.social.openid.adapter import OpenIDAdapter


class CallbackView(OAuth2CallbackView):
    """Back from the provider: the state of this visitor's session says what the answer must fit."""

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[dict[str, Any] | None, HttpResponse | None]:
        state, refusal = super()._get_state(request, provider)
        self.adapter.nonce = (state or {}).get("nonce", "")
        if refusal is None and not self.adapter.nonce:
            refusal = render_authentication_error(request, provider)
        return state, refusal


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send a visitor to the provider, after a button was pressed here."""
    adapter = OpenIDAdapter(request, provider_id)
    return onward(request, _answer(OAuth2LoginView, request, adapter), _provider(adapter).name)


@never_cache
@login_not_required
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take a visitor back."""
    return _answer(CallbackView, request, OpenIDAdapter(request, provider_id))


def _provider(adapter: OpenIDAdapter) -> Any:
    try:
        return adapter.get_provider()
    except SocialApp.DoesNotExist:
        raise Http404("There is no such way to sign in.") from None


def _answer(view: Any, request: HttpRequest, adapter: OpenIDAdapter) -> HttpResponse:
    """Let a view answer; a provider that is away or talks nonsense is the provider's failure, not ours."""
    provider = _provider(adapter)
    try:
        answer: HttpResponse = view.adapter_view(adapter)(request)
    except (OAuth2Error, RequestException) as failure:
        answer = render_authentication_error(request, provider, exception=failure)
    return answer
