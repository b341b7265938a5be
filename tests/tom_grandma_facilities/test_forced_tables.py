"""Light curves of the forced-photometry services: their tables as the services write them."""

import pytest

from tests.tools.services.atlas import RESULT as ATLAS
from tests.tools.services.ztf import RESULT as ZTF
from tom_grandma_facilities.forced_photometry import UnreadableResult, in_words, read_atlas, read_ztf


def test_atlas_epochs():
    first, second = read_atlas(ATLAS)
    assert (first.mjd, first.band, first.flux_ujy, first.flux_error_ujy) == (61364.235875, "atlasc", 1228, 15)
    assert first.is_detection
    # The service rounds its fluxes to 1 microjansky.
    assert first.mag == pytest.approx(16.177, abs=0.002)
    assert (second.band, second.flux_ujy, second.mag, second.limiting_mag) == ("atlaso", -11, None, 19.28)


def test_ztf_epochs_without_a_flux_are_left_out():
    first, second = read_ztf(ZTF)
    assert first.band == "ztfg"
    assert first.mjd == pytest.approx(61350.25)
    assert first.mag == pytest.approx(26.2 - 2.5 * 3.1760913, abs=1e-5)
    assert first.flux_ujy / first.flux_error_ujy == pytest.approx(30)
    assert second.flux_ujy < 0
    assert second.note == "procstatus 56,57"


@pytest.mark.parametrize("read", [read_atlas, read_ztf])
@pytest.mark.parametrize("text", ["", "<html>Not found</html>", "MJD m dm\n1 2 3"])
def test_other_texts_are_told(read, text):
    with pytest.raises(UnreadableResult, match="missing"):
        read(text)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("1228", "many"), "'many' is not a number"),
        (("1228", "nan"), "uJy is nan"),
        ((" 01a1", ""), "Line 2 has 18 cells where the heading has 19"),
        (("uJy", "jansky"), "column uJy is missing"),
    ],
)
def test_a_bad_row_says_what_is_wrong(change, said):
    with pytest.raises(UnreadableResult, match=said):
        read_atlas(ATLAS.replace(*change, 1))


def test_in_words():
    assert in_words(()) == "No image covers the position in this time."
    assert in_words(read_atlas(ATLAS)) == ("2 epochs, 1 above 3 sigma; the last at MJD 61364.236, atlasc = 16.18 mag.")
    assert in_words(read_atlas(ATLAS)[1:]) == "1 epochs, 0 above 3 sigma."
