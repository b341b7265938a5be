"""Pictures made on the server."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import healpy
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tom_gcn.drawings import Night, SkyPicture, draw_sky, efficiency_curve, night_bar, probability_curve
from tom_gcn.drawings.mollweide import Mollweide
from tom_gcn.drawings.night_bar import hour_marks, joined
from tom_gcn.drawings.outlines import contains, line_path, outline_path
from tom_gcn.drawings.sky_map import galactic_plane

NOON = datetime(2026, 6, 5, 12, tzinfo=UTC)
EVERYWHERE = Mollweide(720.0, 0.0)


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def cap(ra: float, dec: float, radius: float, points: int = 60) -> list[list[float]]:
    """Points around a place, on the sphere."""
    vectors = healpy.ang2vec(ra, dec, lonlat=True)
    side = np.cross(vectors, [0.0, 0.0, 1.0] if abs(dec) < 80 else [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    angle = np.linspace(0, 2 * np.pi, points)[:-1, None]
    around = np.cos(angle) * side + np.sin(angle) * np.cross(vectors, side)
    ring = np.cos(np.radians(radius)) * vectors + np.sin(np.radians(radius)) * around
    return np.transpose(healpy.vec2ang(ring, lonlat=True)).tolist()


def test_the_projection_agrees_with_healpy():
    rng = np.random.default_rng(4)
    ra, dec = rng.uniform(0, 360, 500), np.degrees(np.arcsin(rng.uniform(-1, 1, 500)))
    ours = EVERYWHERE.project(ra, dec)
    x, y = healpy.projector.MollweideProj(flipconv="astro").ang2xy(ra, dec, lonlat=True)
    np.testing.assert_allclose(ours[:, 0], 360 + np.asarray(x) * 180, atol=0.1)
    np.testing.assert_allclose(ours[:, 1], 180 - np.asarray(y) * 180, atol=0.1)


def test_right_ascension_increases_to_the_left():
    assert EVERYWHERE.project(30, 0)[0] < EVERYWHERE.project(0, 0)[0] < EVERYWHERE.project(330, 0)[0]


@settings(deadline=None, max_examples=40)
@given(st.floats(0, 360), st.floats(-89, 89), st.floats(2, 80), st.floats(0, 360))
def test_a_region_holds_its_own_centre_once_filled(ra, dec, radius, centre):
    """Wherever it lies: across the edge of the map or around a pole."""
    projection = Mollweide(720.0, centre)
    assume(min(90 - abs(dec), abs(90 - abs(dec) - radius)) > 1)  # a ring through a pole has no side there
    ring = cap(ra, dec, radius)
    data = draw_sky(SkyPicture("x", {0.9: [ring]}, (ra, dec)))
    assert "region-90" in data
    flipped = not contains([ring], (ra, dec), projection)
    # The other side of the sphere is inside exactly when the centre is not.
    assert contains([ring], ((ra + 180) % 360, -dec), projection) == flipped


def test_a_ring_across_the_edge_is_drawn_on_both_sides():
    path = outline_path([cap(180, 0, 20)], EVERYWHERE)
    assert path.count("M") == 2
    xs = [float(x) for x in re.findall(r"(-?\d+\.\d),", path)]
    assert min(xs) < 0 < 720 < max(xs)


def test_a_line_around_the_pole_has_no_seam():
    top_of_line = min(float(y) for y in re.findall(r",(-?\d+\.\d)", line_path([cap(0, 85, 10)], EVERYWHERE)))
    top_of_fill = min(float(y) for y in re.findall(r",(-?\d+\.\d)", outline_path([cap(0, 85, 10)], EVERYWHERE)))
    assert top_of_fill == 0 < top_of_line


def test_the_galactic_plane_is_where_astropy_has_it():
    from astropy.coordinates import SkyCoord

    ra, dec = np.array(galactic_plane()).T
    assert np.abs(SkyCoord(ra, dec, unit="deg").galactic.b.deg).max() < 1e-3


def test_a_sky_picture_is_xml_with_everything_in_it():
    picture = SkyPicture(
        title="<S1> & more",
        regions={0.5: [cap(10, 20, 5)], 0.9: [cap(10, 20, 15)]},
        peak=(10, 20),
        footprints={0: [cap(12, 22, 2, 5)], 9: [cap(8, 18, 2, 5)]},
        sun=(200, 10),
        moon=(20, -30),
    )
    root = ElementTree.fromstring(draw_sky(picture))
    classes = {part.get("class") for part in root.iter()}
    assert {"region region-50", "contour contour-90", "galaxy", "sun", "moon", "tel tel-0", "tel tel-1"} <= classes
    assert root.find("{http://www.w3.org/2000/svg}title").text == "<S1> & more"
    assert " style=" not in draw_sky(picture)


def test_an_empty_sky_is_drawn_too():
    assert ElementTree.fromstring(draw_sky(SkyPicture("nothing yet"))) is not None


def test_a_night_bar_says_in_words_what_it_shows():
    bar = night_bar(Night(at(0), at(24), [(at(6), at(14))], [(at(0), at(9))], [(at(7), at(7.2)), (at(7.3), at(8))]))
    assert "Night 18:00 to 02:00; Moon up 12:00 to 21:00; Observing 19:00 to 20:00 UTC" in bar
    assert ElementTree.fromstring(bar) is not None


def test_a_bar_keeps_within_its_window():
    bar = night_bar(Night(at(0), at(24), [(at(-5), at(3)), (at(20), at(30)), (at(40), at(41))]))
    edges = [int(number) for number in re.findall(r"[MH](\d+)", bar)]
    assert min(edges) == 0
    assert max(edges) == 24 * 60


spans = st.tuples(st.floats(0, 20), st.floats(0.01, 3)).map(lambda pair: (at(pair[0]), at(pair[0] + pair[1])))


@given(st.lists(spans, max_size=12))
def test_joined_intervals_are_apart_and_lose_nothing(intervals):
    gap = timedelta(minutes=20)
    merged = joined(intervals, gap)
    assert all(later[0] - earlier[1] > gap for earlier, later in pairwise(merged))
    assert all(any(a <= start and end <= b for a, b in merged) for start, end in intervals)


def test_hour_marks_fall_on_hours():
    assert [hour for _, hour in hour_marks(at(0.5), at(24.5), 6)] == ["18", "00", "06", "12"]
    assert [part for part, _ in hour_marks(at(0), at(24), 12)] == pytest.approx([0, 0.5, 1])


def test_the_curve_rises_to_what_is_covered():
    svg = probability_curve([(at(7), 0.2), (at(9), 0.43)], at(0), at(24))
    assert "43 % by 2026-06-05 21:00 UTC" in svg
    heights = [float(y) for y in re.findall(r"V(\d+\.\d)", svg.split("curve-line")[1])]
    assert heights == sorted(heights, reverse=True)
    assert "Nothing is planned" in probability_curve([], at(0), at(24))


def test_a_curve_shows_the_bound_and_other_curves():
    steps = [(at(1), 0.2), (at(5), 0.4)]
    drawn = probability_curve(steps, at(0), at(24), bound=0.45, others=[[(at(2), 0.3)]])
    assert "No plan can cover more than 45.0 %." in drawn
    assert drawn.count("curve-bound") == drawn.count("curve-other") == 1
    assert "curve-bound" not in probability_curve(steps, at(0), at(24))


def test_an_efficiency_says_in_words_what_it_shows():
    drawn = efficiency_curve([(-20.0, 0.9), (-16.0, 0.5), (-12.0, 0.0)], -16.0)
    ElementTree.fromstring(drawn)
    assert "absolute magnitude -16 is seen with a probability of about 50 %" in drawn
    assert 'd=""' in efficiency_curve([(-20.0, 0.9), (-12.0, 0.0)], -30.0)


def test_a_small_part_of_the_sky_is_drawn_close_up():
    field = [(10.0, 10.0), (12.0, 10.0), (12.0, 12.0), (10.0, 12.0)]

    def box(lines, is_close=True):
        drawn = draw_sky(SkyPicture("t", {}, (11.0, 11.0), {0: lines}, is_close=is_close))
        return [float(number) for number in re.search(r'viewBox="([^"]+)"', drawn)[1].split()]

    left, top, width, height = box([field])
    whole = box([field], is_close=False)
    assert width < whole[2] / 50
    assert height == pytest.approx(width / 2, abs=0.02)
    assert whole[0] < left < left + width < whole[2]
    assert whole[1] < top < whole[3]
    far = [(ra + 170.0, dec) for ra, dec in field]
    assert box([field, far]) == whole
    assert box([]) == whole


@pytest.mark.parametrize(("days", "labels"), [(1, ["15h", "21h"]), (7, ["Nov 3", "Nov 9"]), (60, ["Nov 3", "Dec 27"])])
def test_the_time_axis_of_a_curve_has_room_for_its_labels(days, labels):
    start = datetime(2024, 11, 2, 13, 0, tzinfo=UTC)
    drawn = probability_curve([(start + timedelta(hours=1), 0.2)], start, start + timedelta(days=days))
    written = re.findall(r'text-anchor="middle">([^<]+)<', drawn)
    assert set(labels) <= set(written)
    assert len(written) <= 10
