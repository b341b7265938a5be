"""The check says what is inconsistent, missing and doubted in a declaration."""

from dataclasses import replace

import pytest
from astropy import units as u

from tom_grandma_facilities.registry import TELESCOPES
from tom_grandma_facilities.telescope import UNKNOWN, Fact, Shape
from tom_grandma_facilities.telescope_check import Kind, check_network, check_telescope

GOOD = TELESCOPES["TAROT-TCA"]
CAMERA = GOOD.cameras[0]


def with_camera(**changes):
    return replace(GOOD, cameras=(replace(CAMERA, **changes),))


def messages(telescope, kind=Kind.INCONSISTENT):
    return [(finding.path, finding.message) for finding in check_telescope(telescope) if finding.kind is kind]


def test_the_network_as_declared_is_consistent():
    assert [finding for finding in check_network(TELESCOPES) if finding.kind is Kind.INCONSISTENT] == []
    assert check_telescope(GOOD) == []


@pytest.mark.parametrize(
    ("telescope", "path", "words"),
    [
        (replace(GOOD, site=replace(GOOD.site, latitude=Fact(95 * u.deg, "x"))), "site.latitude", "outside"),
        (replace(GOOD, site=replace(GOOD.site, elevation=Fact(1320 * u.deg, "x"))), "site.elevation", "unit"),
        (replace(GOOD, site=replace(GOOD.site, elevation=Fact(1.32 * u.km, " "))), "site.elevation", "no source"),
        (replace(GOOD, aperture=Fact(0 * u.m, "x")), "aperture", "outside"),
        (replace(GOOD, limiting_magnitude=Fact(180.0, "x")), "limiting_magnitude", "cannot be"),
        (replace(GOOD, default_exposure=UNKNOWN), "default_exposure", "can be planned"),
        (with_camera(shape=Shape.UNKNOWN), "cameras[0]", "no shape"),
        (with_camera(height=Fact(1.0 * u.deg, "x")), "cameras[0]", "square of"),
        (with_camera(height=UNKNOWN), "cameras[0]", "Only one side"),
        (with_camera(filters=Fact(("r", "r"), "x")), "cameras[0]", "twice"),
        (
            replace(GOOD, limits=replace(GOOD.limits, declination_max=Fact(-30 * u.deg, "x"))),
            "limits",
            "nothing to observe",
        ),
        (replace(GOOD, default_filter=Fact("r", UNKNOWN.source)), "default_filter", "not found"),
    ],
)
def test_what_cannot_be_is_inconsistent(telescope, path, words):
    assert [one for one in messages(telescope) if one[0] == path and words in one[1]], messages(telescope)


def test_what_is_unknown_is_missing_and_what_is_doubted_is_told():
    unknown = replace(GOOD, slew_rate=UNKNOWN, cameras=())
    assert [path for path, _ in messages(unknown, Kind.MISSING)] == ["cameras", "slew_rate"]
    doubted = replace(GOOD, slew_rate=Fact(20 * u.deg / u.s, "x", "Doubted: very fast"))
    assert messages(doubted, Kind.DOUBTED) == [("slew_rate", "Doubted: very fast")]


def test_one_name_for_two_telescopes_is_inconsistent():
    twin = replace(TELESCOPES["CFHT"], aliases=("tca",))
    found = check_network(
        {"TAROT-TCA": GOOD, "CFHT": twin, "Other": replace(GOOD, name="Elsewhere", full_name="e", aliases=())}
    )
    assert [finding.telescope for finding in found if finding.path == "aliases"] == ["CFHT", "TAROT-TCA"]
    assert [finding.message for finding in found if finding.path == "name"] == ["It is registered as Other."]
