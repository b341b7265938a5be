"""Galaxies in the database: loaded by COPY, ranked in a localization, shown and taken away."""

import csv
import io

import numpy as np
import pytest
from astropy.table import Table
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from tests.factories import ingest_alert
from tests.notices import announce
from tom_gcn.actions.galaxies import catalogue_for, rank_galaxies
from tom_gcn.galaxies import Weight
from tom_gcn.models import Event, Galaxy, GalaxyCatalogue, Localization
from tom_gcn.skymaps import hpx29

pytestmark = pytest.mark.django_db


@pytest.fixture
def alert(db) -> Localization:
    event = ingest_alert()
    Event.objects.filter(pk=event.pk).update(is_test=False)
    return Event.objects.get(pk=event.pk).localizations.select_related("event", "skymap").get(is_current=True)


def load(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command("load_galaxies", command, *arguments, stdout=out)
    return out.getvalue()


def table_around(localization: Localization, path, count: int = 200, seed: int = 3) -> str:
    """A NED-LVS file with galaxies around the peak of a map; the first one at the peak and its distance."""
    rng = np.random.default_rng(seed)
    skymap = localization.skymap
    away = np.append(0.0, np.ones(count - 1))
    table = Table(
        {
            "objname": ["=PEAK(1)", *(f'NED, "{number}"' for number in range(1, count))],
            "ra": (skymap.peak_ra_deg + away * rng.normal(0, 5, count)) % 360,
            "dec": np.clip(skymap.peak_dec_deg + away * rng.normal(0, 5, count), -89, 89),
            "DistMpc": skymap.distance_mean_mpc * (1 + away * rng.normal(0, 0.3, count)).clip(0.01),
            "DistMpc_unc": np.full(count, np.nan),
            "Mstar": np.append(1e10, 10 ** rng.normal(9, 0.3, count - 1)),
        }
    )
    table.write(path / "lvs.fits", overwrite=True)
    return str(path / "lvs.fits")


def test_the_sample_is_loaded_with_places_and_labelled():
    assert load("sample") == "sample: 5000 galaxies; 0 rows skipped.\n"
    row = GalaxyCatalogue.objects.get()
    assert (row.is_sample, row.n_galaxies) == (True, Galaxy.objects.count())
    galaxy = Galaxy.objects.first()
    assert galaxy.hpx29 == hpx29(galaxy.ra_deg, galaxy.dec_deg)
    assert sum(shell[2] for shell in row.luminosity_shells) > 0


def test_loading_again_replaces(alert, tmp_path):
    load("ned-lvs", table_around(alert, tmp_path, 300))
    load("ned-lvs", table_around(alert, tmp_path, 200))
    load("sample")
    assert Galaxy.objects.filter(catalogue__name="NED-LVS").count() == 200
    assert GalaxyCatalogue.objects.count() == 2


def test_a_wrong_file_leaves_what_was_there(alert, tmp_path):
    load("ned-lvs", table_around(alert, tmp_path))
    (tmp_path / "wrong").write_bytes(b"nothing" * 1000)
    with pytest.raises(CommandError, match="FITS"):
        load("ned-lvs", str(tmp_path / "wrong"))
    with pytest.raises(CommandError, match="Name the file"):
        load("glade+")
    with pytest.raises(CommandError, match="No such file"):
        load("glade+", str(tmp_path / "not there"))
    assert Galaxy.objects.count() == 200


def test_names_with_commas_quotes_and_backslashes_come_through(tmp_path, alert):
    table = Table.read(table_around(alert, tmp_path))
    table["objname"] = [f'a,b"c\\{number}' for number in range(200)]
    table.write(tmp_path / "odd.fits")
    load("ned-lvs", str(tmp_path / "odd.fits"))
    assert set(Galaxy.objects.values_list("name", flat=True)) == set(table["objname"])


def test_the_galaxy_at_the_peak_and_its_distance_ranks_first(alert, tmp_path):
    load("ned-lvs", table_around(alert, tmp_path))
    ranked = rank_galaxies(alert, GalaxyCatalogue.objects.get(), Weight.MASS)
    assert ranked.rows[0].galaxy.name == "=PEAK(1)"
    assert ranked.rows[0].credible_level < 0.2
    shares = [row.share for row in ranked.rows]
    assert shares == sorted(shares, reverse=True)
    assert ranked.rows[-1].cumulative <= 1
    assert 1 < ranked.count < 200


def test_the_database_gives_what_numpy_gives(alert, tmp_path):
    load("ned-lvs", table_around(alert, tmp_path, 500))
    from tom_gcn.galaxies import rank
    from tom_gcn.skymaps import contains

    skymap = alert.skymap.data
    rows = list(Galaxy.objects.order_by("pk"))
    inside = contains(skymap.region(0.95), np.array([row.hpx29 for row in rows]))
    rows = [row for row, held in zip(rows, inside, strict=True) if held]
    columns = ([row.ra_deg for row in rows], [row.dec_deg for row in rows], [row.distance_mpc for row in rows])
    expected = [rows[place].pk for place in rank(skymap, *columns).order[:20]]
    found = rank_galaxies(alert, GalaxyCatalogue.objects.get(), Weight.NONE, 20)
    assert [row.galaxy.pk for row in found.rows] == expected


def test_a_circle_has_no_distances(tmp_path, alert):
    load("ned-lvs", table_around(alert, tmp_path))
    event = announce("1", alert.skymap.peak_ra_deg, alert.skymap.peak_dec_deg, 3.0)
    ranked = rank_galaxies(event.localizations.get(), GalaxyCatalogue.objects.get())
    assert ranked.rows[0].galaxy.name == "=PEAK(1)"
    assert ranked.completeness is None


def test_invented_galaxies_are_for_drills_only(alert, member, browse, tmp_path):
    load("sample")
    assert catalogue_for("", invented=False) is None
    assert catalogue_for("sample", invented=False) is None
    path = f"/events/{alert.event.name}/galaxies/"
    assert "No catalogue of galaxies is loaded" in browse(member).get(path).content.decode()
    Event.objects.update(is_test=True)
    page = browse(member).get(path).content.decode()
    assert "Invented galaxies" in page
    assert "INVENTED-" in page
    load("ned-lvs", table_around(alert, tmp_path))
    assert catalogue_for("", invented=True).name == "NED-LVS"


def test_fragment_and_csv(alert, member, other_member, browse, tmp_path, django_assert_max_num_queries):
    load("ned-lvs", table_around(alert, tmp_path))
    client = browse(member)
    path = f"/events/{alert.event.name}/galaxies"
    with django_assert_max_num_queries(12):
        page = client.get(f"{path}/", headers={"HX-Request": "true"}).content.decode()
    assert "=PEAK(1)" in page
    assert "<html" not in page
    assert "Cook et al. 2023" in page
    answer = client.get(f"{path}.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert rows[0]["name"] == "'=PEAK(1)"
    assert float(rows[0]["probability_share"]) >= float(rows[1]["probability_share"])
    assert client.get(f"{path}/?weight=beauty").status_code == 404
    for wrong in (f"{path}/", f"{path}.csv"):
        assert browse(other_member).get(wrong).status_code == 404


def test_the_csv_of_nothing_is_not_found(alert, member, browse):
    assert browse(member).get(f"/events/{alert.event.name}/galaxies.csv").status_code == 404


def test_api(alert, member, stranger, tmp_path):
    load("ned-lvs", table_around(alert, tmp_path))
    client = APIClient()
    client.force_authenticate(member)
    path = f"/api/localizations/{alert.pk}/galaxies/"
    answer = client.get(path + "?limit=3&weight=none&catalogue=ned-lvs").json()
    assert (answer["catalogue"], len(answer["results"]), answer["is_sample"]) == ("NED-LVS", 3, False)
    assert client.get(path + "?weight=beauty").status_code == 400
    assert client.get(path + "?catalogue=other").status_code == 404
    client.force_authenticate(stranger)
    assert client.get(path).status_code == 404
