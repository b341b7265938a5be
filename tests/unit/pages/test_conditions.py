"""Conditions people type into the event list, and types of notices in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tom_gcn.conditions import Condition, ConditionError, met_by, read_conditions
from tom_gcn.wording import angle, notice_type, solid_angle

YEAR_S = 365.25 * 86400


@pytest.mark.parametrize(
    ("text", "name", "comparison", "value"),
    [
        ("FAR < 1/yr", "far", "<", 1 / YEAR_S),
        ("far<=2/month", "far", "<=", 2 / (YEAR_S / 12)),
        ("FAR < 1 per 10 years", "far", "<", 1 / (10 * YEAR_S)),
        ("FAR < 1e-8 Hz", "far", "<", 1e-8),
        ("HasNS >= 0.5", "HasNS", ">=", 0.5),
        ("hasns > 50%", "HasNS", ">", 0.5),
        ("bbh>.9", "BBH", ">", 0.9),
        ("area < 100 deg2", "area", "<", 100),
        ("distance <= 0.2 Gpc", "distance", "<=", 200),
        ("error < 12 arcmin", "error", "<", 0.2),
        ("error < 3″", "error", "<", 3 / 3600),
    ],
)
def test_conditions_are_read_with_their_units(text, name, comparison, value):
    (condition,) = read_conditions(text)
    assert (condition.name, condition.comparison) == (name, comparison)
    assert condition.value == pytest.approx(value)


def test_words_are_compared_whatever_their_case():
    figures = {"kind": "grb", "mission": "Einstein Probe", "best_class": "", "probabilities": {}, "far_hz": None}
    for text, holds in (
        ("kind = GRB", True),
        ("mission = einstein probe", True),
        ("class = BNS", False),
        ("FAR < 1/yr", False),
    ):
        (condition,) = read_conditions(text)
        assert met_by(condition, figures) == holds


def test_several_conditions_hold_together():
    found = read_conditions("FAR < 1/yr, HasNS >= 0.5 and class = bns; ")
    assert [condition.name for condition in found] == ["far", "HasNS", "class"]
    assert found[2] == Condition("class", "=", "BNS")
    assert read_conditions("  ") == []


@pytest.mark.parametrize(
    "text",
    [
        "FAR",
        "FAR < ",
        "FAR < often",
        "FAR < 1/blink",
        "FAR < 1/0 yr",
        "area < 3 Mpc",
        "colour < 3",
        "class > BNS",
        "class = a b",
        "kind = star",
        "kind > grb",
        "mission = <b>",
        "area < 1.2.3",
        "is_superuser = 1",
        ",".join(["FAR < 1/yr"] * 13),
    ],
)
def test_what_cannot_be_understood_is_said(text):
    with pytest.raises(ConditionError, match=r"\w.*\."):
        read_conditions(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        read_conditions(text)
    except ConditionError as error:
        assert len(str(error)) < 400


@pytest.mark.parametrize(
    ("source", "written", "said"),
    [
        ("LVK", "PRELIMINARY", "LVK preliminary"),
        ("LVK", "LVC_EARLY_WARNING", "LVC early warning"),
        ("Swift", "SWIFT_BAT_GRB_POS_ACK", "Swift BAT GRB position"),
        ("Fermi", "FERMI_GBM_FIN_POS", "Fermi GBM final position"),
        ("SVOM", "SVOM_eclairs-wakeup", "SVOM ECLAIRs wakeup"),
        ("Einstein Probe", "gcn.notices.einstein_probe.wxt.alert", "Einstein Probe WXT alert"),
        ("CHIME", "gcn.notices.chime.frb", "CHIME FRB"),
        ("IceCube", "ICECUBE_ASTROTRACK_GOLD", "IceCube track gold"),
    ],
)
def test_types_of_notices_are_said_in_words(source, written, said):
    assert notice_type(source, written) == said


@pytest.mark.parametrize(
    ("degrees", "said"), [(3.2, "3.2°"), (0.2, "12′"), (0.0013, "4.68″"), (140.0, "140°"), (None, "–"), (0.0, "0″")]
)
def test_angles_have_the_unit_that_suits_them(degrees, said):
    assert angle(degrees) == said


@pytest.mark.parametrize(
    ("deg2", "said"), [(1262.3, "1,262 deg²"), (2.5, "2.5 deg²"), (0.02, "72 arcmin²"), (1e-6, "13 arcsec²")]
)
def test_small_areas_have_smaller_units(deg2, said):
    assert solid_angle(deg2) == said
