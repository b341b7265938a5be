"""A sky map as a few hundred kilobytes for one database column, lossless and quick to read back.

A line of JSON, then the columns, each as zlib-compressed bytes with the first bytes of all numbers before the second
ones and so on, which is what makes doubles compress.
"""

from __future__ import annotations

import json
import zlib

import numpy as np
from numpy.typing import NDArray

from .errors import SkyMapError
from .ranges import FloatArray
from .skymap import SkyMap

_MAGIC = b"SKYMAP1\n"
_COLUMNS = ("uniq", "probdensity", "distmu", "distsigma", "distnorm")


def pack(skymap: SkyMap) -> bytes:
    """Pack a sky map; `unpack` gives it back to the last bit."""
    names = [name for name in _COLUMNS if getattr(skymap, name) is not None]
    parts = [_squeeze(getattr(skymap, name)) for name in names]
    head = {
        "tiles": len(skymap.uniq),
        "columns": [[name, len(part)] for name, part in zip(names, parts, strict=True)],
        "distmean": skymap.distmean,
        "diststd": skymap.diststd,
    }
    return _MAGIC + json.dumps(head).encode() + b"\n" + b"".join(parts)


def unpack(data: bytes) -> SkyMap:
    """Unpack what `pack` made.

    Raises
    ------
    SkyMapError
        ``bad-pack`` when the bytes are something else, or damaged.
    """
    try:
        return _unpack(bytes(data))
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise SkyMapError(
            "bad-pack", f"The stored sky map is damaged ({error}).", "Read it again from its FITS file."
        ) from error


def _unpack(data: bytes) -> SkyMap:
    if not data.startswith(_MAGIC):
        raise ValueError("it does not start as one")
    line, _, body = data[len(_MAGIC) :].partition(b"\n")
    head = json.loads(line)
    columns = {}
    for name, size in head["columns"]:
        columns[name], body = _expand(body[:size], head["tiles"]), body[size:]
    return SkyMap(
        columns["uniq"].view(np.int64),
        columns["probdensity"],
        columns.get("distmu"),
        columns.get("distsigma"),
        columns.get("distnorm"),
        head["distmean"],
        head["diststd"],
    )


def _squeeze(column: NDArray[np.generic]) -> bytes:
    eight = np.ascontiguousarray(column).astype(column.dtype.newbyteorder("<"), copy=False).view(np.uint8)
    return zlib.compress(eight.reshape(-1, 8).T.tobytes(), 3)


def _expand(part: bytes, tiles: int) -> FloatArray:
    unpacked = zlib.decompressobj().decompress(part, 8 * tiles)
    eight = np.frombuffer(unpacked, dtype=np.uint8).reshape(8, tiles)
    return np.ascontiguousarray(eight.T).reshape(-1).view(np.float64)
