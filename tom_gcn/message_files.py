"""Messages out of files: single ones, all below a folder, and the members of tar archives, one at a time in memory."""

import hashlib
import lzma
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
    """A message in a file; without a body it could not be opened, and `trouble` says why."""

    path: str
    source: str
    body: bytes | Oversized = b""
    trouble: str = ""


def messages_in(names: list[str]) -> Iterator[FoundMessage]:
    """The messages of files, of all files below folders, and of tar archives, in order of names."""
    for path in _files(names):
        if path.name.lower().endswith(ARCHIVES):
            yield from _members(path)
        else:
            yield _message(path)


def _files(names: list[str]) -> list[Path]:
    paths: list[Path] = []
    for path in map(Path, names):
        paths += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return paths


def _message(path: Path) -> FoundMessage:
    try:
        with path.open("rb") as file:
            return FoundMessage(str(path), path.name, _bounded(file, path.stat().st_size))
    except OSError as error:
        return FoundMessage(str(path), path.name, trouble=error.strerror or str(error))


def _members(path: Path) -> Iterator[FoundMessage]:
    """Members in the order of the archive, read as a stream: nothing is written to disk, no link is followed."""
    unpacked = 0
    try:
        with tarfile.open(path, "r|*") as archive:
            for count, member in enumerate(archive):
                unpacked += member.size
                if count >= MOST_MEMBERS or unpacked > MOST_ARCHIVE_BYTES:
                    yield FoundMessage(str(path), path.name, trouble="The archive is too large; the rest was not read")
                    return
                file = archive.extractfile(member) if member.isreg() else None
                if file is not None:
                    body = _bounded(file, member.size)
                    yield FoundMessage(f"{path}:{member.name}", f"{path.name}:{member.name}", body)
    except _FAULTS as error:
        yield FoundMessage(str(path), path.name, trouble=f"The archive cannot be read ({error})")


def _bounded(file: IO[bytes], size: int) -> bytes | Oversized:
    """The bytes, or for one that is too large its beginning, size and digest; never more in memory than that."""
    if size <= settings.ICARE_MAX_MESSAGE_BYTES:
        return file.read(settings.ICARE_MAX_MESSAGE_BYTES)
    beginning = file.read(KEPT_OF_OVERSIZED_BYTES)
    digest = hashlib.sha256(beginning)
    while block := file.read(BLOCK):
        digest.update(block)
    return Oversized(beginning, size, digest.hexdigest())
