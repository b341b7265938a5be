"""How often a token, a person and an address may ask the API, and send tables to it and to pages."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from icare_tom.errors import too_often
from icare_tom.members.addresses import address_of
from icare_tom.members.knocks import knock
from icare_tom.members.token_models import ApiToken

if TYPE_CHECKING:
    # It imports the settings' throttles, which are these.
    from rest_framework.views import APIView


class KnockThrottle(BaseThrottle):
    """What the limits below have in common."""

    def __init__(self) -> None:
        self._wait = 0.0

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count a request; whether it is among those allowed."""
        action, who = self.counted(request)
        self._wait = knock(action, who) if who else 0.0
        return not self._wait

    def wait(self) -> float:
        """Return when to try again, s."""
        return self._wait

    def counted(self, request: Request) -> tuple[str, str]:
        """Return what is counted, and for whom; nobody: not counted."""
        raise NotImplementedError


class CallerThrottle(KnockThrottle):
    """Requests of one token; of one person on the pages; of one address where nobody is signed in."""

    def counted(self, request: Request) -> tuple[str, str]:
        """Return the token, the person or the address."""
        return ("api", caller(request))


class AddressThrottle(KnockThrottle):
    """Requests of one address, whoever it is there."""

    def counted(self, request: Request) -> tuple[str, str]:
        """Return the address."""
        return "address", address_of(request)


class UploadThrottle(KnockThrottle):
    """Tables and files sent by one token or person."""

    def counted(self, request: Request) -> tuple[str, str]:
        """Return the token or person, when something is sent to a route that takes tables."""
        is_upload = request.method not in SAFE_METHODS and request.path_info.startswith(settings.ICARE_UPLOADS)
        return "upload", caller(request) if is_upload else ""


class UploadPagesMiddleware:
    """Pages that take tables and files count with the routes that do; those of signed links by address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or ask to wait."""
        is_upload = request.method not in SAFE_METHODS and request.path_info.startswith(settings.ICARE_UPLOAD_PAGES)
        if is_upload and (wait := knock("upload", caller(request))):
            return too_often(request, wait)
        return self.get_response(request)


def caller(request: Request | HttpRequest) -> str:
    """Return who calls: a token, a person, an address."""
    if isinstance(token := getattr(request, "auth", None), ApiToken):
        return f"token {token.pk}"
    return f"person {request.user.pk}" if request.user.is_authenticated else f"address {address_of(request)}"
