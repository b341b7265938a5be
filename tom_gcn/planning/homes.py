"""The folder an engine works in: gone when it ends, and removed by a later engine when its worker was killed."""

from __future__ import annotations

import fcntl
import logging
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

logger = logging.getLogger(__name__)

PREFIX = "icare-engine-"
COMPLAINT = "stderr"
# A folder younger than this may just be made, and not yet be locked.
YOUNGEST_S = 60.0


@contextmanager
def engine_home() -> Iterator[tuple[Path, IO[bytes]]]:
    """Make a folder for one engine, with the file that takes its complaint, locked as long as it is open anywhere."""
    sweep()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as home, (Path(home) / COMPLAINT).open("w+b") as complaint:
        fcntl.flock(complaint, fcntl.LOCK_EX)
        yield Path(home), complaint


def sweep() -> int:
    """Remove the folders of engines whose worker was killed; return how many."""
    found = [path for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*") if _is_left(path)]
    for path in found:
        # What another worker removes at the same moment is gone as well.
        shutil.rmtree(path, ignore_errors=True)
        logger.info("removed %s, left behind by a worker that was killed", path)
    return len(found)


def _is_left(path: Path) -> bool:
    """Whether nobody works in a folder: neither a worker nor an engine holds the lock of its complaint."""
    with suppress(OSError):
        if path.is_symlink() or time.time() - path.stat().st_mtime < YOUNGEST_S:
            return False
        complaint = path / COMPLAINT
        if not complaint.exists():
            return True
        with complaint.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False
