"""Answers of the API as JSON, also of what cannot be written in UTF-8."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer


class _EscapedRenderer(JSONRenderer):
    """JSON in ASCII alone."""

    ensure_ascii = True


class AnyTextRenderer(JSONRenderer):
    """JSON that can tell halves of surrogate pairs: whoever sends one may get it back in an answer."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Write it readable, or with escapes where it is not text."""
        try:
            return bytes(super().render(data, accepted_media_type, renderer_context))
        except UnicodeEncodeError:
            return bytes(_EscapedRenderer().render(data, accepted_media_type, renderer_context))
