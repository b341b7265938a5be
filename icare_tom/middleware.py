"""What every answer goes through: a plain page when the database is away, bounds on what is sent to us, and no shared
caching of private pages."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control

from icare_tom.errors import too_large

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]
DATABASE_AWAY = "The database cannot be reached. Nothing is lost; try again in a moment."


class DatabaseGoneMiddleware:
    """Answers 503 while PostgreSQL is away; the site recovers by itself when it is back."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or say that the database is away."""
        # Sessions are read lazily, so the failure can surface in a middleware rather than in a view.
        try:
            return self.get_response(request)
        except (OperationalError, InterfaceError):
            return database_away(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn a lost connection inside a view into the same answer."""
        if isinstance(exception, OperationalError | InterfaceError):
            return database_away(request)
        return None


def database_away(request: HttpRequest) -> HttpResponse:
    """The 503 answer, as JSON for the API and as a page that needs no database for everyone else."""
    logger.exception("database unreachable while answering %s", request.path)
    response: HttpResponse
    if request.path.startswith("/api/"):
        response = JsonResponse({"code": "database-away", "message": DATABASE_AWAY}, status=503)
    else:
        response = HttpResponse(render_to_string("503.html", {"message": DATABASE_AWAY}), status=503)
    response["Retry-After"] = "10"
    return response


class RefuseNulMiddleware:
    """Refuses addresses with a NUL character, which PostgreSQL cannot hold: 400 instead of a failure deep inside."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or refuse."""
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return HttpResponseBadRequest(
                "The address holds a NUL character.", content_type="text/plain; charset=utf-8"
            )
        return self.get_response(request)


class BoundedBodyMiddleware:
    """Refuses bodies that are too large before anything reads them: 413.

    Forms with files go to the disk in pieces, everything else is held in memory: two limits. A body without a length
    (``Transfer-Encoding: chunked``) is empty to Django.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or refuse."""
        has_files = (request.content_type or "").lower() == "multipart/form-data"
        is_long = has_files or request.path_info.startswith(settings.ICARE_LONG_BODIES)
        limit = settings.ICARE_MAX_UPLOAD_BYTES if is_long else settings.ICARE_MAX_BODY_BYTES
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > limit:
            return too_large(request, f"The request has {int(length):,} bytes; at most {limit:,} are taken.")
        return self.get_response(request)


class PrivatePagesMiddleware:
    """Pages made for a signed-in user are never kept by a shared cache."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Mark the answer as private."""
        response = self.get_response(request)
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            patch_cache_control(response, private=True, no_cache=True)
        return response


class PleaseLogInMiddleware:
    """Leads those who are signed out to the sign-in page; TOM would tell them to contact their PI."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or ask for a sign-in."""
        response = self.get_response(request)
        if response.status_code != 403 or request.user.is_authenticated or request.path_info.startswith("/api/"):
            return response
        messages.info(request, "Please log in.")
        return redirect_to_login(request.get_full_path())
