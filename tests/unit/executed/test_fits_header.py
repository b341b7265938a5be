"""Headers of images as cameras write them: read, or everything that is missing named."""

import gzip
import io
from datetime import UTC, datetime

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from tom_grandma_facilities.executed import Checked, UnreadableSheet, check, read_sheet
from tom_grandma_facilities.executed.fits_header import is_fits

NOW = datetime(2026, 11, 20, tzinfo=UTC)
GOOD = {
    "DATE-OBS": "2024-11-02T13:00:01.25", "EXPTIME": 60.0, "FILTER": "r ", "RA": 150.25, "DEC": -20.5,
    "OBJECT": "AT2024abc", "AIRMASS": 1.2, "TELESCOP": "TAROT/TCA",
}  # fmt: skip


def image(cards, shape=(4, 6), extension=False, packed=False):
    hdu = fits.PrimaryHDU(np.zeros(shape, dtype="int16"))
    if extension:
        hdu = fits.ImageHDU(np.zeros(shape, dtype="int16"))
    if packed:
        hdu = fits.CompImageHDU(np.zeros((64, 64), dtype="int16"))
    for name, value in cards.items():
        hdu.header[name] = value
    out = io.BytesIO()
    (fits.HDUList([fits.PrimaryHDU(), hdu]) if extension or packed else hdu).writeto(out)
    return out.getvalue()


def read(data):
    [row] = read_sheet(data).rows
    found = check(row, NOW)
    assert isinstance(found, Checked), found
    return found


def without(*names, **more):
    return {name: value for name, value in GOOD.items() if name not in names} | more


def problems(cards):
    with pytest.raises(UnreadableSheet) as caught:
        read_sheet(image(cards))
    return {problem.column: problem.reason for problem in caught.value.problems}


def test_an_image_is_a_row():
    row = read(image(GOOD))
    assert (row.telescope, row.filter, row.exposure_s, row.target_name) == ("TAROT-TCA", "r", 60.0, "AT2024abc")
    assert (row.ra_deg, row.dec_deg, row.airmass) == (150.25, -20.5, 1.2)
    assert row.start == datetime(2024, 11, 2, 13, 0, 1, 250000, tzinfo=UTC)
    assert row.observation_id == "fits-20241102T130001250-r"
    assert row.raw["EXPTIME"] == 60.0


@pytest.mark.parametrize("form", [{"extension": True}, {"packed": True}])
def test_the_first_image_extension_is_read(form):
    assert read(image(GOOD, **form)).ra_deg == 150.25


def test_only_the_header_is_needed_and_kept_and_gzip_is_fine():
    whole = image(GOOD, shape=(300, 300))
    sheet = read_sheet(whole[:2880])
    assert sheet.kept == whole[:2880]
    assert read(gzip.compress(whole)).ra_deg == 150.25


def test_the_centre_is_that_of_the_world_coordinates():
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [10.0, 40.0], [1.0, 1.0]
    wcs.wcs.cdelt = [-0.01, 0.01]
    header = dict(wcs.to_header().items())
    row = read(image(GOOD | header, shape=(200, 100)))
    centre = wcs.pixel_to_world(49.5, 99.5)
    assert (row.ra_deg, row.dec_deg) == pytest.approx((centre.ra.deg, centre.dec.deg))


@pytest.mark.parametrize(
    ("cards", "ra", "dec"),
    [
        (without("RA", "DEC", OBJCTRA="10 01 00.0", OBJCTDEC="-20 30 00"), 150.25, -20.5),
        (GOOD | {"RA": "10:01:00", "DEC": "-00:30:00"}, 150.25, -0.5),
        (GOOD | {"RA": "150.25", "DEC": "-20.5", "EQUINOX": 2000.0, "RADESYS": "FK5"}, 150.25, -20.5),
        (GOOD | {"RA": 0.0, "DEC": 0.0, "EQUINOX": 1950.0}, 0.640691, 0.278409),
    ],
)
def test_positions_as_telescopes_write_them(cards, ra, dec):
    row = read(image(cards))
    assert (row.ra_deg, row.dec_deg) == pytest.approx((ra, dec), abs=2e-5)


@pytest.mark.parametrize(
    ("cards", "start"),
    [
        (without("DATE-OBS") | {"DATE-OBS": "2024-11-02", "UT": "13:00:01.25"}, "13:00:01.25"),
        (without("DATE-OBS") | {"MJD-OBS": 60616.5416812}, "13:00:01.256"),
        (GOOD | {"DATE-BEG": "2024-11-02T12:59:59"}, "12:59:59"),
        (GOOD | {"TIMESYS": "TAI"}, "12:59:24.25"),
    ],
)
def test_times_as_telescopes_write_them(cards, start):
    want = datetime.fromisoformat(f"2024-11-02T{start.ljust(15, '0')[:15] if '.' in start else start}+00:00")
    assert abs((read(image(cards)).start - want).total_seconds()) < 0.01


def test_everything_that_is_missing_is_named_at_once():
    found = problems({"OBJECT": "x"})
    assert set(found) == {"obstime", "exposure_time", "filter", "ra"}
    assert "EXPTIME" in found["exposure_time"]
    assert "FILTER" in found["filter"]
    assert "without a time" in problems(GOOD | {"DATE-OBS": "2024-11-02"})["obstime"]
    assert "TIMESYS" in problems(GOOD | {"TIMESYS": "LOCAL"})["obstime"]
    assert "is not a time" in problems(GOOD | {"DATE-OBS": "2024-13-45T99"})["obstime"]
    assert set(problems(GOOD | {"RA": "somewhere"})) == {"ra"}


def test_what_cannot_be_is_said_by_the_check_of_rows():
    [row] = read_sheet(image(GOOD | {"EXPTIME": -5.0})).rows
    assert [problem.column for problem in check(row, NOW)] == ["exposure_time"]


@pytest.mark.parametrize(
    "data",
    [
        b"SIMPLE  =                    T",
        b"SIMPLE  =                    T" + b" " * 5_000_000,
        fits.PrimaryHDU().header.tostring().encode(),
        image(GOOD)[:80] + b"\xff" * 2800,
        gzip.compress(b"SIMPLE  =                    T".ljust(80) + b"0" * 3_000_000),
        (b"SIMPLE  =                    T".ljust(80) + b"NAXIS   =                    0".ljust(80)
         + b"XTENSION= 'IMAGE   '".ljust(80) + b"END".ljust(80)).ljust(2880) * 50,
        (b"SIMPLE  =                    T".ljust(80) + b"NAXIS   =                    1".ljust(80)
         + b"NAXIS1  = -9999999999999999999".ljust(80) + b"BITPIX  = 64".ljust(80) + b"END".ljust(80)).ljust(2880) * 3,
    ],
    ids=range(7),
)  # fmt: skip
def test_hostile_and_broken_headers_are_refused(data):
    assert is_fits(data)
    with pytest.raises(UnreadableSheet):
        read_sheet(data)
