"""Every bundled LVK map: areas, levels and distances against the manifest and ligo.skymap."""

import base64
import csv
import io
import json
from pathlib import Path

import fastavro
import numpy as np
import pytest
from astropy.table import Table
from ligo.skymap import distance, moc
from ligo.skymap.postprocess.crossmatch import crossmatch
from ligo.skymap.postprocess.util import find_greedy_credible_levels
from scipy.integrate import quad

from tom_gcn.skymaps import SkyMap, cell_centres, read_skymap
from tom_gcn.skymaps.distance import conditional_moments, marginal_moments

ALERTS = Path(__file__).parents[2] / "data" / "alerts"


def manifest() -> dict[str, dict[str, float]]:
    with (ALERTS / "MANIFEST.tsv").open(newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    expected = {}
    for row in rows:
        facts = dict(fact.split("=") for fact in row["skymap"].split(";") if "=" in fact)
        if facts:
            expected[row["file"]] = {key: float(value) for key, value in facts.items() if value}
    return expected


def map_bytes(name: str) -> bytes:
    if name.endswith(".avro"):
        with (ALERTS / name).open("rb") as message:
            return next(iter(fastavro.reader(message)))["event"]["skymap"]
    return base64.b64decode(json.loads((ALERTS / name).read_text())["event"]["skymap"])


EXPECTED = manifest()
MAPS = {name: read_skymap(map_bytes(name)) for name in EXPECTED}


def as_table(name: str) -> Table:
    return Table.read(io.BytesIO(map_bytes(name)), format="fits")


def test_every_map_of_the_manifest_is_there() -> None:
    assert len(MAPS) == 20


@pytest.mark.parametrize("name", EXPECTED)
def test_areas_agree_with_manifest(name: str) -> None:
    skymap, expected = MAPS[name], EXPECTED[name]
    assert len(skymap.uniq) == expected["rows"]
    assert skymap.area_deg2(0.5) == pytest.approx(expected["area50"], rel=0.01)
    assert skymap.area_deg2(0.9) == pytest.approx(expected["area90"], rel=0.01)


@pytest.mark.parametrize("name", EXPECTED)
def test_stated_distance_is_kept(name: str) -> None:
    expected = EXPECTED[name]
    stated = MAPS[name].distance()
    assert stated == ((expected["distmean"], expected["diststd"]) if "distmean" in expected else None)


@pytest.mark.parametrize("name", ["lvk_json/S240112e_PRELIMINARY_1.json", "lvk_json/S241102br_UPDATE_1.json"])
def test_levels_areas_and_best_area_agree_with_ligo_skymap(name: str) -> None:
    skymap, table = MAPS[name], as_table(name)
    levels, areas = (0.1, 0.5, 0.9, 0.99), (1.0, 20.0, 500.0)
    # Without the distance columns, for which crossmatch takes seconds.
    theirs = crossmatch(table["UNIQ", "PROBDENSITY"], contours=levels, areas=areas)
    assert [skymap.area_deg2(level) for level in levels] == pytest.approx(theirs.contour_areas, rel=1e-6)
    assert [skymap.probability_in_area(area) for area in areas] == pytest.approx(theirs.area_probs, rel=1e-6)


@pytest.mark.parametrize("name", ["lvk_json/S240112e_PRELIMINARY_1.json", "lvk_json/MS260605l_PRELIMINARY_1.json"])
def test_credible_level_of_tiles_agrees_with_ligo_skymap(name: str) -> None:
    skymap, table = MAPS[name], as_table(name)
    table.sort("PROBDENSITY")
    probability = table["PROBDENSITY"] * moc.uniq2pixarea(table["UNIQ"])
    levels = find_greedy_credible_levels(np.asarray(probability), np.asarray(table["PROBDENSITY"]))
    theirs = dict(zip(np.asarray(table["UNIQ"]).tolist(), levels, strict=True))
    ours = skymap.credible_level(*cell_centres(skymap.order, skymap.ipix))
    np.testing.assert_allclose(ours, [theirs[uniq] for uniq in skymap.uniq.tolist()], atol=1e-3)


@pytest.mark.parametrize("name", [name for name, skymap in MAPS.items() if skymap.distmu is not None])
def test_distance_from_tiles_agrees_with_ligo_skymap(name: str) -> None:
    skymap: SkyMap = MAPS[name]
    assert skymap.distmu is not None and skymap.distsigma is not None
    # Theirs counts tiles without a distance as if they were at zero; ours leaves them out.
    known = skymap.probability * np.isfinite(skymap.distmu)
    theirs = distance.parameters_to_marginal_moments(known / known.sum(), skymap.distmu, skymap.distsigma)
    assert marginal_moments(skymap.probability, skymap.distmu, skymap.distsigma) == pytest.approx(theirs, rel=1e-6)


def test_conditional_moments_from_far_below_zero_to_far_above() -> None:
    mu = np.linspace(-12, 40, 200)
    mean, sigma, _ = distance.parameters_to_moments(mu, 1.0)
    np.testing.assert_allclose(conditional_moments(mu, np.ones(200)), [mean, sigma], rtol=1e-5)


@pytest.mark.parametrize("mu", [-500.0, -50.0, -13.5, -12.5])
def test_conditional_moments_where_doubles_cancel(mu: float) -> None:
    scale = 1 / abs(mu)

    def moment(k: int) -> float:
        value, _ = quad(lambda x: x**k * np.exp(-x * (1 + x * scale**2 / 2)), 0, 80, epsrel=1e-10, limit=200)
        return float(value * scale ** (k + 1))

    mean = moment(3) / moment(2)
    expected = (mean, (moment(4) / moment(2) - mean**2) ** 0.5)
    assert [float(x) for x in conditional_moments(mu, 1.0)] == pytest.approx(expected, rel=1e-5)
