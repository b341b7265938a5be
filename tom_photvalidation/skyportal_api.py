"""`POST` and `PUT /api/photometry` as in SkyPortal: STDWeb and other scripts need another address and token.

Bodies and answers are those of SkyPortal's handler (skyportal/handlers/api/photometry.py, as of 2026-08). What differs,
on purpose: every refused row is named and not the first one only, and what is known already is answered with the key it
has instead of refused.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tom_photvalidation.actions.answers import error_of
from tom_photvalidation.actions.uploads import Received, Sent, receive_photometry
from tom_photvalidation.audiences import ask_permission, groups_to_tell
from tom_photvalidation.choices import Channel, Mode, Outcome
from tom_photvalidation.exceptions import NotAllowed, PhotometryError, TooMuchWaiting, Unreadable
from tom_photvalidation.measurements import Problem
from tom_photvalidation.parsers import BodyParser

MOST_NAMED = 20
# Scripts written for SkyPortal do not know how to ask again later: they wait longer than others.
ROWS_AT_ONCE = 50_000
REQUIRED = ("obj_id", "instrument_id", "mjd", "filter", "magsys")
# Of the whole body, not of rows.
_OF_BODY = ("group_ids", "stream_ids", "altdata")


class PhotometryView(APIView):
    """Photometry as an object of columns; every refusal in SkyPortal's shape."""

    permission_classes = [IsAuthenticated]
    parser_classes = [BodyParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Ask for the permission before anything of the body is read."""
        super().initial(request, *args, **kwargs)
        ask_permission(request.user)

    def handle_exception(self, exc: Exception) -> Response:
        """Say refusals as SkyPortal would."""
        if isinstance(exc, PhotometryError):
            status = {NotAllowed: 403, TooMuchWaiting: 429}.get(type(exc), 400)
            errors = [error_of(one) for one in exc.problems] if isinstance(exc, Unreadable) else []
            response = Response(failed(str(exc), {"errors": errors}), status=status)
            response.exception = True
            return response
        response = super().handle_exception(exc)
        detail = response.data.get("detail", response.data) if isinstance(response.data, Mapping) else response.data
        response.data = failed(str(detail))
        return response

    @extend_schema(
        operation_id="skyportal_photometry_create",
        request=OpenApiTypes.OBJECT,
        responses=dict.fromkeys((200, 202, 400, 403), OpenApiTypes.OBJECT),
    )
    def post(self, request: Request) -> Response:
        """Store photometry, whole or not at all."""
        return self.store(request)

    @extend_schema(
        operation_id="skyportal_photometry_update",
        request=OpenApiTypes.OBJECT,
        responses=dict.fromkeys((200, 202, 400, 403), OpenApiTypes.OBJECT),
    )
    def put(self, request: Request) -> Response:
        """Store photometry; points that are known are answered with their keys."""
        return self.store(request)

    def store(self, request: Request) -> Response:
        """Read the body as SkyPortal does, and store it whole or not at all."""
        body = _parsed(request.data if isinstance(request.data, bytes) else b"")
        groups = _groups(request, body.get("group_ids"))
        rows = rows_of(body)
        sent = Sent(
            body=json.dumps(rows).encode(),
            source="api/photometry",
            content_type="application/json",
            channel=Channel.SKYPORTAL,
            mode=Mode.ATOMIC,
        )
        return _answer(receive_photometry(sent, by=request.user, groups=groups, at_once=ROWS_AT_ONCE))


def failed(message: str, data: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A refusal in SkyPortal's shape."""
    return {"status": "error", "message": message, "data": dict(data or {})}


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        sent = json.loads(body.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise exceptions.ParseError(f"The body is not JSON: {error}.") from error
    if not isinstance(sent, dict):
        raise exceptions.ParseError("The body is not an object.")
    return sent


def _groups(request: Request, asked: Any) -> list[Group] | None:
    """Groups by the numbers or names they are asked by; None for the usual ones, "all" for all of one's own."""
    own = groups_to_tell(request.user)
    if asked in (None, [], ""):
        return None
    if asked == "all":
        return list(own)
    numbers: Mapping[int, str] = settings.ICARE_SKYPORTAL_GROUPS
    listed = asked if isinstance(asked, list) else [asked]
    by_name = {group.name: group for group in own}
    by_key = {str(group.pk): group for group in own}
    found = []
    for one in listed:
        named = numbers.get(one, "") if isinstance(one, int) else str(one)
        group = by_name.get(named) or by_key.get(str(one))
        if group is None:
            raise NotAllowed(
                f"You are in no group {str(one)[:60]!r}.", 'Send names of your own groups in group_ids, or "all".'
            )
        found.append(group)
    return found


def rows_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the columns of a body as rows: single values stand for all rows.

    Raises
    ------
    Unreadable
        When a required column is missing or columns have several lengths.
    """
    if missing := [name for name in REQUIRED if body.get(name) is None]:
        problems = [Problem(0, name, "missing", "", f"{name} is missing.", "Send it.") for name in missing]
        raise Unreadable(f"Missing {', '.join(missing)}.", "Send these columns.", problems)
    columns = {name: value for name, value in body.items() if name not in _OF_BODY}
    lengths = {len(value) for value in columns.values() if isinstance(value, list)}
    if len(lengths) > 1:
        listed = ", ".join(f"{name} {len(value)}" for name, value in columns.items() if isinstance(value, list))
        raise Unreadable(f"The columns have several lengths: {listed}.", "Send lists of one length, or single values.")
    n = lengths.pop() if lengths else 1
    spread = {name: value if isinstance(value, list) else [value] * n for name, value in columns.items()}
    rows = [dict(zip(spread, values, strict=True)) for values in zip(*spread.values(), strict=True)]
    return [_row(row, _of_row(body.get("altdata"), number)) for number, row in enumerate(rows)]


def _of_row(altdata: Any, number: int) -> dict[str, Any]:
    if isinstance(altdata, list):
        altdata = altdata[number] if number < len(altdata) else None
    return dict(altdata) if isinstance(altdata, dict) else {}


def _row(row: dict[str, Any], altdata: dict[str, Any]) -> dict[str, Any]:
    """Return a row under our names; what only SkyPortal knows stays beside it under its own."""
    known = {name: value for name, value in row.items() if value is not None}
    known["instrument_id"] = instrument_of(known.get("instrument_id"))
    if "mag" not in known and "limiting_mag" in known:
        # SkyPortal's own default where the body does not say.
        known.setdefault("limiting_mag_nsigma", 3)
    beside = {name: value for name, value in altdata.items() if name not in known and value is not None}
    return known | beside


def instrument_of(given: Any) -> str:
    """Return the telescope for the number an instrument had in SkyPortal, or the name as it is."""
    numbers: Mapping[int, str] = settings.ICARE_SKYPORTAL_INSTRUMENTS
    text = str(given).strip()
    return numbers.get(int(text), text) if text.isdecimal() and len(text) < 10 else text


def _answer(received: Received) -> Response:
    upload = received.upload
    if received.answers is None:
        message = f"Not stored yet: more than {ROWS_AT_ONCE:,} rows are read in the background."
        return Response({"status": "pending", "message": message, "data": {"upload_id": upload.uuid}}, status=202)
    errors = [one for answer in received.answers for one in answer.errors]
    if errors:
        named = " ".join(f"Row {one.line}, {one.column}: {one.message}" for one in errors[:MOST_NAMED])
        more = f" ... and {len(errors) - MOST_NAMED} more." if len(errors) > MOST_NAMED else ""
        return Response(
            failed(f"Nothing is stored. {named}{more}", {"errors": list(map(error_of, errors))}), status=400
        )
    quarantined = received.counts[Outcome.QUARANTINED]
    message = f"{quarantined} wait in quarantine for a reviewer." if quarantined else ""
    data = {"ids": [answer.pk for answer in received.answers], "upload_id": upload.uuid}
    return Response({"status": "success", "message": message, "data": data})
