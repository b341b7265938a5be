"""Binary tables in FITS files, read as a stream and never further than the table goes.

Only what sky maps need of FITS 4.0 (IAU FWG 2018): headers, binary tables of fixed-width columns, gzip around the whole
file. Reading the declared sizes first is what makes a decompression bomb harmless: it is refused, or never inflated
past the table it pretends to be.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import SkyMapError

BLOCK = 2880
_MAX_HEADER_BLOCKS = 400
_MAX_HDUS = 16
_FORMATS = {"L": "i1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8", "A": "S1"}
_DESCRIPTOR_BYTES = {"P": 8, "Q": 16, "C": 8, "M": 16}
_GET_AGAIN = "Get the file again from where it was published."

HeaderValue = str | int | float | bool
Header = Mapping[str, HeaderValue]


@dataclass(frozen=True)
class Limits:
    """How much a sky map may cost.

    Attributes
    ----------
    file_bytes : int
        Size of the file as it came.
    table_bytes : int
        Size of its table after decompression. An NSIDE 1024 map with distances has 403 MB.
    tiles : int
        Tiles after equal neighbours have been merged; a flat map of NSIDE 512 has 3,145,728 pixels.
    skipped_bytes : int
        What may lie before the table. Sky maps have an empty primary array.
    """

    file_bytes: int = 64 << 20
    table_bytes: int = 1 << 30
    tiles: int = 3_200_000
    skipped_bytes: int = 64 << 20


class ByteStream:
    """The bytes of a file in order, inflated on the way if they are gzipped."""

    def __init__(self, data: bytes) -> None:
        self._left = memoryview(data)
        self._inflate = zlib.decompressobj(wbits=31) if data[:2] == b"\x1f\x8b" else None

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, or fewer at the end of the file."""
        if self._inflate is None:
            part, self._left = self._left[:size], self._left[size:]
            return bytes(part)
        return self._read_gzip(size)

    def _read_gzip(self, size: int) -> bytes:
        parts = []
        while size > 0 and self._inflate is not None and not self._inflate.eof:
            try:
                part = self._inflate.decompress(self._inflate.unconsumed_tail or self._next_input(), size)
            except zlib.error as error:
                raise SkyMapError("truncated", f"The gzip data are damaged ({error}).", _GET_AGAIN) from error
            if not part and not self._left and not self._inflate.unconsumed_tail:
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _next_input(self) -> memoryview:
        part, self._left = self._left[: 1 << 16], self._left[1 << 16 :]
        return part

    def skip(self, size: int) -> None:
        """Pass over bytes without keeping them."""
        while size > 0:
            part = len(self.read(min(size, 1 << 20)))
            if part == 0:
                return
            size -= part


@dataclass(frozen=True)
class Table:
    """A binary table whose rows have not been read yet."""

    header: Header
    dtype: np.dtype[np.void]
    rows: int
    stream: ByteStream

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in capitals."""
        return self.dtype.names or ()

    def units(self) -> dict[str, str]:
        """Unit of each column, as written; empty where there is none."""
        return {name: str(self.header.get(f"TUNIT{i}", "")).strip() for i, name in enumerate(self.names, 1)}

    def chunks(self, rows: int) -> Iterator[NDArray[np.void]]:
        """The table's rows, in runs of at most `rows`.

        Raises
        ------
        SkyMapError
            ``truncated`` when the file ends before the table does.
        """
        for first in range(0, self.rows, rows):
            count = min(rows, self.rows - first)
            raw = self.stream.read(count * self.dtype.itemsize)
            if len(raw) < count * self.dtype.itemsize:
                got = first + len(raw) // self.dtype.itemsize
                raise SkyMapError("truncated", f"The file ends after {got} of {self.rows} rows.", _GET_AGAIN)
            yield np.frombuffer(raw, dtype=self.dtype)


def open_table(data: bytes, limits: Limits) -> Table:
    """First binary table of a FITS file that has columns of a sky map.

    Raises
    ------
    SkyMapError
        ``too-large``, ``not-fits``, ``truncated``, ``no-table`` or ``bad-column``.
    """
    if len(data) > limits.file_bytes:
        raise SkyMapError(
            "too-large", f"The file has {len(data):,} bytes, more than {limits.file_bytes:,}.", "Use a multi-order map."
        )
    stream = ByteStream(data)
    header = _read_header(stream)
    if "SIMPLE" not in header:
        raise SkyMapError("not-fits", "This is not a FITS file.", "Give a HEALPix sky map in FITS format.")
    left = limits.skipped_bytes
    for _ in range(_MAX_HDUS):
        if header.get("XTENSION") == "BINTABLE":
            return _table(header, stream, limits)
        size = _padded(_data_bytes(header))
        left -= size
        if left < 0:
            raise SkyMapError(
                "too-large", f"More than {limits.skipped_bytes:,} bytes lie before the table.", "Send the map alone."
            )
        stream.skip(size)
        header = _read_header(stream)
        if not header:
            break
    raise SkyMapError("no-table", "The FITS file has no binary table.", "Give a HEALPix sky map in FITS format.")


def _read_header(stream: ByteStream) -> dict[str, HeaderValue]:
    header: dict[str, HeaderValue] = {}
    for block_number in range(_MAX_HEADER_BLOCKS):
        block = stream.read(BLOCK)
        if block_number == 0 and not block.startswith((b"SIMPLE  =", b"XTENSION=")):
            return {}
        if len(block) < BLOCK:
            raise SkyMapError("truncated", "The file ends inside a header.", _GET_AGAIN)
        for start in range(0, BLOCK, 80):
            card = block[start : start + 80].decode("ascii", "replace")
            if card.rstrip() == "END":
                return header
            if card[8:10] == "= ":
                header[card[:8].rstrip()] = _value(card[10:])
    raise SkyMapError("too-large", "The FITS header has no end.", _GET_AGAIN)


_STRING = re.compile(r"\s*'((?:[^']|'')*)'")


def _value(text: str) -> HeaderValue:
    if match := _STRING.match(text):
        return match[1].replace("''", "'").rstrip()
    word = text.split("/", 1)[0].strip()
    if word in ("T", "F"):
        return word == "T"
    for kind in (int, float):
        try:
            return kind(word.replace("D", "E"))
        except ValueError:
            continue
    return word


def _count(header: Header, key: str, default: int = 0) -> int:
    value = header.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise SkyMapError("not-fits", f"{key} in the FITS header is {value!r}, not a count.", _GET_AGAIN)
    return value


def _data_bytes(header: Header) -> int:
    axes = [_count(header, f"NAXIS{i}") for i in range(1, min(_count(header, "NAXIS"), 999) + 1)]
    if not axes:
        return 0
    elements = math.prod(axes)
    bits = header.get("BITPIX", 8)
    return abs(bits if isinstance(bits, int) else 8) // 8 * (_count(header, "PCOUNT") + elements)


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _table(header: Header, stream: ByteStream, limits: Limits) -> Table:
    width, rows = _count(header, "NAXIS1"), _count(header, "NAXIS2")
    if width * max(rows, 1) > limits.table_bytes:
        raise SkyMapError(
            "too-large",
            f"The table would have {width * rows:,} bytes, more than {limits.table_bytes:,}.",
            "Use the multi-order version of the map.",
        )
    return Table(header, _row_type(header, width), rows, stream)


def _row_type(header: Header, width: int) -> np.dtype[np.void]:
    """The type of a row, not made before its columns are known to have the width of the table."""
    names: list[str] = []
    formats: list[tuple[str, tuple[int, ...]]] = []
    size = 0
    for i in range(1, min(_count(header, "TFIELDS"), 999) + 1):
        match = re.match(r"(\d*)([A-Z])", str(header.get(f"TFORM{i}", "")).strip())
        if match is None or match[2] not in _FORMATS | _DESCRIPTOR_BYTES:
            raise SkyMapError("bad-column", f"Column {i} has no readable format.", _GET_AGAIN)
        repeat = int(match[1] or 1)
        if repeat == 0:
            raise SkyMapError("bad-column", f"Column {i} has no width.", "Write the table without it.")
        kind = f"V{_DESCRIPTOR_BYTES[match[2]]}" if match[2] in _DESCRIPTOR_BYTES else _FORMATS[match[2]]
        formats.append((kind, (repeat,)))
        names.append(_own_name(str(header.get(f"TTYPE{i}", "")).strip().upper() or f"COLUMN{i}", i, names))
        size += repeat * np.dtype(kind).itemsize
    if size != width:
        raise SkyMapError("bad-column", f"The columns have {size} bytes a row, the table {width}.", _GET_AGAIN)
    return np.dtype(list(zip(names, formats, strict=True)))


def _own_name(name: str, number: int, taken: list[str]) -> str:
    """The name of a column; a name that is taken gets the column's number behind it."""
    name = name if name not in taken else f"{name}#{number}"
    if name in taken:
        raise SkyMapError("bad-column", f"Two columns are called {name}.", "Give each column a name of its own.")
    return name


def write_table(columns: Mapping[str, tuple[NDArray[np.generic], str]], cards: Mapping[str, HeaderValue]) -> bytes:
    """A FITS file with one binary table.

    Parameters
    ----------
    columns : mapping of name to (array of int64 or float64, unit)
    cards : mapping of keyword to value
        Further header entries of the table.
    """
    formats = {name: ("K" if array.dtype.kind == "i" else "D") for name, (array, _) in columns.items()}
    rows = len(next(iter(columns.values()))[0])
    table = np.empty(rows, dtype=[(name, _FORMATS[letter]) for name, letter in formats.items()])
    header: dict[str, HeaderValue] = {"XTENSION": "BINTABLE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": table.itemsize}
    header |= {"NAXIS2": rows, "PCOUNT": 0, "GCOUNT": 1, "TFIELDS": len(columns)}
    for i, (name, (array, unit)) in enumerate(columns.items(), 1):
        table[name] = array
        header |= {f"TTYPE{i}": name, f"TFORM{i}": formats[name]} | ({f"TUNIT{i}": unit} if unit else {})
    primary: dict[str, HeaderValue] = {"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXTEND": True}
    body = table.tobytes()
    return _header_bytes(primary) + _header_bytes(header | dict(cards)) + body.ljust(_padded(len(body)), b"\0")


def _header_bytes(header: Header) -> bytes:
    cards = "".join(_card(key, value).ljust(80) for key, value in header.items()) + "END".ljust(80)
    return cards.ljust(_padded(len(cards))).encode("ascii")


def _card(key: str, value: HeaderValue) -> str:
    if isinstance(value, str):
        quoted = value.replace("'", "''")
        return f"{key:<8}= '{quoted:<8}'"
    word = ("T" if value else "F") if isinstance(value, bool) else repr(value).upper()
    return f"{key:<8}= {word:>20}"
