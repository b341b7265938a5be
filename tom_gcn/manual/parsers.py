"""JSON of requests, with an answer also for what is nested too deeply to be read."""

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class PatientJSONParser(JSONParser):
    """Refuses what Python's reader gives up on, where the framework's own answers 500."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Read it, or say that it cannot be read."""
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
