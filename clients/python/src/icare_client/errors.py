"""What goes wrong. Every error says what, where and, as far as the site knows, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from icare_client.answers import Upload


class IcareError(Exception):
    """The site refused, or could not be asked.

    Attributes
    ----------
    status
        Of the answer; 0 when there was none.
    code, fix
        The site's word for it, and what to do, where it says so.
    body
        The answer, read as JSON when it is.
    """

    def __init__(self, message: str, *, status: int = 0, code: str = "", fix: str = "", body: Any = None) -> None:
        super().__init__(f"{message} {fix}".strip())
        self.status, self.code, self.fix, self.body = status, code, fix, body


class Wrong(IcareError):
    """What was sent cannot be: 400, 413, 422."""


class NotSignedIn(IcareError):
    """The token is missing, unknown, ended or revoked: 401."""


class NotAllowed(IcareError):
    """The token, or its owner, may not do that: 403."""


class NotFound(IcareError):
    """Nothing is there that its owner may see: 404."""


class Conflict(IcareError):
    """It makes no sense now, such as a plan of a retracted event: 409."""


class TooMany(IcareError):
    """Asked too often, and still after waiting: 429."""


class Away(IcareError):
    """The site cannot be reached or is not itself, also after trying again."""


class NothingStored(Wrong):
    """No row of an upload was stored; `upload` says why, row by row."""

    def __init__(self, upload: Upload, message: str, *, status: int, body: Any) -> None:
        super().__init__(message, status=status, code="nothing-stored", body=body)
        self.upload = upload


class UploadFailed(IcareError):
    """A long upload was taken, and could not be finished."""


_BY_STATUS: dict[int, type[IcareError]] = {
    400: Wrong, 401: NotSignedIn, 403: NotAllowed, 404: NotFound, 409: Conflict, 413: Wrong, 415: Wrong, 422: Wrong,
    429: TooMany,
}  # fmt: skip


def error_of(status: int, body: Any, text: str) -> IcareError:
    """Return the error that an answer is."""
    kind = _BY_STATUS.get(status, Away if status >= 500 else IcareError)
    if not isinstance(body, dict):
        return kind(f"The site answered {status}: {_beginning(text)}", status=status, body=body)
    message = body.get("message") or body.get("detail") or body.get("title") or _fields(body)
    told = {"code": str(body.get("code") or ""), "fix": str(body.get("fix") or body.get("mend") or "")}
    return kind(str(message), status=status, body=body, **told)


def _fields(body: dict[str, Any]) -> str:
    """What is wrong with each field, in one line."""
    parts = []
    for name, told in body.items():
        words = told if isinstance(told, list) else [told]
        parts.append(f"{name}: " + " ".join(_words(word) for word in words))
    return "; ".join(parts)


def _words(told: Any) -> str:
    if isinstance(told, dict):
        return " ".join(str(value) for value in told.values() if value)
    return str(told)


def _beginning(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:200]}…"
