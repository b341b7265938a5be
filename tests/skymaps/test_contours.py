"""Contours: closed, around the right area, anywhere on the sphere, small enough to send."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from tom_gcn.skymaps import SkyMap, cell_centres, contains, contours, hpx29, read_skymap
from tom_gcn.skymaps.ranges import nested_to_uniq

DATA = Path(__file__).parents[1] / "data"
MAPS = {path.name: path.read_bytes() for path in (DATA / "skymaps").glob("*.fit*") if "IPN" not in path.name}
for alert in sorted((DATA / "alerts" / "lvk_json").glob("S*.json")):
    event = json.loads(alert.read_text())["event"]
    if event:
        MAPS[alert.stem] = base64.b64decode(event["skymap"])
# The same map comes in several alerts.
SKYMAPS = {name: read_skymap(data) for data, name in {data: name for name, data in MAPS.items()}.items()}


def vectors(line: list[list[float]]) -> np.ndarray:
    ra, dec = np.radians(np.array(line).T)
    return np.column_stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])


def enclosed_deg2(line: list[list[float]]) -> float:
    """Signed area of a polygon on the sphere, positive when counter-clockwise seen from outside."""
    v = vectors(line)
    a, b, c = v[0], v[1:-1], v[2:]
    volume = np.cross(b, c) @ a
    excess = 2 * np.arctan2(volume, 1 + b @ a + c @ a + np.einsum("ij,ij->i", b, c))
    return float(np.degrees(np.degrees(excess.sum())))


def winding(line: list[list[float]], ra: float, dec: float) -> int:
    """How often a line goes around a place, seen in the plane that touches the sphere there."""
    v, centre = vectors(line), vectors([[ra, dec]])[0]
    east = np.cross([0.0, 0.0, 1.0], centre)
    east /= np.linalg.norm(east)
    angle = np.arctan2(v @ np.cross(centre, east), v @ east)
    return round(float(np.sum((np.diff(angle) + np.pi) % (2 * np.pi) - np.pi)) / (2 * np.pi))


def hill(ra: float, dec: float, sigma_deg: float, order: int = 6) -> SkyMap:
    """A round peak on tiles of one order; with 4 and less the 90 % region is 2.146 sigma wide."""
    ipix = np.arange(12 << (2 * order))
    distance = np.arccos(np.clip(vectors(np.column_stack(cell_centres(order, ipix))) @ vectors([[ra, dec]])[0], -1, 1))
    density = np.exp(-0.5 * (np.degrees(distance) / sigma_deg) ** 2)
    return SkyMap(nested_to_uniq(order, ipix), density / (density.sum() * 4 * np.pi / len(ipix)))


@pytest.mark.parametrize("name", SKYMAPS)
def test_contours_of_real_maps(name: str) -> None:
    skymap = SKYMAPS[name]
    lines = contours(skymap, (0.5, 0.9))
    assert set(lines) == {0.5, 0.9}
    for level in (0.5, 0.9):
        assert all(line[0] == line[-1] and len(line) >= 4 for line in lines[level])
        assert sum(map(enclosed_deg2, lines[level])) == pytest.approx(skymap.area_deg2(level), rel=0.03)
        ra, dec = skymap.peak()
        # A line around the opposite point turns the other way around the peak.
        opposite = bool(contains(skymap.region(level), hpx29(ra + 180, -dec)))
        assert sum(winding(line, ra, dec) for line in lines[level]) == 1 - opposite
    assert len(json.dumps(list(lines.values()))) < 60_000


@pytest.mark.parametrize(
    ("ra", "dec"), [(0.0, 0.0), (0.02, -41.0), (359.9, 60.0), (77.0, 89.99), (0.0, -90.0), (123.0, 45.0), (180.0, 0.0)]
)
def test_contour_of_a_round_peak_is_round_anywhere(ra: float, dec: float) -> None:
    skymap = hill(ra, dec, 5.0)
    (line,) = contours(skymap, (0.9,))[0.9]
    distance = np.degrees(np.arccos(vectors(line) @ vectors([[ra, dec]])[0]))
    assert distance == pytest.approx(np.full(len(line), 5.0 * 2.146), rel=0.06)
    assert winding(line, *skymap.peak()) == 1
    longest_step = np.max(np.linalg.norm(np.diff(vectors(line), axis=0), axis=1))
    assert longest_step < np.radians(5.0)


def test_coordinates_are_in_range_and_decimals_few() -> None:
    lines = contours(hill(0.0, 0.0, 3.0), (0.5,))[0.5]
    ra, dec = np.array(lines[0]).T
    assert np.all((ra >= 0) & (ra < 360))
    assert np.all(np.abs(dec) <= 90)
    assert np.all(np.round(ra, 4) == ra)


def test_fewer_points_when_asked() -> None:
    skymap = SKYMAPS["S240112e_PRELIMINARY_2"]
    many, few = contours(skymap), contours(skymap, max_points=120)
    assert sum(len(line) for lines in few.values() for line in lines) <= 120
    assert sum(len(line) for lines in many.values() for line in lines) > 120
    assert sum(map(enclosed_deg2, few[0.9])) == pytest.approx(skymap.area_deg2(0.9), rel=0.2)


def test_two_peaks_have_two_lines() -> None:
    one, other = hill(10.0, 20.0, 3.0), hill(190.0, -50.0, 3.0)
    both = SkyMap(one.uniq, (one.probdensity + other.probdensity) / 2)
    assert len(contours(both, (0.9,))[0.9]) == 2


def test_a_ring_has_an_inner_and_an_outer_line() -> None:
    wide, narrow = hill(80.0, 10.0, 15.0), hill(80.0, 10.0, 10.0)
    density = np.maximum(wide.probdensity - 0.5 * narrow.probdensity * wide.probdensity.max() / 1, 0)
    density = np.abs(wide.probdensity / wide.probdensity.max() - narrow.probdensity / narrow.probdensity.max())
    ring = SkyMap(wide.uniq, density / (density.sum() * 4 * np.pi / len(density)))
    lines = contours(ring, (0.5,))[0.5]
    assert sorted(np.sign([enclosed_deg2(line) for line in lines])) == [-1, 1]
    assert sum(map(enclosed_deg2, lines)) == pytest.approx(ring.area_deg2(0.5), rel=0.03)


def test_flat_sky_has_no_contours() -> None:
    flat = SkyMap(np.arange(4, 16), np.full(12, 1 / (4 * np.pi)))
    assert contours(flat) == {0.5: [], 0.9: []}


def test_probability_in_one_small_tile_is_enclosed() -> None:
    order, ipix = 10, 5_000_000
    point = SkyMap(nested_to_uniq([order], [ipix]), np.array([(12 << 2 * order) / (4 * np.pi)]))
    (line,) = contours(point, (0.9,))[0.9]
    assert winding(line, *point.peak()) == 1
    assert enclosed_deg2(line) < 100 * 41253 / (12 << 2 * order)
