"""Where telescopes stand, declared or published."""

import numpy as np
import pytest

from tom_grandma_facilities.registry import TELESCOPES
from tom_photvalidation.sites import OBSERVATORIES, place_of, places_of


def test_telescopes_of_the_registry():
    place = place_of("TAROT-TCA")
    assert place.latitude_deg == pytest.approx(43.752, abs=0.01)
    assert place.longitude_deg == pytest.approx(6.924, abs=0.01)
    assert all(place_of(one.name) is None for one in TELESCOPES.values() if one.space)


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("ORM/NOT(2.56m)/ALFOSC", "ORM"),
        ("LSO/MPG-ESO(2.2m)/GROND", "LSO"),
        ("MDM/Tautenburg(1.34m)/AndoriKon-L-936", "TLS"),
        ("KAO/MASTER-II-West/Apogee-ALTA-U16M+ISU/MASTER-II-East/Apogee-ALTA-U16M", "KOUROVKA"),
        ("SSO", "SSO"),
    ],
)
def test_published_labels(label, code):
    assert place_of(label) == OBSERVATORIES[code]


@pytest.mark.parametrize("label", ["", "NGSO/Swift/UVOT", "Hubble/HST/WFPC2", "Generic-Telescope", "nobody knows"])
def test_no_place(label):
    assert place_of(label) is None


def test_columns():
    latitude, longitude, elevation = places_of(np.array(["LSO/REM(0.6m)/REMIR", "NGSO/Swift/UVOT"], dtype=object))
    assert latitude[0] == -29.257
    assert longitude[0] == -70.738
    assert elevation[0] == 2400
    assert np.isnan([latitude[1], longitude[1], elevation[1]]).all()
    assert [len(column) for column in places_of(np.array([], dtype=object))] == [0, 0, 0]


def test_places_are_on_earth():
    assert all(abs(one.latitude_deg) < 90 and abs(one.longitude_deg) <= 180 for one in OBSERVATORIES.values())
    assert all(-500 < one.elevation_m < 6000 for one in OBSERVATORIES.values())
