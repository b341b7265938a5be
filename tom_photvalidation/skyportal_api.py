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
from tom_photvalidation.parsers import BodyParser

MOST_NAMED = 20
# Scripts written for SkyPortal do not know how to ask again later: they wait longer than others.
ROWS_AT_ONCE = 50_000


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
        body["instrument_id"] = _instruments(body.get("instrument_id"))
        sent = Sent(
            body=json.dumps(body).encode(),
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


def _instruments(given: Any) -> Any:
    return [instrument_of(one) for one in given] if isinstance(given, list) else instrument_of(given)


def instrument_of(given: Any) -> Any:
    """Return the telescope for the number an instrument had in SkyPortal, or what was given as it is."""
    if given is None:
        return None
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
