"""How the REST API refuses: the code of the answer, what is wrong in words, and how to mend it."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers, status
from rest_framework.response import Response

from tom_gcn.exceptions import GcnError, NotAllowed
from tom_gcn.planning.wish import Objection


class ErrorSerializer(serializers.Serializer[Any]):
    """What every refusal of this API tells."""

    code = serializers.CharField(help_text="For programs.")
    message = serializers.CharField(help_text="What is wrong.")
    fix = serializers.CharField(help_text="How to mend it.", allow_blank=True)


class ObjectionSerializer(serializers.Serializer[Any]):
    """One thing that is wrong with a wish."""

    where = serializers.CharField(help_text="Dotted name of the field, e.g. `settings.TAROT-TCA.exposure_s`.")
    what = serializers.CharField(help_text="What is wrong with it.")
    mend = serializers.CharField(help_text="How to mend it.", allow_blank=True)


class BadWishSerializer(serializers.Serializer[Any]):
    """Everything that is wrong with a wish, at once. Beside it every field has its own key with its sentences."""

    problems = ObjectionSerializer(many=True)


def error_response(error: GcnError, code: int | None = None) -> Response:
    """Refuse: 403 when it is not allowed, else 409, as what is asked for makes no sense now."""
    if code is None:
        code = status.HTTP_403_FORBIDDEN if isinstance(error, NotAllowed) else status.HTTP_409_CONFLICT
    return Response({"code": error.code, "message": error.message, "fix": error.fix}, code)


def objections_response(objections: Iterable[Objection]) -> Response:
    """Refuse with 400: every problem with where, what and mend, and each field with its sentences."""
    problems = [{"where": one.where, "what": one.what, "mend": one.mend} for one in objections]
    by_field: dict[str, Any] = {}
    for problem in problems:
        sentence = f"{problem['what']} {problem['mend']}".strip()
        by_field.setdefault(problem["where"] or "non_field_errors", []).append(sentence)
    return Response({**by_field, "problems": problems}, status.HTTP_400_BAD_REQUEST)
