"""Finding charts: the stars are those of the sky, and stand where a tangential projection puts them."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from astropy.wcs import WCS

from tom_grandma_facilities.finding import Field, Mark, Stars, finding_chart, stars_around
from tom_grandma_facilities.finding.chart import SIDE, tangential
from tom_grandma_facilities.telescope import Shape

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("ra_deg", "dec_deg", "mag"),
    [
        (279.2347, 38.7837, 0.03),  # Vega
        (193.5073, 55.9598, 1.77),  # Alioth
        (37.9546, 89.2641, 1.98),  # Polaris, beside the pole
        (95.9880, -52.6957, -0.7),  # Canopus
    ],
)
def test_bright_stars_stand_where_they_are(ra_deg, dec_deg, mag):
    found = stars_around(ra_deg, dec_deg, 0.05)
    assert found.mag[0] == pytest.approx(mag, abs=0.5)


def test_the_brightest_come_first_and_none_lies_outside():
    found = stars_around(83.8, -5.4, 1.5, most=50)
    assert len(found) == 50
    assert (np.diff(found.mag) >= 0).all()
    assert (np.abs(found.dec_deg + 5.4) <= 1.5).all()


def test_a_circle_over_right_ascension_zero_is_whole():
    found = stars_around(0.0, 30.0, 2.0)
    assert (found.ra_deg > 350).any()
    assert (found.ra_deg < 10).any()


@pytest.mark.parametrize(("ra0", "dec0"), [(150.0, 20.0), (0.1, -89.5), (359.9, 60.0)])
def test_the_projection_is_that_of_fits(ra0, dec0):
    rng = np.random.default_rng(3)
    ra = ra0 + rng.uniform(-0.5, 0.5, 50) / max(np.cos(np.radians(dec0)), 0.02)
    dec = np.clip(dec0 + rng.uniform(-0.4, 0.4, 50), -90, 90)
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.cdelt = ["RA---TAN", "DEC--TAN"], [ra0, dec0], [1.0, 1.0]
    pixels = wcs.all_world2pix(np.column_stack([ra % 360, dec]), 1)
    assert np.allclose(np.column_stack(tangential(ra, dec, ra0, dec0)), pixels, atol=1e-9)


def test_east_is_left_and_north_is_up():
    stars = Stars(np.array([150.1, 150.0]), np.array([20.0, 20.1]), np.array([5.0, 6.0]))
    drawing = ET.fromstring(finding_chart("X", 150.0, 20.0, 1.0, stars))
    east, north = (one.attrib for one in drawing.iter(f"{SVG}circle"))
    assert float(east["cx"]) < SIDE / 2 - 30
    assert float(north["cy"]) < SIDE / 2 - 30
    assert float(east["r"]) > float(north["r"])


def test_what_lies_outside_is_not_drawn():
    stars = Stars(np.array([151.0, 330.0]), np.array([20.0, -20.0]), np.array([5.0, 5.0]))
    drawing = finding_chart("X", 150.0, 20.0, 1.0, stars, galaxies=[Mark("far", 150.0, 22.0)])
    assert "circle" not in drawing
    assert "ellipse" not in drawing


def test_fields_are_drawn_to_scale_or_named_when_too_large():
    none = Stars(np.array([]), np.array([]), np.array([]))
    square = finding_chart("X", 0.0, 0.0, 1.0, none, field=Field("T", Shape.SQUARE, 0.5, 0.25))
    assert 'width="300.0" height="150.0"' in square
    round_one = finding_chart("X", 0.0, 0.0, 1.0, none, field=Field("T", Shape.CIRCLE, 0.5, 0.5))
    assert 'r="150.0"' in round_one
    large = finding_chart("X", 0.0, 0.0, 1.0, none, field=Field("T", Shape.SQUARE, 4.2, 4.2))
    assert "Its field is larger than the chart." in large


def test_names_cannot_break_out():
    none = Stars(np.array([]), np.array([]), np.array([]))
    drawing = finding_chart("<script>x</script>", 0.0, 0.0, 1.0, none, image='/x.jpg?"><script>', alone=True)
    assert "<script" not in drawing
    ET.fromstring(drawing)
    assert len(re.findall("<style>", drawing)) == 1
