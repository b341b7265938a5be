"""Files that are no usable sky map: each is refused with its own code, at little cost."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from itertools import repeat
from pathlib import Path

import healpy
import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from tom_gcn.skymaps import Limits, SkyMapError, read_skymap, unpack
from tom_gcn.skymaps.fits import write_table

MAPS = Path(__file__).parents[2] / "data" / "skymaps"
REAL = (MAPS / "MS220722v_bayestar.multiorder.fits").read_bytes()
UNIQ = np.arange(4, 16, dtype=np.int64)
FLAT = np.full(12, 1 / (4 * np.pi))


def multiorder(uniq: np.ndarray = UNIQ, density: np.ndarray = FLAT, **cards: object) -> bytes:
    return write_table({"UNIQ": (uniq, ""), "PROBDENSITY": (density, "sr-1")}, {"ORDERING": "NUNIQ", **cards})


def flat(values: np.ndarray | None = None, **cards: object) -> bytes:
    values = np.full(48, 1 / 48) if values is None else values
    return write_table({"PROB": (values, "pix-1")}, {"ORDERING": "NESTED", "NSIDE": 2, **cards})


def changed(index: int, value: float) -> np.ndarray:
    density = FLAT.copy()
    density[index] = value
    return density


def code_of(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(SkyMapError) as caught:
        read_skymap(data, limits or Limits())
    assert caught.value.message.endswith(".")
    assert caught.value.fix.endswith(".")
    return caught.value.code


def test_the_maps_below_are_good_before_they_are_spoilt() -> None:
    assert read_skymap(multiorder()).area_deg2(1.0) == pytest.approx(41252.96, rel=1e-6)
    assert read_skymap(flat()).area_deg2(0.5) == pytest.approx(41252.96 / 2, rel=1e-6)


BAD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "nothing": ("not-fits", lambda: b""),
    "text": ("not-fits", lambda: b"this is no sky map"),
    "image of another kind": ("not-fits", lambda: b"\x89PNG\r\n\x1a\n" + bytes(5000)),
    "gzip of text": ("not-fits", lambda: gzip.compress(b"hello")),
    "cut in the header": ("truncated", lambda: REAL[:4000]),
    "cut in the rows": ("truncated", lambda: REAL[:400_000]),
    "gzip cut": ("truncated", lambda: gzip.compress(REAL)[:50_000]),
    "gzip damaged": ("truncated", lambda: gzip.compress(REAL)[:9000] + b"\xff" * 9000),
    "no table": ("no-table", lambda: REAL[:2880]),
    "no probability": ("no-table", lambda: write_table({"UNIQ": (UNIQ, "")}, {})),
    "zero rows": ("empty", lambda: multiorder(UNIQ[:0], FLAT[:0])),
    "all zero": ("empty", lambda: multiorder(density=FLAT * 0)),
    "sum of two": ("not-normalised", lambda: multiorder(density=FLAT * 2)),
    "sum of 0.99": ("not-normalised", lambda: multiorder(density=FLAT * 0.99)),
    "half of the sky": ("not-normalised", lambda: multiorder(UNIQ[:6], FLAT[:6])),
    "NaN": ("nan", lambda: multiorder(density=changed(3, np.nan))),
    "infinite": ("nan", lambda: multiorder(density=changed(3, np.inf))),
    "negative": ("negative", lambda: multiorder(density=changed(3, -0.1))),
    "same tile twice": ("overlap", lambda: multiorder(np.append(UNIQ[:-1], 4))),
    "tile inside another": ("overlap", lambda: multiorder(np.append(UNIQ[:-1], 16))),
    "order 30": ("bad-order", lambda: multiorder(np.append(UNIQ[:-1], 16 << 58))),
    "UNIQ of zero": ("bad-order", lambda: multiorder(np.append(UNIQ[:-1], 0))),
    "UNIQ negative": ("bad-order", lambda: multiorder(np.append(UNIQ[:-1], -5))),
    "UNIQ not whole": ("bad-column", lambda: multiorder(UNIQ.astype(float))),
    "no ordering": ("bad-ordering", lambda: flat(ORDERING="")),
    "strange ordering": ("bad-ordering", lambda: flat(ORDERING="SPIRAL")),
    "NSIDE of three": ("bad-order", lambda: flat(NSIDE=3)),
    "NSIDE does not fit": ("bad-order", lambda: flat(NSIDE=4)),
    "galactic": ("bad-frame", lambda: flat(COORDSYS="G")),
    "ecliptic": ("bad-frame", lambda: flat(COORDSYS="E")),
    "scaled": ("bad-column", lambda: flat(TSCAL1=2.0)),
    "pixel outside": (
        "bad-order",
        lambda: write_table({"PIXEL": (np.array([0, 48]), ""), "PROB": (np.full(2, 0.5), "")}, {"NSIDE": 2}),
    ),
    "rows of another width": ("bad-column", lambda: multiorder(NAXIS1=24)),
    "rows that are not counted": ("not-fits", lambda: multiorder(NAXIS2="many")),
    "rows that are true": ("not-fits", lambda: multiorder(NAXIS2=True)),
    "NSIDE that is true": ("bad-order", lambda: flat(NSIDE=True)),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_file_is_refused_with_its_code(what: str) -> None:
    code, make = BAD[what]
    assert code_of(make()) == code


def test_distance_in_other_units_is_refused() -> None:
    columns = {name: (np.full(48, 1 / 48), unit) for name, unit in [("PROB", ""), ("DISTMU", "kpc")]}
    columns |= {"DISTSIGMA": (np.ones(48), "Mpc"), "DISTNORM": (np.ones(48), "Mpc-2")}
    assert code_of(write_table(columns, {"ORDERING": "NESTED", "NSIDE": 2})) == "bad-unit"


def test_too_large_a_file_is_refused_unread() -> None:
    assert code_of(REAL, Limits(file_bytes=1000)) == "too-large"


def test_too_large_a_table_is_refused_unread() -> None:
    assert code_of(REAL, Limits(table_bytes=100_000)) == "too-large"


@pytest.mark.parametrize("data", [REAL, (MAPS / "reproject_bayestar.fits.gz").read_bytes()])
def test_too_many_tiles_are_refused(data: bytes) -> None:
    assert code_of(data, Limits(tiles=1000)) == "too-large"


def gzipped(head: bytes, megabytes: int) -> bytes:
    """A gzip file of a beginning and then zeros, made without holding them."""
    press = zlib.compressobj(9, wbits=31)
    zeros = bytes(1 << 20)
    return press.compress(head) + b"".join(map(press.compress, repeat(zeros, megabytes))) + press.flush()


def peak_memory(read: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


GOOD_HEAD = multiorder()


def declared(rows: int) -> bytes:
    header = fits.Header.fromstring(GOOD_HEAD[2880:5760].decode())
    header["NAXIS2"] = rows
    return GOOD_HEAD[:2880] + header.tostring().encode()


@pytest.mark.parametrize(
    ("what", "head", "code"),
    [
        ("zeros alone", b"", "not-fits"),
        ("a table of 3 GB", declared(200_000_000), "too-large"),
        ("an endless header", GOOD_HEAD[:2880].replace(b"END", b"   "), "too-large"),
    ],
)
def test_bomb_costs_no_memory(what: str, head: bytes, code: str) -> None:
    bomb = gzipped(head, 60)
    assert peak_memory(lambda: code_of(bomb)) < 20 << 20, what


def test_what_follows_the_table_is_never_inflated() -> None:
    bomb = gzipped(GOOD_HEAD, 60)
    assert peak_memory(lambda: read_skymap(bomb)) < 20 << 20


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 6000))
def test_damaged_bytes_are_refused_or_read_never_worse(noise: bytes, place: int) -> None:
    data = multiorder()
    damaged = data[:place] + noise + data[place + len(noise) :]
    try:
        assert read_skymap(damaged).probability.sum() == pytest.approx(1)
    except SkyMapError as error:
        assert error.code


@pytest.mark.parametrize("data", [b"", b"SKYMAP1\n", b"SKYMAP1\n{}\n", b"SKYMAP1\nnull\n", REAL])
def test_damaged_pack_is_refused(data: bytes) -> None:
    with pytest.raises(SkyMapError) as caught:
        unpack(data)
    assert caught.value.code == "bad-pack"


def test_unseen_everywhere_is_empty() -> None:
    assert code_of(flat(np.full(48, healpy.UNSEEN))) == "empty"
