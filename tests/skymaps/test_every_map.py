"""Every bundled map, flat or multi-order, alone or in an alert: areas, levels and distances against ligo.skymap."""

import base64
import gzip
import io
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import astropy.units as u
import fastavro
import healpy
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table
from ligo.skymap import moc
from ligo.skymap.bayestar import derasterize
from ligo.skymap.distance import parameters_to_marginal_moments
from ligo.skymap.io import read_sky_map
from ligo.skymap.postprocess.crossmatch import crossmatch

from tom_gcn.skymaps import SkyMap, read_skymap

DATA = Path(__file__).parents[1] / "data"
FILES = sorted((DATA / "skymaps").glob("*.fit*"))
ALERTS = sorted([*(DATA / "alerts" / "lvk_json").glob("*.json"), *(DATA / "alerts" / "lvk_avro").glob("*.avro")])
LEVELS, AREAS = (0.1, 0.5, 0.9, 0.99), (1.0, 100.0, 500.0)


def unzipped(data: bytes) -> bytes:
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


def maps_of(alert: Path) -> Iterator[tuple[str, bytes]]:
    """The map of an alert, and the combined one."""
    if alert.suffix == ".avro":
        with alert.open("rb") as file:
            record = next(iter(fastavro.reader(file)))
    else:
        record = json.loads(alert.read_text())
    for name, part in (("skymap", record.get("event")), ("combined_skymap", record.get("external_coinc"))):
        data = (part or {}).get(name)
        if data:
            yield name, data if isinstance(data, bytes) else base64.b64decode(data)


@cache
def every() -> dict[str, bytes]:
    """Each content once, under the name it was first found by."""
    found = {path.name: path.read_bytes() for path in FILES}
    found |= {f"{alert.name}:{name}": data for alert in ALERTS for name, data in maps_of(alert)}
    first: dict[bytes, str] = {}
    for name, data in found.items():
        first.setdefault(data, name)
    return {name: data for data, name in first.items()}


@cache
def theirs(name: str) -> Table:
    """The map as ligo.skymap reads it, as multi-order tiles."""
    data = unzipped(every()[name])
    table = Table.read(io.BytesIO(data), format="fits", hdu=1)
    if "UNIQ" in table.colnames:
        return table
    flat = read_sky_map(io.BytesIO(data), nest=True, distances="DISTMU" in table.colnames)
    columns = flat[0] if isinstance(flat[0], tuple) else (flat[0],)
    names = ("PROB", "DISTMU", "DISTSIGMA", "DISTNORM")[: len(columns)]
    raster = Table(dict(zip(names, columns, strict=True)), meta={"nest": True})
    total = float(np.sum(raster["PROB"]))
    raster["PROB"] /= total
    return derasterize(raster)


@cache
def ours(name: str) -> SkyMap:
    return read_skymap(every()[name])


def test_all_are_there() -> None:
    assert len(FILES) == 7
    assert len(ALERTS) == 24
    assert sum(b"'UNIQ" not in unzipped(data)[:20_000] for data in every().values()) == 5
    assert len(every()) == 18


@pytest.mark.parametrize("name", every())
def test_areas_and_probabilities_agree_with_ligo_skymap(name: str) -> None:
    found = crossmatch(theirs(name)["UNIQ", "PROBDENSITY"], contours=LEVELS, areas=AREAS)
    # Tiles of equal density may be taken in any order: the area may differ by one of them.
    tile = healpy.nside2pixarea(1 << int(ours(name).order[np.argmax(ours(name).probdensity)]), degrees=True)
    assert [ours(name).area_deg2(level) for level in LEVELS] == pytest.approx(found.contour_areas, rel=2e-4, abs=tile)
    assert [ours(name).probability_in_area(area) for area in AREAS] == pytest.approx(found.area_probs, abs=1e-4)


@pytest.mark.parametrize("name", every())
def test_levels_of_places_agree_with_ligo_skymap(name: str) -> None:
    rng = np.random.default_rng(7)
    table = theirs(name)["UNIQ", "PROBDENSITY"]
    # Places drawn from the map itself, so that all levels occur, and some from anywhere.
    density, (order, ipix) = np.asarray(table["PROBDENSITY"]), moc.uniq2nest(np.asarray(table["UNIQ"]))
    probability = density * moc.uniq2pixarea(np.asarray(table["UNIQ"]))
    drawn = rng.choice(len(table), 100, p=probability / probability.sum())
    ra, dec = np.array(
        [healpy.pix2ang(1 << int(order[row]), int(ipix[row]), nest=True, lonlat=True) for row in drawn]
    ).T
    ra = np.append(ra, rng.uniform(0, 360, 30))
    dec = np.append(dec, np.degrees(np.arcsin(rng.uniform(-1, 1, 30))))
    found = crossmatch(table, SkyCoord(ra * u.deg, dec * u.deg))
    level = ours(name).credible_level(ra, dec)
    seen = ours(name).density_at(ra, dec) > 0
    # Of tiles that are alike theirs counts some, ours all.
    alike = np.array([probability[density == value].sum() for value in ours(name).density_at(ra, dec)])
    np.testing.assert_array_less(np.abs(level - found.searched_prob)[seen], alike[seen] + 2e-3)


@pytest.mark.parametrize("name", [name for name in every() if ours(name).has_distance])
def test_distances_agree_with_ligo_skymap(name: str) -> None:
    table, skymap = theirs(name), ours(name)
    known = np.isfinite(np.asarray(table["DISTMU"], dtype=float))
    probability = np.asarray(table["PROBDENSITY"], dtype=float) * moc.uniq2pixarea(np.asarray(table["UNIQ"])) * known
    mean, sigma = parameters_to_marginal_moments(
        probability / probability.sum(), np.asarray(table["DISTMU"]), np.asarray(table["DISTSIGMA"])
    )
    stated = skymap.distance()
    assert stated is not None
    # Files state the moments of the samples or of the finest map: close to those of the tiles, not the same.
    assert stated == pytest.approx((mean, sigma), rel=0.1)
