"""Sky maps in and out of FITS: multi-order, flat nested, flat ring, partial."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import healpy
import numpy as np
from numpy.typing import NDArray

from .distance import plausible
from .errors import SkyMapError
from .fits import Limits, Table, open_table, write_table
from .flat import Bits, Merged, merge_equal, ring_faces
from .ranges import MAX_ORDER, FloatArray, IntArray, nested_to_uniq, tile_ranges, uniq_to_nested
from .skymap import SkyMap

SUM_TOLERANCE = 1e-3
_CHUNK_BYTES = 32 << 20
# Sums this close to one are left alone, so that a map that is right stays as it is to the last bit.
_SUM_EXACT = 1e-9
_DENSITY = ("PROBDENSITY",)
_PROBABILITY = ("PROB", "PROBABILITY")
_PIXEL = ("PIXEL", "PIX", "IPIX")
_DISTANCE = ("DISTMU", "DISTSIGMA", "DISTNORM")
_PER_SR = {"": 1.0, "sr-1": 1.0, "sr^-1": 1.0, "1/sr": 1.0, "1 / sr": 1.0, "sr**-1": 1.0}
_PER_DEG2 = {"deg-2": (180 / np.pi) ** 2, "1/deg2": (180 / np.pi) ** 2, "deg^-2": (180 / np.pi) ** 2}
_DISTANCE_UNITS = {"", "mpc", "mpc-2", "mpc^-2", "1/mpc2", "mpc**-2", "1 / mpc2"}
# healpy writes this number, in single or double precision, where a map says nothing.
_UNSEEN = (-1.6375e30, float(np.float32(-1.6375e30)))
_ASK_AUTHOR = "Ask the author of the map for a corrected one."


def read_skymap(data: bytes, limits: Limits = Limits()) -> SkyMap:  # noqa: B008 (frozen)
    """Read a HEALPix sky map.

    Parameters
    ----------
    data : bytes
        A FITS file, gzipped or not: a multi-order table (UNIQ, PROBDENSITY) or a flat map (PROB, PROBABILITY or
        PROBDENSITY) in nested or ring order, over the whole sky or part of it; with DISTMU, DISTSIGMA and DISTNORM or
        without.
    limits : Limits
        What the map may cost.

    Returns
    -------
    SkyMap
        Probabilities as in the file where they sum to 1 within 1e-9, scaled to 1 where they do within 1e-3.

    Raises
    ------
    SkyMapError
        With a code: ``not-fits``, ``truncated``, ``no-table``, ``bad-column``, ``bad-ordering``, ``bad-frame``,
        ``bad-unit``, ``bad-order``, ``too-large``, ``empty``, ``nan``, ``negative``, ``overlap``, ``not-normalised``.
    """
    table = open_table(data, limits)
    _check_frame(table)
    if table.rows == 0:
        raise SkyMapError("empty", "The table of the sky map has no rows.", _ASK_AUTHOR)
    if "UNIQ" in table.names:
        uniq, columns = _read_multiorder(table, limits)
    else:
        uniq, columns = _read_flat(table, limits)
    return _build(uniq, columns, table)


def _check_frame(table: Table) -> None:
    frame = str(table.header.get("COORDSYS", "C")).strip().upper()
    if frame[:1] in ("G", "E") and not frame.startswith("EQ"):
        raise SkyMapError(
            "bad-frame", f"The map is in frame {frame}, not equatorial.", "Rotate it to equatorial coordinates (ICRS)."
        )


def _column_names(table: Table) -> tuple[str, tuple[str, ...]]:
    """Name of the probability column, and the distance columns if all three are there."""
    for name in _DENSITY + _PROBABILITY:
        if name in table.names:
            distance = _DISTANCE if set(_DISTANCE) <= set(table.names) else ()
            _check_plain(table, (name, *distance))
            return name, distance
    raise SkyMapError(
        "no-table",
        f"The table has no column of probability (it has {', '.join(table.names) or 'none'}).",
        "Give a map with a column PROB, PROBABILITY or PROBDENSITY.",
    )


def _check_plain(table: Table, names: tuple[str, ...]) -> None:
    units = table.units()
    for name in names:
        index = table.names.index(name) + 1
        if table.header.get(f"TSCAL{index}", 1) != 1 or table.header.get(f"TZERO{index}", 0) != 0:
            raise SkyMapError("bad-column", f"Column {name} is stored scaled.", "Write it without TSCAL and TZERO.")
        if table.dtype[name].base.kind != "f":
            raise SkyMapError("bad-column", f"Column {name} does not hold real numbers.", _ASK_AUTHOR)
        if name in _DISTANCE and units[name].lower() not in _DISTANCE_UNITS:
            raise SkyMapError("bad-unit", f"Column {name} is in {units[name]}.", "Write distances in Mpc.")


def _read_multiorder(table: Table, limits: Limits) -> tuple[IntArray, list[FloatArray]]:
    name, distance = _column_names(table)
    if table.rows > limits.tiles:
        raise SkyMapError("too-large", f"The map has {table.rows:,} tiles.", f"Use at most {limits.tiles:,}.")
    if table.dtype["UNIQ"].base.kind != "i" or table.dtype["UNIQ"].shape != (1,):
        raise SkyMapError("bad-column", "Column UNIQ does not hold one integer per row.", _ASK_AUTHOR)
    if any(table.dtype[column].shape != (1,) for column in (name, *distance)):
        raise SkyMapError("bad-column", "The columns of the map have different lengths.", _ASK_AUTHOR)
    numbers, *columns = _whole_columns(table, ("UNIQ", name, *distance))
    uniq = numbers.astype(np.int64)
    if uniq.min() < 4 or uniq.max() >= 16 << (2 * MAX_ORDER):
        raise SkyMapError("bad-order", f"UNIQ numbers lie outside orders 0 to {MAX_ORDER}.", _ASK_AUTHOR)
    values = [column.astype(np.float64) for column in columns]
    return uniq, [_density(values[0], uniq_to_nested(uniq)[0], name, table), *values[1:]]


def _whole_columns(table: Table, names: tuple[str, ...]) -> list[NDArray[np.generic]]:
    """Some columns over all rows, without the others ever being whole in memory."""
    rows = max(1, _CHUNK_BYTES // table.dtype.itemsize)
    columns: list[NDArray[np.generic]] = [
        np.empty((table.rows, *table.dtype[name].shape), dtype=table.dtype[name].base) for name in names
    ]
    for number, chunk in enumerate(table.chunks(rows)):
        for column, name in zip(columns, names, strict=True):
            column[number * rows : number * rows + len(chunk)] = chunk[name]
    return [column.reshape(-1) for column in columns]


def _read_flat(table: Table, limits: Limits) -> tuple[IntArray, list[FloatArray]]:
    name, distance = _column_names(table)
    names = (name, *distance)
    pixel = next((word for word in _PIXEL if word in table.names), None)
    repeat = int(np.prod(table.dtype[names[0]].shape, dtype=np.int64))
    if any(table.dtype[word].shape != table.dtype[name].shape for word in (*names, pixel or name)):
        raise SkyMapError("bad-column", "The columns of the map have different lengths.", _ASK_AUTHOR)
    order = _flat_order(table, None if pixel else table.rows * repeat)
    if pixel and table.rows * repeat > limits.tiles:
        raise _too_many(limits.tiles)
    uniq, bits = _read_partial(table, names, pixel, order) if pixel else _read_full(table, names, order, limits)
    values = [_numbers(column, table.dtype[word].base) for column, word in zip(bits, names, strict=True)]
    # Every tile merged from flat pixels holds the value of each of them, so the area is that of a pixel.
    return uniq, [_density(values[0], np.int64(order), name, table), *values[1:]]


def _too_many(limit: int) -> SkyMapError:
    return SkyMapError(
        "too-large",
        f"The map has more than {limit:,} different pixels.",
        "Use the multi-order version of the map, or one of lower resolution.",
    )


def _numbers(bits: Bits, stored: np.dtype[np.generic]) -> FloatArray:
    return bits.view(stored).astype(np.float64)


def _as_bits(values: NDArray[np.generic]) -> Bits:
    """The bit patterns of a column of numbers."""
    column = np.ascontiguousarray(values).reshape(-1)
    return column.view(np.uint32 if column.dtype.itemsize == 4 else np.uint64)


def _ordering(table: Table) -> str:
    ordering = str(table.header.get("ORDERING", "")).strip().upper()
    if ordering in ("NESTED", "NEST"):
        return "NESTED"
    if ordering == "RING":
        return "RING"
    raise SkyMapError(
        "bad-ordering",
        f"The map does not say how its pixels are ordered (ORDERING is {ordering or 'missing'}).",
        "Set ORDERING to NESTED or RING in the header of the table.",
    )


def _flat_order(table: Table, pixels: int | None) -> int:
    """HEALPix order of a flat map, from NSIDE or from the number of pixels of the whole sky."""
    nside = table.header.get("NSIDE", 0)
    if not nside and pixels:
        nside = round((pixels / 12) ** 0.5)
    if (
        isinstance(nside, bool)
        or not isinstance(nside, int)
        or nside < 1
        or nside & (nside - 1)
        or nside > 1 << MAX_ORDER
    ):
        raise SkyMapError("bad-order", f"NSIDE is {nside}, not a power of two up to 2**{MAX_ORDER}.", _ASK_AUTHOR)
    if pixels is not None and pixels != 12 * nside * nside:
        raise SkyMapError(
            "bad-order",
            f"The table has {pixels} pixels, a map of NSIDE {nside} has {12 * nside * nside}.",
            "Give the whole sky, or a column PIXEL with the numbers of the pixels.",
        )
    return nside.bit_length() - 1


def _read_partial(table: Table, names: tuple[str, ...], pixel: str, order: int) -> tuple[IntArray, list[Bits]]:
    if table.dtype[pixel].base.kind not in "iu":
        raise SkyMapError("bad-column", f"Column {pixel} does not hold pixel numbers.", _ASK_AUTHOR)
    numbers, *columns = _whole_columns(table, (pixel, *names))
    ipix = numbers.astype(np.int64)
    if ipix.min() < 0 or ipix.max() >= 12 << (2 * order):
        raise SkyMapError("bad-order", f"Pixel numbers lie outside a map of order {order}.", _ASK_AUTHOR)
    if _ordering(table) == "RING":
        ipix = healpy.ring2nest(1 << order, ipix)
    return nested_to_uniq(order, ipix), [_as_bits(column) for column in columns]


def _read_full(table: Table, names: tuple[str, ...], order: int, limits: Limits) -> tuple[IntArray, list[Bits]]:
    nested = _ordering(table) == "NESTED"
    parts = _up_to(limits.tiles, _nested_parts(table, names, order) if nested else _ring_parts(table, names, order))
    return (
        np.concatenate([uniq for uniq, _ in parts]),
        [np.concatenate(column) for column in zip(*(columns for _, columns in parts), strict=True)],
    )


def _up_to(limit: int, parts: Iterable[Merged]) -> list[Merged]:
    """The parts, as long as they do not have too many tiles together."""
    kept: list[Merged] = []
    for part in parts:
        kept.append(part)
        if sum(len(uniq) for uniq, _ in kept) > limit:
            raise _too_many(limit)
    return kept


def _nested_parts(table: Table, names: tuple[str, ...], order: int) -> Iterator[Merged]:
    """One base face at a time where rows allow it, so that the table is never whole in memory."""
    rows = table.rows // 12 if table.rows % 12 == 0 else table.rows
    first = 0
    for chunk in table.chunks(rows):
        columns = [_as_bits(chunk[name]) for name in names]
        yield merge_equal(columns, order, first)
        first += len(columns[0])


def _ring_parts(table: Table, names: tuple[str, ...], order: int) -> Iterator[Merged]:
    columns = [np.empty(12 << (2 * order), dtype=f"u{table.dtype[name].base.itemsize}") for name in names]
    filled = 0
    for chunk in table.chunks(max(1, table.rows // 16)):
        for column, name in zip(columns, names, strict=True):
            part = _as_bits(chunk[name])
            column[filled : filled + len(part)] = part
        filled += len(part)
    for face, ring in enumerate(ring_faces(order)):
        yield merge_equal([column[ring] for column in columns], order, face << (2 * order))


def _density(values: FloatArray, order: IntArray | np.int64, name: str, table: Table) -> FloatArray:
    """Probability density [sr^-1] from a column, whatever it holds."""
    values = np.where(np.isin(values, _UNSEEN), 0.0, values)
    unit = table.units()[name]
    per_area = _PER_SR | _PER_DEG2
    if name in _DENSITY or (unit and unit in per_area):
        if unit not in per_area:
            raise SkyMapError("bad-unit", f"Column {name} is in {unit}.", "Write probability density in sr-1.")
        return values * per_area[unit]
    return np.asarray(values * (12 * np.exp2(2.0 * order) / (4 * np.pi)))


def _build(uniq: IntArray, columns: list[FloatArray], table: Table) -> SkyMap:
    order, ipix = uniq_to_nested(uniq)
    ranges = tile_ranges(order, ipix)
    rank = np.argsort(ranges[:, 0], kind="stable")
    ranges, uniq, columns = ranges[rank], uniq[rank], [column[rank] for column in columns]
    if np.any(ranges[1:, 0] < ranges[:-1, 1]):
        raise SkyMapError("overlap", "Tiles of the map overlap.", _ASK_AUTHOR)
    _check_values(columns[0])
    distances = dict(zip(("distmu", "distsigma", "distnorm"), columns[1:], strict=False))
    mean, sigma = plausible(_stated(table, "DISTMEAN"), _stated(table, "DISTSTD")) or (None, None)
    skymap = SkyMap(uniq, columns[0], distmean=mean, diststd=sigma, **distances)
    return _normalised(skymap)


def _stated(table: Table, key: str) -> float | None:
    value = table.header.get(key)
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def _check_values(density: FloatArray) -> None:
    if not np.all(np.isfinite(density)):
        count = int(np.sum(~np.isfinite(density)))
        raise SkyMapError("nan", f"{count} tiles have a probability that is not a number.", _ASK_AUTHOR)
    if np.any(density < 0):
        raise SkyMapError("negative", f"{int(np.sum(density < 0))} tiles have a negative probability.", _ASK_AUTHOR)


def _normalised(skymap: SkyMap) -> SkyMap:
    total = float(skymap.probability.sum())
    if total == 0:
        raise SkyMapError("empty", "The map has no probability anywhere.", _ASK_AUTHOR)
    if abs(total - 1) > SUM_TOLERANCE:
        raise SkyMapError("not-normalised", f"The probability of the map sums to {total:.6g}, not 1.", _ASK_AUTHOR)
    if abs(total - 1) <= _SUM_EXACT:
        return skymap
    return SkyMap(
        skymap.uniq,
        skymap.probdensity / total,
        skymap.distmu,
        skymap.distsigma,
        skymap.distnorm,
        skymap.distmean,
        skymap.diststd,
    )


def to_fits(skymap: SkyMap) -> bytes:
    """A multi-order FITS file as LVK publishes them (UNIQ, PROBDENSITY and the distance columns)."""
    columns: dict[str, tuple[NDArray[np.generic], str]] = {
        "UNIQ": (skymap.uniq, ""),
        "PROBDENSITY": (skymap.probdensity, "sr-1"),
    }
    for name, values, unit in (
        ("DISTMU", skymap.distmu, "Mpc"),
        ("DISTSIGMA", skymap.distsigma, "Mpc"),
        ("DISTNORM", skymap.distnorm, "Mpc-2"),
    ):
        if values is not None:
            columns[name] = (values, unit)
    cards: dict[str, str | int | float | bool] = {"PIXTYPE": "HEALPIX", "ORDERING": "NUNIQ", "COORDSYS": "C"}
    cards |= {"MOCORDER": skymap.max_order, "INDXSCHM": "EXPLICIT"}
    if skymap.distmean is not None and skymap.diststd is not None:
        cards |= {"DISTMEAN": skymap.distmean, "DISTSTD": skymap.diststd}
    return write_table(columns, cards)
