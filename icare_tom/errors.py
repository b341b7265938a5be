"""What a script reads when something is wrong: JSON under ``/api/``, a page everywhere else."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views import defaults
from django.views.csrf import csrf_failure as csrf_page

API = "/api/"
TOKEN_ROUTE = "/api/token-auth/"  # noqa: S105 an address, not a secret


def _json(status: int, code: str, message: str, fix: str = "") -> JsonResponse:
    return JsonResponse({"code": code, "message": message, "fix": fix}, status=status)


def too_large(request: HttpRequest, message: str) -> HttpResponse:
    """413: more than we take."""
    fix = "Send a smaller file, or in parts; a sky map as multi-order FITS."
    if request.path.startswith(API):
        return _json(413, "too-large", message, fix)
    return HttpResponse(render_to_string("413.html", {"message": message, "fix": fix}), status=413)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: a request that cannot be right, or 413 where only its size is wrong."""
    if isinstance(exception, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return too_large(request, f"The fields of the form have more than {limit:,} bytes together.")
    if request.path.startswith(API):
        return _json(400, "bad-request", "This request was not understood.", "See /api/docs/.")
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: there is nothing here, or nothing that one may see; both get the same answer."""
    if request.path.startswith(API):
        return _json(404, "not-found", "There is nothing at this address that you may see.", "See /api/docs/.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault."""
    if request.path.startswith(API):
        return _json(
            500, "server-error", "Something broke on our side.", "Try again; if it stays, tell an administrator."
        )
    return defaults.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "", **kwargs: Any) -> HttpResponse:
    """403: a form without its secret. A script gets here when it sends neither a token nor a session."""
    if request.path.startswith(TOKEN_ROUTE):
        return _json(403, "closed", "No token is given for a password.", "Make one on your profile, under Change.")
    if request.path.startswith(API):
        return _json(403, "no-token", "Nobody is signed in.", "Send the header “Authorization: Token ...”.")
    return csrf_page(request, reason, template_name="403_csrf.html")
