"""Where an installation keeps its data and caches: pure functions of the environment and the checkout's place."""

import contextlib
import hashlib
import os
import re
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

SYSTEM_DATA_ROOT = Path("/var/lib/icare-tom")


def checkout_name(base_dir: Path) -> str:
    """Name of a checkout that no other checkout on the machine shares: its folder and a digest of its full path."""
    path = base_dir.resolve()
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", path.name) or "checkout"
    return f"{readable[:40]}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:8]}"


def data_dir(base_dir: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Folder of everything this checkout stores for this user: database, media, secret key, logs.

    ``ICARE_DATA`` names another root. Somebody without a writable home keeps the data in ``.icare`` inside the
    checkout.
    """
    return _root(environ, "ICARE_DATA", SYSTEM_DATA_ROOT, _user_data_root, base_dir) / checkout_name(base_dir)


def make_private(folder: Path, passable: bool = False) -> Path:
    """Create a folder that is ours alone, and its missing parents, whatever the umask.

    Through the parents, and through a `passable` folder, root lets others pass without letting them look around: the
    embedded server runs below them as another user.
    """
    way = 0o711 if os.geteuid() == 0 else 0o700
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        path.chmod(0o700 if path == folder and not passable else way)
    return folder


def secret_key(folder: Path) -> str:
    """The installation's secret key: made once, in a file only its owner may read.

    Processes that start together agree on it.
    """
    path = make_private(folder, passable=True) / "secret-key"
    if not path.exists():
        new = path.with_name(f"secret-key.{os.getpid()}.new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
        # A link, unlike a rename, fails when another process was first: then its key is the one.
        with contextlib.suppress(FileExistsError):
            os.link(new, path)
        new.unlink()
    return path.read_text()


def _root(
    environ: Mapping[str, str],
    variable: str,
    system: Path,
    user_root: Callable[[Mapping[str, str]], Path],
    base_dir: Path,
) -> Path:
    if environ.get(variable):
        return Path(environ[variable]).expanduser().absolute()
    if os.geteuid() == 0:
        return system
    root = user_root(environ)
    return root if _can_create(root) else base_dir.resolve() / ".icare"


def _user_data_root(environ: Mapping[str, str]) -> Path:
    if sys.platform == "darwin":
        return _home(environ) / "Library" / "Application Support" / "icare-tom"
    return Path(environ.get("XDG_DATA_HOME") or _home(environ) / ".local" / "share") / "icare-tom"


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or Path.home())


def _can_create(folder: Path) -> bool:
    """Whether the nearest existing ancestor of a folder is ours to write in."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
