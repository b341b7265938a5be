"""Maps written to hurt: each is refused with a `SkyMapError`, or read at a cost that is known beforehand."""

import zlib

import numpy as np
import pytest

from tom_gcn.skymaps import Limits, SkyMap, SkyMapError, coarsen, merge_ranges, pack, read_skymap, tile_ranges, unpack
from tom_gcn.skymaps.fits import BLOCK, write_table
from tom_gcn.skymaps.ranges import MAX_ORDER, contains, nested_to_uniq


def table(cards: dict[str, object], body: bytes = b"", primary: dict[str, object] | None = None) -> bytes:
    """A FITS file whose headers say what they are told to."""
    heads = [{"SIMPLE": "T", "BITPIX": 8, "NAXIS": 0} | (primary or {})]
    heads.append({"XTENSION": "'BINTABLE'", "BITPIX": 8, "NAXIS": 2, "PCOUNT": 0, "GCOUNT": 1} | cards)
    blocks = ["".join([f"{k:<8}= {v!s:>20}".ljust(80) for k, v in head.items()] + ["END"]) for head in heads]
    return b"".join(text.encode().ljust(-(-len(text) // BLOCK) * BLOCK) for text in blocks) + body


def columns(*formats: tuple[str, str], width: object = 16, rows: int = 12) -> dict[str, object]:
    cards: dict[str, object] = {"NAXIS1": width, "NAXIS2": rows, "TFIELDS": len(formats)}
    for i, (name, form) in enumerate(formats, 1):
        cards |= {f"TTYPE{i}": f"'{name}'", f"TFORM{i}": f"'{form}'"}
    return cards


HOSTILE = {
    "a column wider than any array": columns(("UNIQ", "99999999999K"), ("PROBDENSITY", "D")),
    "a column of a number of sixty digits": columns(("UNIQ", "9" * 60 + "K"), ("PROBDENSITY", "D")),
    "a row of a terabyte in a table of none": columns(("PROB", "137438953472D"), width=1 << 40, rows=0),
    "names that collide": columns(("X", "K"), ("X#3", "D"), ("X", "D"), width=24),
    "a column of nothing": columns(("UNIQ", "K"), ("PROBDENSITY", "D"), ("X", "0K")),
    "a probability of nothing": columns(("UNIQ", "K"), ("PROBDENSITY", "0D"), width=8),
    "a text of nothing": columns(("UNIQ", "K"), ("PROBDENSITY", "D"), ("X", "0A")),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_table_that_is_none_is_refused(what: str) -> None:
    with pytest.raises(SkyMapError) as caught:
        read_skymap(table(HOSTILE[what], bytes(BLOCK)))
    assert caught.value.code in ("bad-column", "too-large"), what


def test_two_columns_of_one_name_are_refused_only_when_they_cannot_be_told_apart() -> None:
    density = np.full(12, 1 / (4 * np.pi))
    good = write_table({"UNIQ": (np.arange(4, 16), ""), "PROBDENSITY": (density, ""), "X": (density, "")}, {})
    assert len(read_skymap(good.replace(b"'X       '", b"'UNIQ    '")).uniq) == 12


def test_what_lies_before_the_table_is_not_inflated_beyond_the_limit() -> None:
    press = zlib.compressobj(1, wbits=31)
    head = table(columns(("UNIQ", "K")), primary={"NAXIS": 1, "NAXIS1": 900_000_000_000})[:BLOCK]
    data = press.compress(head) + press.compress(bytes(4 << 20)) + press.flush()
    with pytest.raises(SkyMapError) as caught:
        read_skymap(data)
    assert caught.value.code == "too-large"


def test_many_small_parts_before_the_table_count_together() -> None:
    image = {"XTENSION": "'IMAGE'", "BITPIX": 8, "NAXIS": 1, "NAXIS1": 10 * BLOCK}
    text = "".join([f"{k:<8}= {v!s:>20}".ljust(80) for k, v in image.items()] + ["END"]).encode().ljust(BLOCK)
    data = table({})[:BLOCK] + (text + bytes(10 * BLOCK)) * 4
    with pytest.raises(SkyMapError) as caught:
        read_skymap(data, Limits(skipped_bytes=35 * BLOCK))
    assert caught.value.code == "too-large"
    with pytest.raises(SkyMapError) as caught:
        read_skymap(data)
    assert caught.value.code == "no-table"


@pytest.mark.parametrize("mean", ["1" + "0" * 60, "1E308", "-5.0", "0", "NaN", "2000000.0"])
def test_stated_distance_that_cannot_be_is_passed_over(mean: str) -> None:
    flat = write_table({"PROB": (np.full(12, 1 / 12), "")}, {"ORDERING": "NESTED", "NSIDE": 1, "DISTSTD": 5.0})
    card = f"{'DISTMEAN':<8}= {mean:>62}".ljust(80).encode()
    start = flat.index(b"END ".ljust(80), BLOCK)
    data = flat[:start] + card + b"END".ljust(80) + flat[start + 160 :]
    assert read_skymap(data).distance() is None


@pytest.mark.parametrize(
    ("mu", "sigma"), [(1e308, 1e308), (-100.0, 1e-300), (1e308, 1.0), (1e-300, 1e308), (-1e308, 1e-308), (5e6, 1.0)]
)
@pytest.mark.filterwarnings("error")
def test_distance_that_cannot_be_is_none(mu: float, sigma: float) -> None:
    ones = np.ones(12)
    skymap = SkyMap(np.arange(4, 16), ones / (4 * np.pi), mu * ones, sigma * ones, ones)
    assert skymap.distance() is None
    assert not skymap.has_distance


def checkered(order: int) -> bytes:
    """A flat map in which every second pixel is empty, so that nothing merges."""
    values = np.zeros(12 << (2 * order))
    values[::2] = 2 / len(values)
    return write_table({"PROB": (values, "")}, {"ORDERING": "NESTED", "NSIDE": 1 << order})


@pytest.mark.parametrize("order", [5])
def test_flat_map_of_many_tiles_is_refused_before_all_are_made(order: int) -> None:
    limit = (12 << (2 * order)) // 4
    with pytest.raises(SkyMapError) as caught:
        read_skymap(checkered(order), Limits(tiles=limit))
    assert caught.value.code == "too-large"


def test_partial_map_of_many_rows_is_refused_unread() -> None:
    cards = columns(("PIXEL", "K"), ("PROB", "D"), rows=60_000_000) | {"ORDERING": "'NESTED'", "NSIDE": 4096}
    with pytest.raises(SkyMapError) as caught:
        read_skymap(table(cards))
    assert caught.value.code == "too-large"


def test_largest_flat_map_without_equal_pixels_that_is_common_fits() -> None:
    assert 12 * 512**2 <= Limits().tiles < 12 * 1024**2 / 2


def test_coarsened_region_covers_the_fine_one_with_no_more_ranges_than_asked() -> None:
    region = read_skymap(checkered(5)).region(0.9)
    assert len(region) > 5000
    coarse = coarsen(region, 1000)
    assert len(coarse) <= 1000
    np.testing.assert_array_equal(merge_ranges(coarse), coarse)
    np.testing.assert_array_equal(merge_ranges(np.concatenate([coarse, region])), coarse)


def test_coarsened_region_is_not_coarser_than_it_needs_be() -> None:
    cells = np.arange(0, 12 << 8, 3)
    fine = tile_ranges(np.full(len(cells), 4), cells)
    assert coarsen(fine, len(fine)) is fine
    coarse = coarsen(fine, len(fine) - 1)
    assert len(coarse) == 1
    apart = np.arange(0, 12 << 8, 64)
    pairs = np.concatenate([apart, apart + 2])
    fine = merge_ranges(tile_ranges(np.full(len(pairs), 4), pairs))
    coarse = coarsen(fine, len(apart))
    np.testing.assert_array_equal(coarse, tile_ranges(np.full(len(apart), 3), apart // 4))
    assert contains(coarse, fine[:, 0]).all()


def test_nothing_and_finest_cells_are_coarsened() -> None:
    assert len(coarsen(np.empty((0, 2), dtype=np.int64), 5)) == 0
    cells = np.arange(0, 1000, 2)
    assert len(coarsen(tile_ranges(np.full(500, MAX_ORDER), cells), 1)) == 1


def test_pack_that_would_inflate_is_refused() -> None:
    skymap = SkyMap(nested_to_uniq(np.zeros(12, dtype=int), np.arange(12)), np.full(12, 1 / (4 * np.pi)))
    packed = pack(skymap)
    head, _, body = packed[8:].partition(b"\n")
    bomb = zlib.compress(bytes(32 << 20))
    sizes = head.replace(head[head.index(b"[[") : head.index(b"]]") + 2], f'[["uniq", {len(bomb)}]]'.encode())
    with pytest.raises(SkyMapError) as caught:
        unpack(packed[:8] + sizes + b"\n" + bomb + body)
    assert caught.value.code == "bad-pack"
