"""Every name of a filter leads to one filter, and a name nobody knows to none."""

import math
from pathlib import Path

import pytest

from tom_grandma_facilities.registry import TELESCOPES
from tom_photvalidation.bandpasses import BANDS, SOURCES, canonical, nearest_names, vega_to_ab


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("r", "sdssr"), ("R", "bessellr"), ("r'", "sdssr"), ("r’", "sdssr"), ("R_{c}", "bessellr"), ("Rc", "bessellr"),
        ("i", "sdssi"), ("I", "besselli"), ("g", "sdssg"), ("G", "gaia::g"), ("u", "sdssu"), ("U", "bessellux"),
        ("z", "sdssz"), ("Z", "mko::z"), ("y", "ps1::y"), ("Y", "mko::y"), ("SDSS-r", "sdssr"), ("sdss_g", "sdssg"),
        ("Ks", "2massks"), ("K_{s}", "2massks"), ("K'", "2massks"), ("ps1::g", "ps1::g"), ("PS1_g", "ps1::g"),
        ("BP", "gaia::gbp"), ("RP", "gaia::grp"), ("o", "atlaso"), ("C", "clear"), ("CR", "clear::bessellr"),
        ("C_{r}", "clear::sdssr"), ("CV", "clear::bessellv"), ("unfiltered", "clear"), ("ps1::open", "clear"),
        ("UVW1", "uvot::uvw1"), ("um2", "uvot::uvm2"), ("F606W", "f606w"), ("P|", "polarised::90"),
        ("P-", "polarised::0"), ("banana", ""), ("UMV2", ""), ("q", ""), ("", ""), ("cr", ""), ("None", ""),
    ],
)  # fmt: skip
def test_a_name_means_one_filter(typed, name):
    assert canonical(typed) == name


@pytest.mark.parametrize(
    ("typed", "name"), [("U", "uvot::u"), ("b", "uvot::b"), ("white", "uvot::white"), ("R", "bessellr")]
)
def test_letters_on_swift(typed, name):
    assert canonical(typed, "Swift/UVOT") == name


@pytest.mark.parametrize("name", BANDS)
def test_a_canonical_name_stands_for_itself_on_every_telescope(name):
    assert canonical(name) == name
    assert canonical(name, "Swift/UVOT") == name


def test_no_alias_means_two_filters():
    meanings: dict[str, str] = {}
    for band in BANDS.values():
        for alias in (band.name, *band.aliases):
            assert meanings.setdefault(alias, band.name) == band.name


def test_every_filter_has_a_source_and_numbers_that_can_be():
    for band in BANDS.values():
        assert SOURCES[band.family]
        assert band.wavelength_nm > 0
        assert band.default_magsys in ("AB", "Vega")
        if band.default_magsys == "Vega":
            assert -0.2 < band.ab_minus_vega < 5
        if band.glass:
            assert band.glass in BANDS


def test_ab_minus_vega_grows_to_the_infrared():
    order = ["bessellv", "bessellr", "besselli", "2massj", "2massh", "2massks", "irac1", "irac2"]
    assert [vega_to_ab(name) for name in order] == sorted(vega_to_ab(name) for name in order)
    assert math.isnan(vega_to_ab("radio-3GHz"))
    assert math.isnan(vega_to_ab("banana"))


def test_near_names_are_proposed():
    assert "UM2" in nearest_names("UMV2")
    assert nearest_names("wxyzabc") == ()


def test_filters_of_the_telescopes_are_known():
    unknown = {
        name
        for telescope in TELESCOPES.values()
        for camera in telescope.cameras
        for name in camera.filters.value or ()
        if not canonical(name, telescope.name)
    }
    assert unknown <= {"no filter", "Red", "Blue"}


def test_the_documentation_has_every_filter_with_its_constant():
    lines = (Path(__file__).parents[3] / "docs/science/bandpasses.md").read_text().splitlines()
    for band in BANDS.values():
        row = next(line for line in lines if line.startswith(f"| `{band.name}` |"))
        cells = [cell.strip() for cell in row.split("|")]
        offset = "–" if math.isnan(band.ab_minus_vega) else f"{band.ab_minus_vega:.3g}"
        assert cells[2:5] == [f"{band.wavelength_nm:g}", offset, band.default_magsys]
