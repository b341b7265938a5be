"""Flat sky maps of hundreds of megabytes: read in a second, without being whole in memory where that can be."""

import gzip
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest

from tom_gcn.skymaps import SkyMapError, read_skymap

MAPS = Path(__file__).parents[1] / "data" / "skymaps"
RING = MAPS / "GRB220617A_IPN_map_hpx.fits.gz"


def test_ring_map_of_nside_2048() -> None:
    skymap = read_skymap(RING.read_bytes())
    assert len(skymap.uniq) == 789
    assert skymap.area_deg2(0.5) == pytest.approx(0.026, abs=0.001)
    assert skymap.area_deg2(0.9) == pytest.approx(0.088, abs=0.001)
    assert skymap.peak() == pytest.approx((156.863, 15.559), abs=0.03)
    with gzip.open(RING) as file:
        stored = np.frombuffer(file.read(), dtype=">f4", offset=5760, count=12 << 22)
    assert skymap.probability[skymap.probdensity > 0].sum() == pytest.approx(stored.sum(dtype=float), rel=1e-3)


def card(key: str, value: object) -> bytes:
    return f"{key:<8}= {value!s:>20}".ljust(80).encode()


def test_nested_map_is_never_whole_in_memory() -> None:
    primary = [card("SIMPLE", "T"), card("BITPIX", 8), card("NAXIS", 0)]
    table = [card("XTENSION", "'BINTABLE'"), card("BITPIX", 8), card("NAXIS", 2), card("NAXIS1", 4096)]
    table += [card("NAXIS2", 49152), card("PCOUNT", 0), card("TFIELDS", 1), card("TTYPE1", "'PROB'")]
    table += [card("TFORM1", "'1024E'"), card("ORDERING", "'NESTED'"), card("NSIDE", 2048)]
    press = zlib.compressobj(1, wbits=31)
    parts = [press.compress(b"".join([*cards, b"END"]).ljust(2880)) for cards in (primary, table)]
    parts += [press.compress(bytes(1 << 20)) for _ in range(193)]
    data = b"".join(parts) + press.flush()
    tracemalloc.start()
    try:
        with pytest.raises(SkyMapError) as caught:
            read_skymap(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.code == "empty"
    assert peak < 100 << 20
