"""What must hold for any sky map, and numbers checked against healpy and mocpy."""

from pathlib import Path

import astropy.units as u
import healpy
import numpy as np
import pytest
from astropy.coordinates import Latitude, Longitude, SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st
from mocpy import MOC

from tom_gcn.skymaps import (
    SkyMap,
    SkyMapError,
    area_deg2,
    cell_centres,
    cone_ranges,
    contains,
    cover,
    hpx29,
    merge_ranges,
    pack,
    read_skymap,
    tile_ranges,
    to_fits,
    unpack,
)
from tom_gcn.skymaps.ranges import SKY_CELLS, SKY_DEG2, nested_to_uniq, uniq_to_nested

MAPS = Path(__file__).parents[2] / "data" / "skymaps"
REAL = read_skymap((MAPS / "MS220722v_bayestar.multiorder.fits").read_bytes())

levels = st.floats(0.0, 1.0)
angles = st.tuples(st.floats(0, 360), st.floats(-90, 90))
ranges_of_cells = st.lists(
    st.tuples(st.integers(0, SKY_CELLS), st.integers(0, SKY_CELLS)).map(lambda pair: tuple(sorted(pair))), max_size=12
)


@st.composite
def skymaps(draw: st.DrawFn) -> SkyMap:
    """A map whose tiles are split at random, with gaps, ties and zeros, and sums to one."""
    tiles = [(0, ipix) for ipix in range(12)]
    for choice in draw(st.lists(st.integers(0, 10**6), max_size=25)):
        order, ipix = tiles.pop(choice % len(tiles))
        tiles += [(order + 1, 4 * ipix + child) for child in range(4)] if order < 29 else [(order, ipix)]
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    order, ipix = np.array(tiles, dtype=np.int64).T
    density = rng.choice([0.0, 1.0, rng.random(), 1e3 * rng.random()], len(tiles))
    kept = rng.random(len(tiles)) < 0.9
    kept[0], density[0] = True, 1.0
    rank = np.argsort(tile_ranges(order, ipix)[:, 0])
    rank = rank[kept[rank]]
    raw = SkyMap(nested_to_uniq(order, ipix)[rank], density[rank])
    return SkyMap(raw.uniq, raw.probdensity / raw.probability.sum())


@settings(max_examples=60, deadline=None)
@given(skymaps(), levels)
def test_region_holds_its_level_and_no_tile_to_spare(skymap: SkyMap, level: float) -> None:
    region = skymap.region(level)
    inside = skymap.probability_in_ranges(region)
    assert inside >= level - 1e-9
    assert inside <= 1
    chosen = skymap.tiles_to_level(level)
    if len(chosen):
        assert skymap.probability[chosen[:-1]].sum() <= level + 1e-9
        # At exactly one, the area counts the tiles of no probability too.
        assert area_deg2(region) >= skymap.area_deg2(min(level, 1 - 1e-9)) - 1e-6


@settings(max_examples=60, deadline=None)
@given(skymaps(), levels, levels)
def test_regions_are_nested(skymap: SkyMap, one: float, other: float) -> None:
    small, large = skymap.region(min(one, other)), skymap.region(max(one, other))
    assert len(merge_ranges(np.concatenate([small, large]))) == len(large)
    assert area_deg2(np.concatenate([small, large])) == pytest.approx(area_deg2(large))
    assert skymap.area_deg2(min(one, other)) <= skymap.area_deg2(max(one, other))


@settings(max_examples=60, deadline=None)
@given(skymaps(), ranges_of_cells)
def test_probability_of_any_ranges_is_a_probability(skymap: SkyMap, pairs: list[tuple[int, int]]) -> None:
    ranges = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    once = skymap.probability_in_ranges(ranges)
    assert 0 <= once <= 1
    assert once == pytest.approx(skymap.probability_in_ranges(np.concatenate([ranges, ranges])))
    assert once <= skymap.probability_of_each(ranges).sum() + 1e-12
    assert skymap.probability_in_ranges([[0, SKY_CELLS]]) == pytest.approx(1)


@settings(max_examples=60, deadline=None)
@given(skymaps())
def test_packing_and_writing_change_nothing(skymap: SkyMap) -> None:
    for again in (unpack(pack(skymap)), read_skymap(to_fits(skymap))):
        np.testing.assert_array_equal(again.uniq, skymap.uniq)
        np.testing.assert_array_equal(again.probdensity, skymap.probdensity)


@settings(max_examples=60, deadline=None)
@given(skymaps(), angles)
def test_level_and_density_of_a_place(skymap: SkyMap, place: tuple[float, float]) -> None:
    level, density = float(skymap.credible_level(*place)), float(skymap.density_at(*place))
    assert 0 <= level <= 1
    assert density >= 0
    if density > 0:
        assert contains(skymap.region(level), hpx29(*place))
    assert skymap.density_at(*skymap.peak()) == skymap.probdensity.max()


@settings(max_examples=40, deadline=None)
@given(skymaps(), st.integers(0, 6), levels)
def test_pixels_conserve_probability(skymap: SkyMap, order: int, level: float) -> None:
    ipix, probability = skymap.pixels(order, level)
    assert np.all(np.diff(ipix) > 0)
    assert level - 1e-9 <= probability.sum() <= 1 + 1e-9
    assert np.all(probability >= 0)


@pytest.mark.parametrize("order", [4, 7, 11])
def test_pixels_of_a_real_map(order: int) -> None:
    ipix, probability = REAL.pixels(order, 0.9)
    np.testing.assert_array_equal(ipix, cover(REAL.region(0.9), order))
    assert 0.9 <= probability.sum() <= 1
    if order >= REAL.max_order:
        density = REAL.density_at(*cell_centres(np.full(len(ipix), order), ipix))
        np.testing.assert_allclose(probability, density * 4 * np.pi / (12 << (2 * order)), rtol=1e-6, atol=1e-15)


def test_too_many_pixels_are_refused() -> None:
    with pytest.raises(SkyMapError) as caught:
        REAL.pixels(20, 0.999)
    assert caught.value.code == "too-large"


@pytest.mark.parametrize("level", [-0.1, 1.1, float("nan")])
def test_level_outside_zero_to_one_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="credible level"):
        REAL.area_deg2(level)
    with pytest.raises(ValueError, match="credible level"):
        REAL.region(level)


def test_region_agrees_with_mocpy() -> None:
    theirs = MOC.from_valued_healpix_cells(REAL.uniq.astype(np.uint64), REAL.probability, 29, cumul_to=0.9)
    ours = MOC.from_depth29_ranges(29, REAL.region(0.9).astype(np.uint64))
    both = ours.intersection(theirs).sky_fraction
    assert both == pytest.approx(ours.sky_fraction, rel=0.01)
    assert both == pytest.approx(theirs.sky_fraction, rel=0.01)
    assert REAL.probability_in_ranges(theirs.to_depth29_ranges.astype(np.int64)) == pytest.approx(0.9, abs=0.01)


@given(st.integers(0, 29), st.data())
def test_uniq_numbers_there_and_back(order: int, data: st.DataObject) -> None:
    ipix = data.draw(st.integers(0, (12 << (2 * order)) - 1))
    uniq = nested_to_uniq(order, ipix)
    assert tuple(int(part) for part in uniq_to_nested(uniq)) == (order, ipix)
    assert int(uniq) == 4 * 4**order + ipix


@settings(max_examples=200)
@given(ranges_of_cells)
def test_merged_ranges_hold_the_same_cells(pairs: list[tuple[int, int]]) -> None:
    merged = merge_ranges(np.array(pairs, dtype=np.int64).reshape(-1, 2))
    assert np.all(merged[:, 0] < merged[:, 1])
    assert np.all(merged[1:, 0] > merged[:-1, 1])
    for cell in {edge + step for pair in pairs for edge in pair for step in (-1, 0)}:
        expected = any(low <= cell < high for low, high in pairs)
        assert bool(contains(merged, cell)) == expected


@given(st.integers(0, 29), st.data())
def test_cells_of_centres_are_right_up_to_the_last(order: int, data: st.DataObject) -> None:
    # astropy-healpix 1.1.3 is wrong in the last cells of orders 27 to 29.
    ipix = (12 << (2 * order)) - 1 - data.draw(st.integers(0, min(100, (12 << (2 * order)) - 1)))
    ra, dec = cell_centres(order, ipix)
    assert int(hpx29(ra, dec)) >> (2 * (29 - order)) == ipix


def test_cells_agree_with_healpy_and_any_right_ascension() -> None:
    rng = np.random.default_rng(2)
    ra, dec = rng.uniform(0, 360, 1000), np.degrees(np.arcsin(rng.uniform(-1, 1, 1000)))
    expected = healpy.ang2pix(1 << 29, ra, dec, nest=True, lonlat=True)
    np.testing.assert_array_equal(hpx29(ra, dec), expected)
    np.testing.assert_array_equal(hpx29(ra - 360, dec) >> 4, expected >> 4)
    assert hpx29(0.0, 0.0) == hpx29(360.0, 0.0) == hpx29(-360.0, 0.0)


CONES = [(10.0, 20.0, 3.0), (0.0, 0.0, 1.0), (359.999, -30.0, 0.01), (123.0, 90.0, 5.0), (7.0, -89.9, 0.5)]
CONES += [(200.0, 45.0, 95.0), (200.0, 45.0, 179.5), (50.0, 10.0, 1e-6), (50.0, 10.0, 0.0), (50.0, 10.0, 180.0)]


@pytest.mark.parametrize(("ra", "dec", "radius"), CONES)
def test_cone_holds_every_place_within_and_little_more(ra: float, dec: float, radius: float) -> None:
    rng = np.random.default_rng(3)
    centre = SkyCoord(ra, dec, unit="deg")
    near = centre.directional_offset_by(rng.uniform(0, 360, 2000) * u.deg, radius * rng.random(2000) ** 0.5 * u.deg)
    ranges = cone_ranges(ra, dec, radius)
    assert np.all(contains(ranges, hpx29(near.ra.deg, near.dec.deg)))
    far = centre.directional_offset_by(rng.uniform(0, 360, 500) * u.deg, min(1.3 * radius + 1e-8, 180) * u.deg)
    if 1e-5 < radius < 130:
        assert not np.any(contains(ranges, hpx29(far.ra.deg, far.dec.deg)))
    assert len(ranges) < 200


@pytest.mark.parametrize(("ra", "dec", "radius"), CONES[:6])
def test_cone_agrees_with_mocpy(ra: float, dec: float, radius: float) -> None:
    ours = cone_ranges(ra, dec, radius, refinement=6)
    depth = int(np.ceil(np.log2(58.6 / radius))) + 6
    place = {"lon": Longitude(ra, "deg"), "lat": Latitude(dec, "deg")}
    theirs = MOC.from_cone(**place, radius=radius * u.deg, max_depth=depth)
    assert area_deg2(ours) == pytest.approx(theirs.sky_fraction * SKY_DEG2, rel=0.1)


@pytest.mark.parametrize("cone", [(0, 91, 1), (0, 0, -1), (0, 0, 181), (float("nan"), 0, 1), (0, 0, float("nan"))])
def test_cone_that_is_none_is_refused(cone: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="cone"):
        cone_ranges(*cone)
