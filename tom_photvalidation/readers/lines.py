"""Lines of a text, whatever wrote it: three line ends, UTF-8, UTF-16 or an old spreadsheet's bytes."""

import codecs
from collections.abc import Iterator
from itertools import chain

from tom_photvalidation.table import Source, UnreadableFile, some_bytes

LONGEST_LINE = 1_000_000
BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

Line = tuple[int, str]


def lines_of(source: Source) -> Iterator[Line]:
    """Yield the lines of a text with their numbers, whichever of the three line ends it uses.

    Raises
    ------
    UnreadableFile
        When it is not text, or a line is longer than anything a person writes.
    """
    number, held = 0, ""
    for text in _decoded(source):
        held += text
        parts = held.replace("\r\n", "\n").replace("\r", "\n").split("\n") if not held.endswith("\r") else None
        if parts is None:
            continue
        held = parts.pop()
        if len(held) > LONGEST_LINE:
            raise UnreadableFile(
                "line-too-long",
                f"Line {number + len(parts) + 1} is longer than {LONGEST_LINE} characters.",
                "Is this a text file?",
                line=number + len(parts) + 1,
            )
        for part in parts:
            number += 1
            yield number, part
    for part in held.rstrip("\r").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        number += 1
        if part:
            yield number, part


def _as_old_spreadsheet(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are no UTF-8 as Windows does: so "é" and "°" come out of old spreadsheets."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("old-spreadsheet", _as_old_spreadsheet)


def _decoded(source: Source) -> Iterator[str]:
    """Yield a text in parts: UTF-8, with or without BOM, or UTF-16 with BOM."""
    parts = some_bytes(source)
    first = next(parts, b"")
    encoding, skip = next(((name, len(bom)) for bom, name in BOMS if first.startswith(bom)), ("utf-8", 0))
    decoder = codecs.getincrementaldecoder(encoding)("old-spreadsheet" if encoding == "utf-8" else "replace")
    for part in chain([first[skip:]], parts):
        if encoding == "utf-8" and b"\0" in part:
            raise UnreadableFile("not-text", "This is not a text file.", "Send CSV, JSON, Parquet or VOTable.")
        yield decoder.decode(part)
    yield decoder.decode(b"", final=True)
