"""`POST /api/observation` and `/api/observation/ascii` as in SkyPortal: its scripts need another address and token.

Bodies and answers are those of SkyPortal's handlers (skyportal/handlers/api/observation.py, as of 2026-08):
``{"status": "success" | "error", "message": ..., "data": ...}``. Two things differ, both on purpose: success is said
only when everything is stored (SkyPortal says it before it looks at the rows), and every row is answered in `data`.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tom_grandma_facilities.actions import Received, receive_observations
from tom_grandma_facilities.actions.executed import ask_permission
from tom_grandma_facilities.choices import RowOutcome
from tom_grandma_facilities.exceptions import NotAllowed
from tom_grandma_facilities.executed import UnreadableSheet
from tom_grandma_facilities.executed.readers import parse_json
from tom_grandma_facilities.executed_api import BytesParser, described, told_later
from tom_grandma_facilities.registry import TELESCOPES, UnknownTelescope, get_telescope

# Scripts written for SkyPortal do not know how to ask again later: they wait longer than others.
ROWS_AT_ONCE = 20_000
MOST_NAMED = 20


class AnyBytesParser(BytesParser):
    """SkyPortal reads JSON whatever the sender calls it."""

    media_type = "*/*"


class NoSuchInstrument(LookupError):
    """Neither telescope nor instrument of these names; the message says which and what to do."""


class _LikeSkyPortal(APIView):
    """Recording a body; every refusal in SkyPortal's shape."""

    permission_classes = [IsAuthenticated]
    parser_classes = [AnyBytesParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Ask for the permission before anything of the body is read."""
        super().initial(request, *args, **kwargs)
        try:
            ask_permission(request.user)
        except NotAllowed as error:
            raise exceptions.PermissionDenied(str(error)) from error

    def handle_exception(self, exc: Exception) -> Response:
        """Say refusals of the framework as SkyPortal would."""
        response = super().handle_exception(exc)
        detail = response.data.get("detail", response.data) if isinstance(response.data, Mapping) else response.data
        response.data = failed(str(detail))
        return response

    def record(self, body: bytes, telescope: str) -> Response:
        """Record a body of rows, and answer for every one."""
        try:
            received = receive_observations(
                body, by=self.request.user, telescope=telescope, source="api/observation", at_once=ROWS_AT_ONCE
            )
        except UnreadableSheet as error:
            problems = [problem.as_dict() for problem in error.problems]
            return Response(failed(str(error), {"problems": problems}), status=400)
        except NotAllowed as error:
            return Response(failed(str(error)), status=403)
        return _answer(received, self.request)


class ObservationView(_LikeSkyPortal):
    """Executed observations as an object of lists, or a list of objects."""

    @extend_schema(
        operation_id="skyportal_observation_create",
        request=OpenApiTypes.OBJECT,
        responses=dict.fromkeys((200, 202, 400, 403), OpenApiTypes.OBJECT),
    )
    def post(self, request: Request) -> Response:
        """`{"telescopeName": ..., "instrumentName": ..., "observationData": {...}}`."""
        body = _bytes(request)
        sent = _json(body)
        if sent.get("observationData") is None:
            return Response(failed("Missing observation_data"), status=400)
        try:
            name = telescope_of(sent.get("telescopeName"), sent.get("instrumentName"))
        except NoSuchInstrument as error:
            return Response(failed(str(error)), status=400)
        return self.record(body, name)


class ObservationTextView(_LikeSkyPortal):
    """Executed observations as a table of text."""

    @extend_schema(
        operation_id="skyportal_observation_ascii_create",
        request=OpenApiTypes.OBJECT,
        responses=dict.fromkeys((200, 202, 400, 403), OpenApiTypes.OBJECT),
    )
    def post(self, request: Request) -> Response:
        """`{"instrumentID": ..., "observationData": "observation_id,RA,Dec,..."}`; the table may be base64."""
        sent = _json(_bytes(request))
        table = sent.get("observationData")
        if not isinstance(table, str):
            return Response(failed("Missing observation_data"), status=400)
        try:
            if sent.get("instrumentID") is None:
                name = telescope_of(sent.get("telescopeName"), sent.get("instrumentName"))
            else:
                name = telescope_of_id(sent["instrumentID"])
        except NoSuchInstrument as error:
            return Response(failed(str(error)), status=400)
        return self.record(decoded(table), name)


def failed(message: str, data: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A refusal in SkyPortal's shape."""
    return {"status": "error", "message": message, "data": dict(data or {})}


def _bytes(request: Request) -> bytes:
    """The body as it came; without one nothing is parsed."""
    return request.data if isinstance(request.data, bytes) else b""


def _json(body: bytes) -> dict[str, Any]:
    try:
        sent = parse_json(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise exceptions.ParseError("This is not JSON: it is not UTF-8.") from error
    except UnreadableSheet as error:
        raise exceptions.ParseError(str(error)) from error
    if not isinstance(sent, dict):
        raise exceptions.ParseError("The body is not an object.")
    return sent


def _answer(received: Received, request: Request) -> Response:
    """Success only when every row is stored or was known; what a script must not take for done is an error."""
    if received.recorded is None or received.sheet is None:
        message = f"Not stored yet: more than {ROWS_AT_ONCE:,} rows are read in the background. See the address."
        return Response({"status": "pending", "message": message, "data": told_later(received, request)}, status=202)
    counts = received.recorded.counts
    data = described(received.recorded, received.sheet)
    said = ", ".join(f"{counts[outcome]} {outcome.label}" for outcome in RowOutcome if counts[outcome])
    if not counts[RowOutcome.REJECTED]:
        return Response({"status": "success", "message": said, "data": data})
    problems = [str(problem) for answer in received.recorded.answers for problem in answer.problems]
    more = f" ... and {len(problems) - MOST_NAMED} more." if len(problems) > MOST_NAMED else ""
    message = f"{said}. The good rows are stored; send the others again. {' '.join(problems[:MOST_NAMED])}{more}"
    return Response(failed(message, data), status=400)


def telescope_of(telescope_name: object, instrument_name: object) -> str:
    """Return our telescope for SkyPortal's two names: by that of the telescope, else of the instrument or a camera.

    Raises
    ------
    NoSuchInstrument
        When neither is known, or they are of two telescopes.
    """
    by_telescope, by_instrument = _by_name(telescope_name), _by_name(instrument_name) or _by_camera(instrument_name)
    if by_telescope and by_instrument and by_telescope != by_instrument:
        raise NoSuchInstrument(f"Missing instrument {instrument_name}: it is of {by_instrument}, not {by_telescope}.")
    if found := by_telescope or by_instrument:
        return found
    try:
        get_telescope(str(telescope_name or instrument_name or ""))
    except UnknownTelescope as error:
        raise NoSuchInstrument(f"Missing telescope {telescope_name}. {error}") from error
    raise NoSuchInstrument(f"Missing telescope {telescope_name}.")


def telescope_of_id(instrument: object) -> str:
    """Return our telescope for the number an instrument had in SkyPortal, or for a name.

    Raises
    ------
    NoSuchInstrument
    """
    text = str(instrument).strip()
    known: Mapping[int, str] = settings.ICARE_SKYPORTAL_INSTRUMENTS
    name = known.get(int(text), "") if text.isdecimal() and len(text) < 10 else text
    if found := _by_name(name) or _by_camera(name):
        return found
    raise NoSuchInstrument(
        f"Missing instrument with ID {text[:40]}. Write the telescope's name as instrumentID, or have the number"
        " entered in ICARE_SKYPORTAL_INSTRUMENTS."
    )


def _by_name(name: object) -> str:
    try:
        return get_telescope(str(name or "").strip()).name
    except UnknownTelescope:
        return ""


def _by_camera(name: object) -> str:
    """Return the one telescope with a camera of this name."""
    text = str(name or "").strip().casefold()
    having = [
        telescope.name
        for telescope in TELESCOPES.values()
        if any(
            text in (camera.name.casefold(), camera.name.casefold().rpartition("/")[2]) for camera in telescope.cameras
        )
    ]
    return having[0] if text and len(having) == 1 else ""


def decoded(table: str) -> bytes:
    """A table of text as bytes: as it is, or out of base64, with a ``data:`` address before it or without."""
    packed = table.partition(";base64,")[2] if table.startswith("data:") else table
    try:
        plain = base64.b64decode("".join(packed.split()), validate=True)
    except (binascii.Error, ValueError):
        return table.encode("utf-8", "replace")
    # Words may be base64 by accident; a table has more than one line.
    return plain if b"\n" in plain else table.encode("utf-8", "replace")
