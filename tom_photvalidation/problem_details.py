"""How the REST API refuses: RFC 9457, with every error as row, column, code, value, message and fix."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import APIView

from tom_photvalidation.actions.answers import error_of
from tom_photvalidation.exceptions import (
    BadEpoch,
    KeyReused,
    NotAllowed,
    PhotometryError,
    Superseded,
    TooMuchWaiting,
    Unreadable,
)

CONTENT_TYPE = "application/problem+json"
_CODES: Mapping[type[PhotometryError], int] = {
    NotAllowed: 403, Superseded: 409, KeyReused: 422, TooMuchWaiting: 429, Unreadable: 400, BadEpoch: 400,
}  # fmt: skip
_TITLES = {
    400: "The request cannot be understood.",
    401: "Who you are is not known.",
    403: "You may not do this.",
    404: "There is no such thing.",
    405: "This address does not take this method.",
    409: "It contradicts what is stored.",
    413: "The request is too large.",
    415: "This kind of content is not taken.",
    422: "The request cannot be followed.",
    429: "Too much at once.",
}


def problem(
    status: int, code: str, detail: str, *, fix: str = "", errors: Iterable[Mapping[str, Any]] = (), **more: Any
) -> Response:
    """Refuse with a problem document."""
    body = {
        "type": f"urn:icare-tom:problem:{code}",
        "title": _TITLES.get(status, "The request failed."),
        "status": status,
        "code": code,
        "detail": f"{detail} {fix}".strip(),
        "errors": list(errors),
        **more,
    }
    return Response(body, status=status, content_type=CONTENT_TYPE)


def problem_of(error: PhotometryError) -> Response:
    """Refuse as an action did."""
    status = next((code for kind, code in _CODES.items() if isinstance(error, kind)), 409)
    found = error.problems if isinstance(error, Unreadable) else ()
    return problem(status, error.code, error.message, fix=error.fix, errors=[error_of(one) for one in found])


class SaysProblems(APIView):
    """A view whose refusals, those of the framework too, are problem documents."""

    def handle_exception(self, exc: Exception) -> Response:
        """Say what the framework or an action refused."""
        if isinstance(exc, PhotometryError):
            answer = problem_of(exc)
            answer.exception = True
            return answer
        response: Response = super().handle_exception(exc)
        said = response.data
        code = getattr(getattr(exc, "detail", None), "code", None) or getattr(exc, "default_code", "error")
        refused = problem(response.status_code, str(code), _sentence(said), errors=_fields(said))
        # A plain 401 says how to sign in.
        for name in ("WWW-Authenticate", "Retry-After"):
            if name in response:
                refused[name] = response[name]
        refused.exception = True
        return refused


def _sentence(said: Any) -> str:
    if isinstance(said, Mapping) and "detail" in said:
        return str(said["detail"])
    return "Some values cannot be taken: see errors."


def _fields(said: Any) -> list[dict[str, Any]]:
    """Errors of single parameters, in the shape of errors of rows."""
    if not isinstance(said, Mapping) or "detail" in said:
        return []
    return [
        {"row": None, "column": str(name), "code": "invalid", "value": "", "message": str(one), "fix": ""}
        for name, found in said.items()
        for one in (found if isinstance(found, list | tuple) else [found])
    ]


def not_found(words: str = "There is no such point, or you may not see it.") -> exceptions.NotFound:
    """What hidden and missing points look like."""
    return exceptions.NotFound(words)
