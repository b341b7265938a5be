"""Reading and writing sky maps in every form the field uses."""

import csv
import gzip
import io
from functools import cache
from pathlib import Path

import healpy
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from mocpy import MOC

from tom_gcn.skymaps import SkyMap, pack, read_skymap, to_fits, unpack
from tom_gcn.skymaps.flat import ring_faces

MAPS = Path(__file__).parents[2] / "data" / "skymaps"
NSIDE = 32
RNG = np.random.default_rng(5)


def manifest() -> dict[str, dict[str, str]]:
    with (MAPS / "MANIFEST.tsv").open(newline="") as lines:
        return {row["file"]: row for row in csv.DictReader(lines, delimiter="\t")}


# The map of NSIDE 2048 takes a second: tests/tom_gcn/test_large_skymaps.py.
EXPECTED = {name: row for name, row in manifest().items() if "IPN" not in name}


@cache
def read(name: str) -> SkyMap:
    return read_skymap((MAPS / name).read_bytes())


def hill(nside: int = NSIDE) -> np.ndarray:
    """A nested map of probability per pixel: a peak on a plateau of equal pixels, zero in the south."""
    x, y, z = healpy.pix2vec(nside, np.arange(healpy.nside2npix(nside)), nest=True)
    values = np.maximum(np.exp(-((x - 0.6) ** 2 + y**2 + (z - 0.8) ** 2) * 20), 1e-3) * (z > -0.5)
    return values / values.sum()


def fits_bytes(columns: dict[str, np.ndarray], units: dict[str, str] | None = None, **cards: object) -> bytes:
    table = fits.BinTableHDU.from_columns(
        [
            fits.Column(name, {"i": "K", "f": "D"}[values.dtype.kind], unit=(units or {}).get(name), array=values)
            for name, values in columns.items()
        ]
    )
    table.header.update(cards)
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(out)
    return out.getvalue()


def written_by_healpy(tmp_path: Path, values: np.ndarray, **options: object) -> bytes:
    path = tmp_path / "map.fits"
    healpy.write_map(path, values, overwrite=True, **options)
    return path.read_bytes()


def flattened(skymap: SkyMap, order: int) -> np.ndarray:
    """Probability per nested pixel of the whole sky."""
    width = 1 << (2 * (29 - order))
    first = np.arange(12 << (2 * order), dtype=np.int64) * width
    return skymap.probability_of_each(np.column_stack([first, first + width]))


@pytest.mark.parametrize("name", EXPECTED)
def test_real_maps_have_the_areas_of_the_manifest(name: str) -> None:
    skymap, row = read(name), EXPECTED[name]
    assert len(skymap.uniq) == int(row["rows"].split()[0])
    assert skymap.area_deg2(0.5) == pytest.approx(float(row["area_50_deg2"]), rel=0.01, abs=0.05)
    assert skymap.area_deg2(0.9) == pytest.approx(float(row["area_90_deg2"]), rel=0.01, abs=0.05)
    assert skymap.probability.sum() == pytest.approx(1, abs=1e-9)


def test_flat_map_is_the_same_after_merging() -> None:
    name = "reproject_bayestar.fits.gz"
    theirs = healpy.read_map(MAPS / name, nest=True, dtype=np.float64)
    skymap = read(name)
    ours = skymap.density_at(*healpy.pix2ang(512, np.arange(len(theirs)), nest=True, lonlat=True))
    np.testing.assert_allclose(ours * 4 * np.pi / len(theirs), theirs, rtol=1e-9)


def test_ring_map_is_the_same_after_merging() -> None:
    values = healpy.reorder(hill(256), n2r=True)
    skymap = read_skymap(fits_bytes({"PROB": values}, ORDERING="RING", NSIDE=256))
    ours = skymap.density_at(*healpy.pix2ang(256, np.arange(len(values)), lonlat=True))
    np.testing.assert_allclose(ours * 4 * np.pi / len(values), values, rtol=1e-9)
    assert len(skymap.uniq) < len(values)


@pytest.mark.parametrize("order", range(8))
def test_ring_numbers_of_faces_agree_with_healpy(order: int) -> None:
    ours = np.concatenate([ring.copy() for ring in ring_faces(order)])
    np.testing.assert_array_equal(ours, healpy.nest2ring(1 << order, np.arange(12 << (2 * order))))


@pytest.mark.parametrize("nside", [1, 2, 16, 32])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ring_and_nested_read_alike(tmp_path: Path, nside: int, dtype: type) -> None:
    values = RNG.random(12 * nside * nside)
    values[: len(values) // 2] = 0.5
    values /= values.sum()
    options = {"column_names": ["PROB"], "dtype": dtype}
    nested = read_skymap(written_by_healpy(tmp_path, values, nest=True, **options))
    ring = read_skymap(written_by_healpy(tmp_path, healpy.reorder(values, n2r=True), nest=False, **options))
    np.testing.assert_array_equal(nested.uniq, ring.uniq)
    np.testing.assert_allclose(nested.probdensity, ring.probdensity, rtol=1e-9)
    assert len(nested.uniq) < len(values) or nside == 1


@pytest.mark.parametrize("nest", [True, False])
def test_partial_map_of_healpy(tmp_path: Path, nest: bool) -> None:
    values = hill() if nest else healpy.reorder(hill(), n2r=True)
    values[values == 0] = healpy.UNSEEN
    data = written_by_healpy(tmp_path, values, nest=nest, partial=True, column_names=["PROB"], dtype=np.float64)
    np.testing.assert_allclose(flattened(read_skymap(data), 5), hill(), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_unseen_pixels_hold_nothing(tmp_path: Path, dtype: type) -> None:
    values = hill()
    values[values == 0] = healpy.UNSEEN
    data = written_by_healpy(tmp_path, values, nest=True, column_names=["PROBABILITY"], dtype=dtype)
    np.testing.assert_allclose(flattened(read_skymap(data), 5), hill(), rtol=1e-6, atol=1e-15)


@pytest.mark.parametrize(
    ("name", "unit", "factor"),
    [
        ("PROB", "pix-1", 1.0),
        ("PROBABILITY", None, 1.0),
        ("PROB", "sr-1", 12 * NSIDE**2 / (4 * np.pi)),
        ("PROBDENSITY", "sr-1", 12 * NSIDE**2 / (4 * np.pi)),
        ("PROBDENSITY", None, 12 * NSIDE**2 / (4 * np.pi)),
        ("PROBDENSITY", "deg-2", 12 * NSIDE**2 / (4 * np.pi) * (np.pi / 180) ** 2),
    ],
)
def test_columns_and_units_of_flat_maps(name: str, unit: str | None, factor: float) -> None:
    data = fits_bytes({name: hill() * factor}, {name: unit} if unit else None, ORDERING="NESTED", NSIDE=NSIDE)
    np.testing.assert_allclose(flattened(read_skymap(data), 5), hill(), rtol=1e-9, atol=1e-15)


def test_nside_may_be_left_out() -> None:
    data = fits_bytes({"PROB": hill()}, ORDERING="NESTED")
    np.testing.assert_allclose(flattened(read_skymap(data), 5), hill(), rtol=1e-9, atol=1e-15)


def test_distance_columns_of_flat_map_are_kept_and_differ_where_they_differ() -> None:
    mu = np.where(np.arange(12 * NSIDE**2) % 4, 100.0, np.inf)
    columns = {"PROB": hill(), "DISTMU": mu, "DISTSIGMA": np.full_like(mu, 10.0), "DISTNORM": np.full_like(mu, 1e-4)}
    skymap = read_skymap(fits_bytes(columns, ORDERING="NESTED", NSIDE=NSIDE))
    assert skymap.distmu is not None
    assert len(skymap.uniq) == 12 * NSIDE**2
    np.testing.assert_array_equal(np.isfinite(skymap.distmu), np.isfinite(mu))
    mean, sigma = skymap.distance() or (0, 0)
    assert (mean, sigma) == pytest.approx((101.98, 9.9), rel=1e-2)


def test_map_without_distance() -> None:
    skymap = read_skymap(fits_bytes({"PROB": hill()}, ORDERING="NESTED"))
    assert skymap.distance() is None
    assert not skymap.has_distance


def test_sum_within_a_thousandth_is_scaled_to_one() -> None:
    skymap = read_skymap(fits_bytes({"PROB": hill() * 1.0005}, ORDERING="NESTED"))
    assert skymap.probability.sum() == pytest.approx(1, abs=1e-12)


def test_multiorder_rows_in_any_order_and_gzipped() -> None:
    data = (MAPS / "MS220722v_bayestar.multiorder.fits").read_bytes()
    table = Table.read(io.BytesIO(data), format="fits")
    mixed = table[RNG.permutation(len(table))]
    out = io.BytesIO()
    mixed.write(out, format="fits")
    ours, shuffled = read_skymap(data), read_skymap(gzip.compress(out.getvalue(), 1))
    np.testing.assert_array_equal(ours.uniq, shuffled.uniq)
    np.testing.assert_array_equal(ours.probdensity, shuffled.probdensity)


def test_tiles_are_in_the_order_of_the_sky() -> None:
    skymap = read_skymap((MAPS / "MS220722v_bayestar.multiorder.fits").read_bytes())
    assert np.all(skymap.lower[1:] == skymap.upper[:-1])
    assert (skymap.lower[0], skymap.upper[-1]) == (0, 12 << 58)


@pytest.mark.parametrize("name", ["MS220722v_bayestar.multiorder.fits", "reproject_bayestar.fits.gz"])
def test_written_map_reads_the_same(name: str) -> None:
    skymap = read(name)
    again = read_skymap(to_fits(skymap))
    for column in ("uniq", "probdensity", "distmu", "distsigma", "distnorm"):
        np.testing.assert_array_equal(getattr(again, column), getattr(skymap, column))
    assert again.distance() == skymap.distance()


def test_written_map_is_read_by_astropy_and_mocpy(tmp_path: Path) -> None:
    skymap = read_skymap((MAPS / "MS220722v_bayestar.multiorder.fits").read_bytes())
    path = tmp_path / "map.fits"
    path.write_bytes(to_fits(skymap))
    with fits.open(path) as file:
        file.verify("exception")
        assert file[1].columns.names == ["UNIQ", "PROBDENSITY", "DISTMU", "DISTSIGMA", "DISTNORM"]
        assert file[1].header["DISTMEAN"] == skymap.distmean
    region = MOC.from_multiordermap_fits_file(path, cumul_to=0.9)
    assert region.sky_fraction * 41252.96 == pytest.approx(skymap.area_deg2(0.9), rel=0.01)


@pytest.mark.parametrize("name", EXPECTED)
def test_packed_map_is_the_same_to_the_last_bit(name: str) -> None:
    skymap = read(name)
    packed = pack(skymap)
    again = unpack(packed)
    for column in ("uniq", "probdensity", "distmu", "distsigma", "distnorm"):
        np.testing.assert_array_equal(getattr(again, column), getattr(skymap, column))
    assert (again.distmean, again.diststd) == (skymap.distmean, skymap.diststd)
    assert len(packed) < 24 * len(skymap.uniq) + 2000 or skymap.distmu is not None
