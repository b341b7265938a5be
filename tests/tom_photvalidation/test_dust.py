"""Reddening read from maps laid out as those of Schlegel, Finkbeiner & Davis, against astropy's own projection."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from scipy.ndimage import map_coordinates

from tom_photvalidation.dust import RECALIBRATION, ebv_at

SIDE = 256
NAMES = {1: "SFD_dust_4096_ngp.fits", -1: "SFD_dust_4096_sgp.fits"}
# Poles, plane, centre, anticentre, and what lies between.
PLACES = [(0.0, 90.0), (123.0, -90.0), (192.86, 27.13), (12.86, -27.13), (266.4, -29.0), (86.4, 28.9), (10.68, 41.27),
          (197.45, -23.38), (359.999, 0.001), (83.6, 22.0)]  # fmt: skip


def header_of(pole: int) -> fits.Header:
    """The keywords of the real files, for a smaller map."""
    header = fits.Header()
    header["CTYPE1"], header["CTYPE2"] = "GLON-ZEA", "GLAT-ZEA"
    header["CRPIX1"] = header["CRPIX2"] = SIDE / 2 + 0.5
    header["CRVAL1"], header["CRVAL2"] = 90.0, 90.0 * pole
    header["LONPOLE"] = 180.0
    step = np.degrees(np.sqrt(2.0)) / (SIDE / 2)
    header["CDELT1"], header["CDELT2"] = -step, step
    header["LAM_NSGP"], header["LAM_SCAL"] = pole, SIDE // 2
    header["BUNIT"] = "mag"
    return header


@pytest.fixture
def maps(tmp_path, settings):
    """Two maps whose values tell the row, the column and the hemisphere."""
    rng = np.random.default_rng(3)
    images = {}
    for pole, name in NAMES.items():
        images[pole] = rng.uniform(0.01, 2.0, (SIDE, SIDE)).astype(np.float32)
        fits.PrimaryHDU(images[pole], header_of(pole)).writeto(tmp_path / name)
    settings.ICARE_SFD_MAPS = str(tmp_path)
    return images


@pytest.mark.parametrize(("ra_deg", "dec_deg"), PLACES)
def test_values_are_those_that_astropy_finds_in_the_map(maps, ra_deg, dec_deg):
    place = SkyCoord(ra_deg, dec_deg, unit="deg").galactic
    pole = 1 if place.b.deg >= 0 else -1
    column, row = WCS(header_of(pole)).world_to_pixel_values(place.l.deg, place.b.deg)
    expected = map_coordinates(maps[pole].astype(float), [[row], [column]], order=1, mode="nearest")[0]
    assert ebv_at(ra_deg, dec_deg) == pytest.approx(RECALIBRATION * expected, abs=2e-3)


def test_nothing_is_said_without_maps_or_position(maps, settings, tmp_path):
    assert ebv_at(None, 10.0) is None
    settings.ICARE_SFD_MAPS = str(tmp_path / "nowhere")
    assert ebv_at(10.0, 10.0) is None
    settings.ICARE_SFD_MAPS = ""
    assert ebv_at(10.0, 10.0) is None
