"""A telescope without a pointing names what keeps it from most of the probability, with numbers."""

import base64
import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from tom_gcn.planning import PlanOptions, PlanTelescope, plan_network, plan_telescope
from tom_gcn.skymaps import SkyMap, read_skymap
from tom_grandma_facilities.almanac import altitude_azimuth, moon_topocentric, night_windows, separation_deg
from tom_grandma_facilities.registry import TELESCOPES

DRILL = Path(__file__).parents[3] / "tom_gcn" / "drill" / "S241102br_UPDATE_1.json.gz"
START = datetime(2026, 11, 20, 5, 40, tzinfo=UTC)
MJD = 61364.0 + (5.0 + 40.0 / 60.0) / 24.0
OPTIONS = PlanOptions(moon="fixed", min_new_probability=1e-4, min_share_of_best=2e-3)
Make = Callable[..., PlanTelescope]
Blob = Callable[..., SkyMap]


@pytest.fixture(scope="module")
def drill() -> SkyMap:
    alert = json.loads(gzip.decompress(DRILL.read_bytes()))
    return read_skymap(base64.b64decode(alert["event"]["skymap"]))


def reason(skymap: SkyMap, *telescopes: PlanTelescope, start: datetime = START) -> str:
    """The sentence of the last telescope."""
    plan = plan_network(skymap, telescopes, start, options=OPTIONS)
    return next(result.reason for result in plan.telescopes if result.name == telescopes[-1].name)


def number(pattern: str, sentence: str) -> float:
    found = re.search(pattern, sentence)
    assert found, sentence
    return float(found[1])


def test_a_region_near_the_moon_is_not_called_empty(drill: SkyMap) -> None:
    fram = plan_telescope(TELESCOPES["FRAM-CTA-N"])
    sentence = reason(drill, fram)
    times = MJD + np.arange(0.0, 1.0, 0.01)
    ra, dec, _, _ = moon_topocentric(times, fram.latitude_deg, fram.longitude_deg)
    away = separation_deg(*drill.peak(), ra, dec)
    assert away.min() - 1.0 < number(r"Moon at (\d+) deg", sentence) < away.max() + 1.0 < fram.moon_separation_deg
    assert "from the most probable part (its limit is 45 deg)" in sentence


def test_a_region_that_never_rises_is_not_blamed_on_the_moon(drill: SkyMap) -> None:
    fram = plan_telescope(TELESCOPES["FRAM-Auger"])
    sentence = reason(drill, fram)
    assert "never above 20 deg while it is dark" in sentence
    ((dusk, dawn),) = night_windows(MJD, MJD + 1.0, fram.latitude_deg, fram.longitude_deg, fram.twilight_deg)[-1:]
    times = np.linspace(dusk, dawn, 200)
    altitude, _ = altitude_azimuth(*drill.peak(), times, fram.latitude_deg, fram.longitude_deg)
    assert number(r"reaches (\d+) deg", sentence) == pytest.approx(altitude.max(), abs=1.0)


def two_blobs(make_blob: Blob, near: tuple[float, float], far: tuple[float, float], share: float) -> SkyMap:
    """Two localizations, the near one with a share of the probability."""
    maps = [make_blob(*near, 3.0), make_blob(*far, 3.0)]
    uniq = np.concatenate([one.uniq for one in maps])
    density = np.concatenate([maps[0].probdensity * share, maps[1].probdensity * (1.0 - share)])
    return SkyMap(np.sort(uniq), density[np.argsort(uniq)])


@pytest.mark.parametrize("share", [0.2, 0.8])
def test_the_cause_that_takes_most_is_told_with_its_share(make_blob: Blob, make_telescope: Make, share: float) -> None:
    """One part is always below the limit, the other too far north for the mount."""
    skymap = two_blobs(make_blob, (150.0, -75.0), (150.0, 60.0), share)
    sentence = reason(skymap, make_telescope("A", dec_max_deg=30.0))
    told = number(r"^(\d+) % of the probability", sentence)
    assert told == pytest.approx(100.0 * max(share, 1.0 - share), abs=2.0)
    below = "is never above 30 deg while it is dark; the most probable part stays below the horizon."
    outside = "lies outside its declination limits (-90 to 30 deg)."
    assert sentence.endswith(below if share > 0.5 else outside)


def test_covered_by_names_those_who_cover(make_blob: Blob, make_telescope: Make) -> None:
    skymap = make_blob(150.0, 20.0, 0.5, order=8)
    wide = [make_telescope("Wide", width_deg=8.0, height_deg=8.0)]
    assert reason(skymap, *wide, make_telescope("Small", width_deg=1.0, height_deg=1.0)) == (
        "Nothing left to add: already covered by Wide."
    )


def test_a_field_too_small_says_how_much_it_holds(make_blob: Blob, make_telescope: Make) -> None:
    skymap = make_blob(150.0, 20.0, 4.0)
    small = make_telescope("A", width_deg=0.05, height_deg=0.05, narrow=True)
    best = float(skymap.probdensity.max()) * np.radians(0.05) ** 2 * 100.0
    assert number(r"\(the best ([\d.]+) %\)", reason(skymap, small)) == pytest.approx(best, rel=0.05)
