"""Messages out of files: single ones, all below a folder, and the members of tar archives, one at a time in memory."""

import hashlib
import lzma
import os
import stat
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings

from tom_gcn.actions.messages import KEPT_OF_OVERSIZED_BYTES, Oversized

BLOCK = 1024 * 1024
ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
# A few kB can unpack to terabytes; a month of VOEvents has 13,442 members and 75 MB.
MOST_MEMBERS = 1_000_000
MOST_ARCHIVE_BYTES = 8 * 1024**3
_FAULTS = (OSError, EOFError, tarfile.TarError, zlib.error, lzma.LZMAError)


@dataclass(frozen=True)
class FoundMessage:
    """A message in a file; without a body it could not be opened, and `trouble` says why.

    `path` and `source` can be printed and stored: what cannot in a name is written as an escape.
    """

    path: str
    source: str
    body: bytes | Oversized = b""
    trouble: str = ""


def messages_in(names: list[str]) -> Iterator[FoundMessage]:
    """The messages of files, of all files below folders, and of tar archives, in order of names."""
    for path in _files(names):
        if trouble := _trouble(path):
            yield FoundMessage(_shown(path), _shown(path.name), trouble=trouble)
        elif path.name.lower().endswith(ARCHIVES):
            yield from _members(path)
        else:
            yield _message(path)


def _files(names: list[str]) -> list[Path]:
    paths: list[Path] = []
    for path in map(Path, names):
        is_folder = stat.S_ISDIR(_mode(path))
        paths += sorted(p for p in path.rglob("*") if stat.S_ISREG(_mode(p))) if is_folder else [path]
    return paths


def _mode(path: Path) -> int:
    """Kind of what stands there; 0 when that cannot be known, which `Path.is_file` does not always stand."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _trouble(path: Path) -> str:
    """Why a path cannot be read. A pipe would be waited for without end, a device read without end."""
    try:
        return "" if stat.S_ISREG(path.stat().st_mode) else "It is no regular file"
    except OSError as error:
        return error.strerror or str(error)


def _shown(name: str | Path) -> str:
    """A name as text: bytes that are no UTF-8, and what a terminal would obey, as escapes."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _message(path: Path) -> FoundMessage:
    try:
        with path.open("rb") as file:
            return FoundMessage(_shown(path), _shown(path.name), _bounded(file, path.stat().st_size))
    except OSError as error:
        return FoundMessage(_shown(path), _shown(path.name), trouble=error.strerror or str(error))


def _members(path: Path) -> Iterator[FoundMessage]:
    """Members in the order of the archive, read as a stream: nothing is written to disk, no link is followed."""
    unpacked = 0
    shown, name = _shown(path), _shown(path.name)
    try:
        with tarfile.open(path, "r|*") as archive:
            for count, member in enumerate(archive):
                unpacked += member.size
                if count >= MOST_MEMBERS or unpacked > MOST_ARCHIVE_BYTES:
                    yield FoundMessage(shown, name, trouble="The archive is too large; the rest was not read")
                    return
                file = archive.extractfile(member) if member.isreg() else None
                if file is not None:
                    body = _bounded(file, member.size)
                    inner = _shown(member.name)
                    yield FoundMessage(f"{shown}:{inner}", f"{name}:{inner}", body)
    except _FAULTS as error:
        yield FoundMessage(shown, name, trouble=f"The archive cannot be read ({error})")


def _bounded(file: IO[bytes], size: int) -> bytes | Oversized:
    """The bytes, or for one that is too large its beginning, size and digest; never more in memory than that."""
    if size <= settings.ICARE_MAX_MESSAGE_BYTES:
        return file.read(settings.ICARE_MAX_MESSAGE_BYTES)
    beginning = file.read(KEPT_OF_OVERSIZED_BYTES)
    digest = hashlib.sha256(beginning)
    while block := file.read(BLOCK):
        digest.update(block)
    return Oversized(beginning, size, digest.hexdigest())
