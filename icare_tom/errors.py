"""What a script reads when something is wrong: JSON under ``/api/``, a page everywhere else."""

import math
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
    return _said(request, 413, message, f"Nothing was stored. {fix}")


def too_often(request: HttpRequest, wait_s: float) -> HttpResponse:
    """429: a page that takes tables was sent more of them than is allowed."""
    words = "You sent many tables and files just now."
    answer = _said(request, 429, words, f"Nothing was stored. Try again in {math.ceil(wait_s)} s.")
    answer["Retry-After"] = str(math.ceil(wait_s))
    return answer


def _said(request: HttpRequest, status: int, message: str, fix: str) -> HttpResponse:
    """A page of its own, or words in the place where a form shows its answer."""
    template = "refusal.html" if "HX-Request" in request.headers else f"{status}.html"
    return HttpResponse(render_to_string(template, {"message": message, "fix": fix}), status=status)


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
