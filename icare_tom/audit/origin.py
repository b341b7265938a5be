"""Tells PostgreSQL who is writing.

The triggers read it from the setting ``icare.origin``, which travels in front of each writing statement, in the same
message to the server: it takes no query of its own, holds for one transaction, and cannot be left behind for whoever
gets the connection next.
"""

import ipaddress
import json
import re
import sys
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject, empty

from icare_tom.members.addresses import address_of
from icare_tom.members.token_models import ApiToken

Execute = Callable[[Any, Any, bool, dict[str, Any]], Any]

_WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)
# Statements that begin with subqueries write or read; a cursor on the server can only read.
_WITH = re.compile(r"\s*WITH\b.*\b(?:INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE | re.DOTALL)
# Neither quotes nor percent signs: what is told stands in the statement itself.
_ODD = re.compile(r"[^A-Za-z0-9_.:/ -]")
_HEAD = 1000

_request: ContextVar[HttpRequest | None] = ContextVar("icare_audit_request", default=None)
_task: ContextVar[str] = ContextVar("icare_audit_task", default="")


class OriginMiddleware:
    """Remembers, while a request is answered, that it is the one that writes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        mark = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(mark)


def work_as(task: str) -> None:
    """Say that from now on this process writes on behalf of a task."""
    _task.set(task)


def tell_origin(sender: object, connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    """Let a new connection tell who is writing."""
    if connection.vendor == "postgresql" and _in_front not in connection.execute_wrappers:
        connection.execute_wrappers.append(_in_front)


def _in_front(execute: Execute, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    if isinstance(sql, str) and _is_writing(sql, context["cursor"]):
        sql = f"SELECT set_config('icare.origin', '{json.dumps(origin())}', true); {sql}"
    return execute(sql, params, many, context)


def _is_writing(sql: str, cursor: Any) -> bool:
    if _WRITES.match(sql):
        return True
    return bool(_WITH.match(sql[:_HEAD])) and getattr(cursor.cursor, "name", None) is None


def origin() -> dict[str, Any]:
    """Return who is writing: a person with an address and perhaps a token, or a task, command or program."""
    request = _request.get()
    if request is None:
        return {"via": _clean(_task.get() or _PROGRAM)}
    match = request.resolver_match
    via = (match.view_name or match.route) if match else ""
    told = {"actor": _actor(request), "address": _address(request), "via": _clean(f"{request.method} {via}".strip())}
    token = getattr(request, "auth", None)
    return told | ({"token": _clean(token.public_id)} if isinstance(token, ApiToken) else {})


def _actor(request: HttpRequest) -> int | None:
    """Who is signed in, as far as the request has found out already: asking here would be a query inside a query."""
    user: Any = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject) and user.__dict__.get("_wrapped") is empty:
        user = request.__dict__.get("_cached_user")
    return getattr(user, "pk", None)


def _address(request: HttpRequest) -> str | None:
    try:
        return str(ipaddress.ip_address(address_of(request)))
    except ValueError:
        return None


def _clean(text: str) -> str:
    return _ODD.sub("", text)[:120]


def _program() -> str:
    called, *words = [*sys.argv, ""] if sys.argv else ["", ""]
    name = Path(called).name
    return f"command {words[0]}" if name == "manage.py" and words[0] else f"program {name}"


_PROGRAM = _program()
