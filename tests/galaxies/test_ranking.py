"""Ranking galaxies in maps of every layout, and reading catalogues in the formats they are published in."""

import gzip
from pathlib import Path

import h5py
import healpy
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from tom_gcn.galaxies import CATALOGUES, CatalogueError, rank
from tom_gcn.galaxies.completeness import LIGHT_PER_MPC3, completeness, light_in_shells, shells
from tom_gcn.galaxies.rows import checked
from tom_gcn.skymaps import SkyMap, make, read_skymap, to_fits

NSIDE = 64
RA, DEC, MU, SIGMA = 197.45, -23.38, 40.0, 8.0


def flat(tmp_path: Path, *, nest: bool) -> SkyMap:
    """A Gaussian of 2 deg with a distance, as a file of one order."""
    vectors = np.array(healpy.pix2vec(NSIDE, np.arange(healpy.nside2npix(NSIDE)), nest=nest))
    away = np.arccos(np.clip(healpy.ang2vec(RA, DEC, lonlat=True) @ vectors, -1, 1))
    prob = np.exp(-0.5 * (away / np.radians(2)) ** 2)
    prob /= prob.sum()
    columns = [prob, np.full(len(prob), MU), np.full(len(prob), SIGMA), np.full(len(prob), 1 / (MU**2 + SIGMA**2))]
    path = tmp_path / "map.fits"
    names = ["PROB", "DISTMU", "DISTSIGMA", "DISTNORM"]
    units = ["pix-1", "Mpc", "Mpc", "Mpc-2"]
    healpy.write_map(path, columns, nest=nest, column_names=names, column_units=units, dtype=[np.float64] * 4)
    return read_skymap(path.read_bytes())


def multi_order(tmp_path: Path) -> SkyMap:
    return read_skymap(to_fits(flat(tmp_path, nest=True)))


LAYOUTS = {
    "nested": lambda path: flat(path, nest=True),
    "ring": lambda path: flat(path, nest=False),
    "multi-order": multi_order,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_galaxy_at_the_peak_ranks_first(tmp_path, layout):
    skymap = LAYOUTS[layout](tmp_path)
    peak, rng = skymap.peak(), np.random.default_rng(1)
    assert peak == pytest.approx((RA, DEC), abs=1)
    ra = np.append(peak[0], RA + rng.uniform(-8, 8, 300))
    dec = np.append(peak[1], DEC + rng.uniform(-8, 8, 300))
    ranking = rank(skymap, ra, dec, np.full(301, MU))
    assert ranking.order[0] == 0
    assert ranking.density[0] == ranking.density.max()
    assert ranking.share.sum() == pytest.approx(1)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_distance_changes_the_rank(tmp_path, layout):
    skymap = LAYOUTS[layout](tmp_path)
    place = {"ra_deg": [RA, RA + 1.5], "dec_deg": [DEC, DEC]}
    assert rank(skymap, **place, distance_mpc=[MU, MU]).order[0] == 0
    assert rank(skymap, **place, distance_mpc=[MU + 4 * SIGMA, MU]).order[0] == 1


def test_the_score_is_the_probability_of_the_volume(tmp_path):
    skymap = flat(tmp_path, nest=True)
    distance = 47.0
    found = rank(skymap, [RA], [DEC], [distance]).density[0]
    normal = np.exp(-0.5 * ((distance - MU) / SIGMA) ** 2) / (np.sqrt(2 * np.pi) * SIGMA)
    assert found == pytest.approx(skymap.density_at([RA], [DEC])[0] * normal / (MU**2 + SIGMA**2), rel=1e-6)


def test_an_uncertain_distance_spreads_the_galaxy(tmp_path):
    skymap = flat(tmp_path, nest=True)
    sure = rank(skymap, [RA], [DEC], [MU + 5 * SIGMA]).density[0]
    unsure = rank(skymap, [RA], [DEC], [MU + 5 * SIGMA], [3 * SIGMA]).density[0]
    assert unsure > 100 * sure


def test_mass_counts_as_much_as_the_place_and_what_is_unknown_loses_nothing():
    skymap = make.cone(10, 10, 5)
    ranking = rank(skymap, [10, 10, 10], [10, 10, 10], [50, 50, 50], weight=[1e9, 3e9, np.nan])
    assert ranking.order.tolist() == [1, 0, 2]
    # p (1 + a W) with p alike and a = 3 / 4e9.
    assert ranking.share == pytest.approx(np.array([1 + 9 / 4, 1 + 3 / 4, 1]) / 6)


def test_two_dimensions_know_no_distance():
    skymap = make.cone(10, 10, 5)
    ranking = rank(skymap, [10, 12], [10, 10], [5000, 1])
    assert ranking.order.tolist() == [0, 1]


def test_outside_the_map_is_no_host():
    assert rank(make.cone(10, 10, 1), [10, 190], [10, -10], [1, 1]).order.tolist() == [0]
    assert len(rank(make.cone(10, 10, 1), [], [], []).order) == 0


# -- reading -----------------------------------------------------------------------------------------------------------
def glade_line(number: int, name: str = "NGC4993", **cells: str) -> str:
    parts = ["null"] * 40
    parts[0], parts[2], parts[7] = str(number), name, "G"
    values = {8: "197.448776", 9: "-23.383831", 13: "-20.3", 32: "40.7", 33: "2.4", 34: "3", 35: "4.5"}
    for column, value in (values | {int(key[1:]): value for key, value in cells.items()}).items():
        parts[column] = value
    return " ".join(parts)


@pytest.mark.parametrize("packed", [False, True])
def test_glade_plus(tmp_path, packed):
    lines = [
        glade_line(1),
        glade_line(2, "null", c32="null"),
        "cut off",
        glade_line(3, "null", c35="null", c13="null"),
        glade_line(4, "null", c1="45084", c9="95"),
    ]
    text = "\n".join(lines).encode() + b"\n"
    path = tmp_path / ("GLADE+.txt.gz" if packed else "GLADE+.txt")
    path.write_bytes(gzip.compress(text) if packed else text)
    (rows,) = CATALOGUES["glade+"].read(path)
    assert rows.names == ["NGC4993", "GLADE+ 3"]
    assert rows.n_skipped == 3
    assert rows.mass_msun[0] == pytest.approx(4.5e10)
    assert np.isnan(rows.mass_msun[1])
    assert rows.luminosity_b_lsun[0] == pytest.approx(10 ** (0.4 * (5.48 + 20.3)))
    assert rows.distance_error_mpc[0] == 2.4


def test_ned_lvs(tmp_path):
    table = Table(
        {
            "objname": ["NGC 4993", "far away", "bad"],
            "ra": [197.448, 10.0, 10.0],
            "dec": [-23.384, 5.0, np.nan],
            "DistMpc": [40.7, 300.0, 10.0],
            "DistMpc_unc": [2.4, np.nan, 1.0],
            "Mstar": [4.5e10, np.nan, 1e9],
        }
    )
    table.write(tmp_path / "NEDLVS.fits")
    (rows,) = CATALOGUES["ned-lvs"].read(tmp_path / "NEDLVS.fits")
    assert rows.names == ["NGC 4993", "far away"]
    assert rows.n_skipped == 1
    assert rows.mass_msun[0] == pytest.approx(4.5e10)
    assert np.isnan([rows.mass_msun[1], rows.distance_error_mpc[1], rows.luminosity_b_lsun[0]]).all()


CLU = {
    "name": np.array([b"NGC4993", b"nowhere", b"dim"]),
    "ra": [197.448, 20.0, 21.0],
    "dec": [-23.384, 5.0, 5.0],
    "distmpc": [40.7, 999999.0, 100.0],
    "mstar": [10.65, 999999.0, 999999.0],
    "magb": [13.3, 999999.0, 999999.0],
}


@pytest.mark.parametrize("layout", ["table", "columns", "capitals"])
def test_clu(tmp_path, layout):
    path = tmp_path / "CLU.hdf5"
    if layout == "table":
        Table(CLU).write(path, path="/data", serialize_meta=True)
    else:
        with h5py.File(path, "w") as file:
            for name, values in CLU.items():
                file.create_dataset(name.upper() if layout == "capitals" else name, data=values)
    (rows,) = CATALOGUES["clu"].read(path)
    assert (rows.names, rows.n_skipped) == (["NGC4993", "dim"], 1)
    assert np.isnan([rows.mass_msun[1], rows.luminosity_b_lsun[1]]).all()
    assert rows.mass_msun[0] == pytest.approx(10**10.65)
    assert rows.luminosity_b_lsun[0] == pytest.approx(
        10 ** (-0.4 * (13.3 - 5 * np.log10(40.7e6 / 10) - 5.48)), rel=1e-6
    )


@pytest.mark.parametrize("name", ["glade+", "ned-lvs", "clu"])
@pytest.mark.parametrize("content", [b"", b"something else\n" * 50])
def test_other_files_are_refused(tmp_path, name, content):
    (tmp_path / "file").write_bytes(content)
    if name == "glade+" and not content:
        assert list(CATALOGUES[name].read(tmp_path / "file")) == []
        return
    with pytest.raises(CatalogueError) as caught:
        list(CATALOGUES[name].read(tmp_path / "file"))
    assert caught.value.code == f"not-{name.rstrip('+')}"


def test_tables_without_the_columns_are_refused(tmp_path):
    fits.BinTableHDU(Table({"RA_deg": [1.0]})).writeto(tmp_path / "x.fits")
    with pytest.raises(CatalogueError, match="objname"):
        list(CATALOGUES["ned-lvs"].read(tmp_path / "x.fits"))
    with h5py.File(tmp_path / "x.hdf5", "w") as file:
        file.create_dataset("ra", data=[1.0])
    with pytest.raises(CatalogueError, match="distmpc"):
        list(CATALOGUES["clu"].read(tmp_path / "x.hdf5"))


def test_the_sample_is_the_same_every_time_and_says_what_it_is():
    (one,), (other,) = (CATALOGUES["sample"].read(Path()) for _ in range(2))
    assert np.array_equal(one.ra_deg, other.ra_deg)
    assert all(name.startswith("INVENTED-") for name in one.names)
    assert CATALOGUES["sample"].is_sample


def test_completeness_compares_the_light_with_that_of_the_universe():
    volume = 4 / 3 * np.pi * 40**3
    rows = checked(["a"], [1], [1], [30], luminosity_b_lsun=[LIGHT_PER_MPC3 * volume / 2])
    stored = shells(light_in_shells(rows))
    assert completeness(stored, 0, 40) == pytest.approx(0.5)
    assert completeness(stored, 25, 35) == pytest.approx(0.5 * volume / (volume * (1 - 1 / 8)))
    assert completeness(stored, 500, 5000) is None
    assert completeness([], 0, 40) is None
