"""Every declared telescope is a valid value, and the contradictions of the sources are resolved."""

import subprocess
import sys
from dataclasses import fields, is_dataclass

import pytest
from astropy import units as u

from tom_grandma_facilities.registry import TELESCOPES, UnknownTelescope, get_telescope
from tom_grandma_facilities.telescope import NAME_PATTERN, UNKNOWN, Camera, Fact, Mode, Shape, UsageClass

ALL = pytest.mark.parametrize("telescope", TELESCOPES.values(), ids=TELESCOPES)
TILING = ["TAROT-TCA", "TAROT-TCH", "TAROT-TRE", "OAJ-T80", "NOWT", "FRAM-Auger", "CFHT"]


def facts(value, path=""):
    """Every Fact inside a declared value, with its path."""
    if isinstance(value, Fact):
        yield path, value
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from facts(item, f"{path}[{index}]")
    elif is_dataclass(value):
        for part in fields(value):
            yield from facts(getattr(value, part.name), f"{path}.{part.name}")


def test_all_77_telescopes_are_declared_and_ordered_by_name():
    assert len(TELESCOPES) == 77
    assert list(TELESCOPES) == sorted(TELESCOPES, key=str.casefold)


@ALL
def test_name_can_stand_in_an_address(telescope):
    assert NAME_PATTERN.fullmatch(telescope.name)


@ALL
def test_every_fact_has_a_source(telescope):
    found = dict(facts(telescope))
    assert len(found) > 15
    assert [path for path, fact in found.items() if not fact.source.strip()] == []


@ALL
def test_numbers_lie_in_their_ranges(telescope):
    site = telescope.site
    if site.known:
        assert -90 <= site.latitude_deg <= 90
        assert -180 <= site.longitude_deg <= 180
        assert -100 <= site.elevation.value.to_value(u.m) <= 5200
    if telescope.aperture.known:
        assert 0.05 < telescope.aperture.value.to_value(u.m) < 12
    for camera in telescope.cameras:
        if camera.has_field:
            assert 0.01 < camera.width.value.to_value(u.deg) <= 25
            assert camera.shape is not Shape.UNKNOWN
    assert telescope.limits.twilight.value.to_value(u.deg) < 0
    if telescope.slew_rate.known:
        assert telescope.slew_rate.value.to_value(u.deg / u.s) > 0


@ALL
def test_it_can_be_planned_or_says_why_not(telescope):
    reason = telescope.why_not_plannable()
    if reason:
        assert reason.endswith(".")
        assert not telescope.in_network
        assert telescope.why_not_in_network() == reason
    else:
        assert telescope.site.known
        assert telescope.planning_camera is not None
        assert telescope.default_exposure.known
        assert telescope.limits.min_altitude.known


@ALL
def test_the_network_asks_no_telescope_of_unchecked_membership(telescope):
    if telescope.in_network:
        assert telescope.membership.value is True
        assert telescope.usage.value is not UsageClass.NOP
        assert not (telescope.survey or telescope.status_in_doubt or telescope.space)


def test_tiling_telescopes_of_the_benchmarks_can_be_planned():
    assert [name for name in TILING if TELESCOPES[name].why_not_plannable()] == []
    assert {TELESCOPES[name].mode.value for name in TILING} == {Mode.TILING}


def test_there_are_telescopes_to_ask_on_both_hemispheres():
    asked = [telescope.site.latitude_deg for telescope in TELESCOPES.values() if telescope.in_network]
    assert min(asked) < -30
    assert max(asked) > 40


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("SVOM-VT", "It is a space telescope; only ground-based telescopes are planned here."),
        ("SVOM-MXT", "It is a space telescope; only ground-based telescopes are planned here."),
        ("Generic-Telescope", "It is a placeholder in the source, not a telescope."),
        ("SNOVA", "It is retired (replaced by TNOT, not functioning anymore)."),
        ("BJP-ALi-50", "It is out of service (broken; team has no access)."),
        ("OHP-IRIS", "The cookbook says that it is not operational for GRANDMA."),
        ("TAROT-TNC", "The cookbook says that it is not operational for GRANDMA."),
        ("KAIT", "Its site is not known from any public source."),
        ("GTC", "No field of view is known from any public source."),
    ],
)
def test_reasons_not_to_plan(name, sentence):
    assert TELESCOPES[name].why_not_plannable() == sentence


@pytest.mark.parametrize(
    ("name", "latitude_deg", "longitude_deg", "elevation_m"),
    [
        ("TRT-SBO", -31.28198, 149.082341, 601),
        ("TRT-SRO", 37.070278, -119.413056, 2267),
        ("ShAO-T2m", 40.76999692, 48.583997664, 1500),
        ("UBAI-ST-60", 38.67, 66.9, 2593),
        ("UBAI-NT-60", 38.67, 66.903867, 2593),
        ("FRAM-Auger", -35.48084, -69.57052, 1400),
        ("ATLAS", 19.5361, -155.5761, 4168.7),
    ],
)
def test_site_of_grandma_data_wins_and_the_rejected_one_is_told(name, latitude_deg, longitude_deg, elevation_m):
    site = TELESCOPES[name].site
    assert (site.latitude_deg, site.longitude_deg) == (latitude_deg, longitude_deg)
    assert site.elevation.value.to_value(u.m) == elevation_m
    assert site.latitude.source == "grandma_data/telescopes.yaml"
    assert "rejected" in site.latitude.note + site.elevation.note


def test_site_of_cfht_is_the_summit_and_not_the_headquarters():
    site = TELESCOPES["CFHT"].site
    assert (site.latitude_deg, site.longitude_deg) == (19.826667, -155.471667)
    assert site.elevation.value.to_value(u.m) == 4204
    assert "sites.json" in site.latitude.source
    assert "grandma_data says 20.0195" in site.latitude.note


@pytest.mark.parametrize("name", ["Terskol-Zeiss-600", "OPD-60cm"])
def test_aperture_that_contradicts_the_name_is_unknown(name):
    aperture = TELESCOPES[name].aperture
    assert not aperture.known
    assert "contradicts the name" in aperture.note


def test_limiting_magnitude_that_cannot_be_true_is_unknown():
    limit = TELESCOPES["CFHT"].limiting_magnitude
    assert not limit.known
    assert "not credible" in limit.note
    assert TELESCOPES["CFHT"].cookbook_limit.value == "25"


def test_field_copied_from_another_telescope_is_not_used():
    assert TELESCOPES["ShAO-T2m"].planning_camera is None
    assert "copied from ZTF" in TELESCOPES["ShAO-T2m"].why_not_plannable()


@pytest.mark.parametrize("name", ["KAO", "TRT-SBO", "TRT-SRO", "OSN-T150"])
def test_doubtful_small_fields_are_carried_with_their_doubt(name):
    assert "not verified" in TELESCOPES[name].planning_camera.width.note
    assert TELESCOPES[name].mode.value is Mode.GALAXY


@pytest.mark.parametrize("name", ["ATLAS", "ZTF"])
def test_surveys_can_be_chosen_but_are_not_asked(name):
    assert TELESCOPES[name].why_not_plannable() == ""
    assert "survey" in TELESCOPES[name].why_not_in_network()


def test_no_personal_data():
    text = " ".join(repr(telescope) for telescope in TELESCOPES.values())
    assert "@" not in text


def test_lookup_by_name_and_by_the_names_of_the_sources():
    assert get_telescope("TAROT-TCA") is get_telescope("TAROT/TCA") is get_telescope("tca")


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownTelescope, match="Did you mean") as error:
        get_telescope("TAROT-TCB")
    assert "TAROT-TCA" in error.value.nearest


def test_name_with_a_slash_is_refused():
    from dataclasses import replace

    with pytest.raises(ValueError, match="letters, digits"):
        replace(TELESCOPES["CFHT"], name="C/FHT")


def test_unknown_coordinate_is_not_a_number():
    with pytest.raises(ValueError, match="unknown"):
        _ = TELESCOPES["KAIT"].site.latitude_deg


def test_camera_knows_nothing_until_told():
    camera = Camera(name="new", kind="imager")
    assert not camera.has_field
    assert camera.readout is UNKNOWN


def test_values_are_importable_without_django():
    code = (
        "import sys, tom_grandma_facilities.registry, tom_grandma_facilities.almanac, tom_grandma_facilities.tonight;"
        "sys.exit('django' in sys.modules or 'rest_framework' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
