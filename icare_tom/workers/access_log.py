"""gunicorn's access log without signed links."""

from datetime import timedelta
from typing import Any

from gunicorn.glogging import Logger

from icare_tom.log_filters import without_links


class AccessLogger(Logger):
    """What gunicorn writes, as far as others may read it."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: timedelta) -> dict[str, Any]:
        """The parts of a line."""
        parts: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        return {name: without_links(value) if isinstance(value, str) else value for name, value in parts.items()}
