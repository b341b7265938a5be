"""The catalogue that is installed with the project, and MANGROVE: read, loaded, ranked."""

import io

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from django.core.management import CommandError, call_command

from tests.galaxies.test_ranking import LAYOUTS
from tom_gcn.actions.galaxies import catalogue_for
from tom_gcn.galaxies import CATALOGUES, CatalogueError, rank
from tom_gcn.galaxies.nearby import read_nearby
from tom_gcn.models import Galaxy, GalaxyCatalogue


@pytest.fixture(scope="module")
def nearby():
    [rows] = read_nearby()
    return rows


def test_the_host_of_gw170817_is_among_ten_thousand(nearby):
    assert len(nearby) > 9_900
    assert np.isfinite(nearby.luminosity_b_lsun).sum() > 9_900
    index = nearby.names.index("NGC 4993")
    # Hjorth et al. 2017, ApJ 848, L31: 41.0 +- 3.1 Mpc; position of SIMBAD.
    assert nearby.distance_mpc[index] == pytest.approx(41.0, abs=3.1)
    assert (nearby.ra_deg[index], nearby.dec_deg[index]) == pytest.approx((197.4487, -23.3839), abs=1e-3)
    assert len(set(nearby.names)) == len(nearby)


@pytest.mark.parametrize(
    ("name", "low", "high"), [("NGC 4697", 10, 18), ("NGC 4486", 12, 21), ("NGC 1275", 60, 90), ("NGC 5128", 1, 8)]
)
def test_distances_are_near_the_known_ones(nearby, name, low, high):
    assert low < nearby.distance_mpc[nearby.names.index(name)] < high


def test_what_approaches_has_no_distance_this_way(nearby):
    assert "NGC 224" not in nearby.names
    assert nearby.n_skipped > 10
    assert nearby.distance_mpc.min() > 0


def test_the_frame_of_the_local_group_is_that_of_astropy(nearby):
    galactic = SkyCoord(nearby.ra_deg * u.deg, nearby.dec_deg * u.deg).galactic
    apex = SkyCoord(l=93 * u.deg, b=-4 * u.deg, frame="galactic")
    expected = 316 * np.cos(galactic.separation(apex))
    from tom_gcn.galaxies.nearby import _towards_apex

    assert _towards_apex(nearby.ra_deg, nearby.dec_deg) == pytest.approx(expected.value, abs=0.01)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_host_ranks_high_in_a_map_of_its_place_and_distance(tmp_path, layout, nearby):
    skymap = LAYOUTS[layout](tmp_path)
    ranking = rank(skymap, nearby.ra_deg, nearby.dec_deg, nearby.distance_mpc, nearby.distance_error_mpc)
    first = [nearby.names[index] for index in ranking.order[:10]]
    assert "NGC 4993" in first


@pytest.mark.django_db
def test_the_command_loads_it_once():
    def load(*arguments, **options):
        out = io.StringIO()
        call_command("load_galaxies", *arguments, stdout=out, **options)
        return out.getvalue()

    assert "OpenNGC: 99" in load(nearby=True)
    row = GalaxyCatalogue.objects.get()
    assert row.n_galaxies == Galaxy.objects.count()
    assert sum(shell[2] for shell in row.luminosity_shells) > 0
    assert "CC-BY-SA" in row.reference
    assert "already loaded" in load("--nearby", "--if-missing")
    assert catalogue_for("", invented=False) == row
    with pytest.raises(CommandError, match="Name one catalogue"):
        load()
    with pytest.raises(CommandError, match="Name one catalogue"):
        load("nearby", "--nearby")


# --- MANGROVE -------------------------------------------------------------------------------------------------------
def mangrove(path, **changes):
    columns = {
        "RA": [197.45, 10.0, 20.0, 30.0],
        "dec": [-23.38, -5.0, 6.0, 7.0],
        "dist": [41.0, 100.0, -1.0, 300.0],
        "B_mag": [13.3, np.nan, 15.0, 16.0],
        "stellarmass": [10.5, 9.0, 9.0, 0.0],
        "GWGC_name": [b"NGC4993", b"null", b"null", b"null"],
        "HyperLEDA_name": [b"NGC4993", b"null", b"null", b"null"],
        "2MASS_name": [b"13094770-2323017", b"00400000-0500000", b"null", b"null"],
        "SDSS-DR12_name": [b"null"] * 4,
        "PGC": [45657, 0, 0, 0],
    } | changes  # fmt: skip
    table = Table({name: values for name, values in columns.items() if values is not None})
    table.write(path / "mangrove.hdf5", path="catalogue", serialize_meta=False, overwrite=True)
    return path / "mangrove.hdf5"


def test_mangrove(tmp_path):
    [rows] = CATALOGUES["mangrove"].read(mangrove(tmp_path))
    assert rows.names == ["NGC4993", "2MASS 00400000-0500000", "MANGROVE 30.00000+7.00000"]
    assert rows.mass_msun[:2] == pytest.approx([10**10.5, 1.0e9])
    assert np.isnan(rows.mass_msun[2])
    assert np.isnan(rows.luminosity_b_lsun[1])
    assert rows.n_skipped == 1


def test_mangrove_with_what_astropy_writes_beside_the_table(tmp_path):
    path = mangrove(tmp_path)
    Table.read(path).write(tmp_path / "again.hdf5", path="df", serialize_meta=True)
    [rows] = CATALOGUES["mangrove"].read(tmp_path / "again.hdf5")
    assert len(rows) == 3


@pytest.mark.parametrize("missing", ["stellarmass", "dist", "RA"])
def test_other_tables_are_no_mangrove(tmp_path, missing):
    with pytest.raises(CatalogueError, match=f"{missing.lower()} are missing"):
        list(CATALOGUES["mangrove"].read(mangrove(tmp_path, **{missing: None})))
    (tmp_path / "text").write_text("no HDF5")
    with pytest.raises(CatalogueError, match="cannot be read as HDF5"):
        list(CATALOGUES["mangrove"].read(tmp_path / "text"))
