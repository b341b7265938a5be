"""Observatories beside the network: what is declared of them is that of the source it names."""

import re
from importlib.resources import files

import pytest
from astropy import units as u
from tom_observations.facilities.blanco import BLANCOSettings
from tom_observations.facilities.gemini import SITES as GEMINI
from tom_observations.facilities.lco import LCOPhotometricSequenceForm
from tom_observations.facilities.soar import SOARSettings

from tom_grandma_facilities.registry import ASKABLE, OBSERVATORIES, TELESCOPES, get_telescope, is_offered
from tom_grandma_facilities.telescope_check import facts_of
from tom_grandma_facilities.transports.liverpool import FILTERS as LIVERPOOL

ALL = pytest.mark.parametrize("telescope", OBSERVATORIES.values(), ids=OBSERVATORIES)
SITES = {
    "SOAR-Goodman": SOARSettings().get_sites()["Cerro Pachón"],
    "Blanco-NEWFIRM": BLANCOSettings().get_sites()["Cerro Tololo"],
    "Gemini-North": GEMINI["Maunakea"],
    "Gemini-South": GEMINI["Cerro Pachon"],
}


def test_they_are_beside_the_network():
    assert not set(OBSERVATORIES) & set(TELESCOPES)
    assert set(ASKABLE) == {*OBSERVATORIES, *TELESCOPES}
    assert {"LCO", "Swift", "Rubin", "Liverpool", *SITES} == set(OBSERVATORIES)
    assert get_telescope("lt") is OBSERVATORIES["Liverpool"]


@ALL
def test_they_are_asked_and_never_planned(telescope):
    assert is_offered(telescope)
    assert telescope.why_not_plannable()
    assert not telescope.in_network


@ALL
def test_every_fact_has_a_source(telescope):
    assert all(fact.source for _, fact in facts_of(telescope))


@pytest.mark.parametrize("name", SITES)
def test_sites_are_those_of_tom(name):
    site, theirs = OBSERVATORIES[name].site, SITES[name]
    ours = (site.latitude_deg, site.longitude_deg, site.elevation.value.to_value(u.m))
    assert ours == (theirs["latitude"], theirs["longitude"], theirs["elevation"])


def test_rubin_stands_where_gwemopt_has_it():
    config = (files("gwemopt") / "data" / "config" / "LSST.config").read_text()
    said = {
        name: float(re.search(rf"^{name} (\S+)$", config, re.M)[1]) for name in ("latitude", "longitude", "elevation")
    }
    site = OBSERVATORIES["Rubin"].site
    assert (site.latitude_deg, site.longitude_deg) == (said["latitude"], said["longitude"])
    assert site.elevation.value.to_value(u.m) == said["elevation"]


def test_filters_are_those_of_their_services():
    assert [*OBSERVATORIES["LCO"].filters, "unknown"] == LCOPhotometricSequenceForm.valid_filters
    assert OBSERVATORIES["Liverpool"].filters == LIVERPOOL
