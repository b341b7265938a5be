"""Which PostgreSQL to use: the one of ``DATABASE_URL``, or the embedded one in the data folder."""

from pathlib import Path
from typing import Any

import dj_database_url

CONNECTION_AGE_S = 60
# A host that does not answer must not hold a page up for minutes.
CONNECT_TIMEOUT_S = 5


def databases(url: str | None, data_dir: Path, *, durable: bool = True) -> dict[str, dict[str, Any]]:
    """Return Django's ``DATABASES``.

    Without `url` the embedded server in `data_dir` is started or attached on the first connection; `durable=False`
    lets it skip fsync, for data that may be lost (tests).
    """
    if url:
        chosen: dict[str, Any] = dict(dj_database_url.parse(url))
        chosen.setdefault("OPTIONS", {})["connect_timeout"] = CONNECT_TIMEOUT_S
        if "postgresql" not in chosen["ENGINE"]:
            raise ValueError(f"DATABASE_URL names {chosen['ENGINE']}; ICARE-TOM runs on PostgreSQL only.")
    else:
        chosen = {
            "ENGINE": "icare_tom.db.embedded",
            "NAME": "icare",
            "EMBEDDED": {"data_dir": str(data_dir), "fsync": durable},
        }
    return {"default": {**chosen, "CONN_MAX_AGE": CONNECTION_AGE_S, "CONN_HEALTH_CHECKS": True}}
