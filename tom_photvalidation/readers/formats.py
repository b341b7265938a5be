"""Which format a file is in: by what it holds, then by what is said about it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from tom_photvalidation.readers import aavso, binary, delimited, nmma, records, skyportal
from tom_photvalidation.readers.layouts import laid_out
from tom_photvalidation.table import CHUNK_ROWS, Conventions, Source, Tables, UnreadableFile, some_bytes

BEGINNING = 65_536
LARGEST_UNPACKED = 2_000_000_000
GZIP = b"\x1f\x8b"
MAGIC: Mapping[bytes, str] = MappingProxyType(
    {
        b"PK\x03\x04": "This is a ZIP archive or a spreadsheet.",
        b"%PDF": "This is a PDF.",
        b"SIMPLE  =": "This is a FITS file.",
        b"\x89HDF": "This is an HDF5 file.",
        b"\x89PNG": "This is an image.",
    }
)


def tables(source: Source, filename: str = "", content_type: str = "", chunk: int = CHUNK_ROWS) -> Tables:
    """Yield the tables of a file in any format we read.

    Raises
    ------
    UnreadableFile
        When it is in none, or broken.
    """
    beginning, whole = _peek(source)
    if beginning.startswith(GZIP):
        beginning, whole = _peek(_unpacked(whole))
    for magic, words in MAGIC.items():
        if beginning.startswith(magic):
            raise UnreadableFile("not-text", words, "Send CSV, JSON, Parquet, VOTable, NMMA or AAVSO.")
    return _reader(beginning, filename.lower(), content_type.lower())(whole, chunk)


def _peek(source: Source) -> tuple[bytes, Source]:
    """Return the beginning of a file, and a source that still has it."""
    if isinstance(source, bytes):
        return source[:BEGINNING], source
    if isinstance(source, Path):
        with source.open("rb") as opened:
            return opened.read(BEGINNING), source
    parts: Iterator[bytes] = iter(source)
    held = b""
    for part in parts:
        held += part
        if len(held) >= BEGINNING:
            break
    return held[:BEGINNING], chain([held], parts)


def _unpacked(source: Source) -> Iterator[bytes]:
    """Unpack gzip part by part, refusing what grows beyond all measure."""
    unpacker = zlib.decompressobj(wbits=31)
    size = 0
    try:
        for part in some_bytes(source):
            rest = part
            while rest:
                out = unpacker.decompress(rest, 1 << 22)
                rest = unpacker.unconsumed_tail
                size += len(out)
                if size > LARGEST_UNPACKED:
                    raise UnreadableFile("too-large", "Unpacked, this file is larger than 2 GB.", "Send it in parts.")
                yield out
        yield unpacker.flush()
    except zlib.error as error:
        raise UnreadableFile("not-gzip", "The compressed file is broken.", "Compress it again.") from error
    if not unpacker.eof:
        raise UnreadableFile("not-gzip", "The compressed file ends too early.", "Send it again.")


Reader = Callable[[Source, int], Tables]


def _reader(beginning: bytes, filename: str, content_type: str) -> Reader:
    if beginning.startswith(b"PAR1"):
        return lambda source, chunk: binary.read_parquet(source, chunk=chunk)
    text = beginning.decode("utf-8", "replace").lstrip("\ufeff").lstrip()
    if not text:
        raise UnreadableFile("empty-file", "There is nothing in this file.", "Send a header and at least one row.")
    if text.startswith("<") and "VOTABLE" in text[:2000].upper():
        return lambda source, chunk: binary.read_votable(source)
    if text.startswith("<"):
        raise UnreadableFile("not-votable", "This is a page or XML, and no VOTable.", "Send a VOTable, CSV or JSON.")
    if text[0] in "[{":
        return _read_ndjson if _is_ndjson(text, filename, content_type) else _read_json
    if aavso.is_aavso(text):
        return lambda source, chunk: aavso.read_aavso(source, chunk=chunk)
    if nmma.is_nmma(text):
        return lambda source, chunk: nmma.read_nmma(source, chunk=chunk)
    return _read_text


def _is_ndjson(text: str, filename: str, content_type: str) -> bool:
    if filename.endswith((".ndjson", ".jsonl")) or "ndjson" in content_type or "jsonl" in content_type:
        return True
    lines = [line for line in text.splitlines()[:2] if line.strip()]
    return len(lines) == 2 and all(line.lstrip().startswith("{") and line.rstrip().endswith("}") for line in lines)


def _read_ndjson(source: Source, chunk: int) -> Tables:
    for table in records.read_ndjson(source, chunk=chunk):
        yield laid_out(table)


def _read_json(source: Source, chunk: int) -> Tables:
    document = records.parse(source)
    if skyportal.is_body(document):
        yield skyportal.body_table(document)
    else:
        yield laid_out(records.table_of(document, Conventions()))


def _read_text(source: Source, chunk: int) -> Tables:
    for table in delimited.read_delimited(source, chunk=chunk):
        yield laid_out(table)
