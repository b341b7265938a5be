"""What is sent to LCO, SOAR, Blanco, Gemini and Rubin, held against TOM Toolkit's own clients and the sky."""

import healpy
import numpy as np
import pytest
from django.core.cache import cache
from tom_observations.facilities.blanco import BLANCOImagingObservationForm
from tom_observations.facilities.gemini import GEMFacility
from tom_observations.facilities.lco import LCOImagingObservationForm
from tom_observations.facilities.ocs import OCSSettings
from tom_targets.models import Target

from tests.tools.services import gemini, portal, rubin
from tests.tools.services.base import TONIGHT, make_outgoing, make_pointings
from tom_grandma_facilities.transports.base import Exposure, Line, Refused, RemoteState
from tom_grandma_facilities.transports.blanco import DETECTORS, DITHERS, Blanco
from tom_grandma_facilities.transports.gemini import PORTALS, Gemini
from tom_grandma_facilities.transports.ocs import STATES, Ocs, name_of
from tom_grandma_facilities.transports.rubin_too import FIELD_RADIUS_DEG, NSIDE, RubinToo, reward_map

OUTGOING = make_outgoing()
LCO = Line({"proposal": portal.PROPOSAL, **portal.LCO}, {"token": "t"})
INSTRUMENTS = {
    "1M0-SCICAM-SINISTRO": {
        "type": "IMAGE",
        "class": "1m0",
        "name": "Sinistro",
        "optical_elements": {"filters": [{"name": "r", "code": "rp", "schedulable": True, "default": True}]},
        "configuration_types": {"EXPOSE": {"name": "Exposure", "code": "EXPOSE"}},
        "default_configuration_type": "EXPOSE",
        "modes": {"guiding": {"modes": [{"name": "On", "code": "ON"}], "default": "ON", "type": "guiding"}},
    }
}


def test_every_state_of_tom_is_known():
    assert set(STATES) == set(OCSSettings("OCS").get_observing_states())
    final = {STATES[one] for one in OCSSettings("OCS").get_terminal_observing_states()}
    assert final == {RemoteState.DONE, RemoteState.EXPIRED, RemoteState.CANCELLED, RemoteState.FAILED}


@pytest.mark.django_db
def test_lco_gets_what_toms_form_sends(monkeypatch):
    monkeypatch.setattr(LCOImagingObservationForm, "_get_instruments", lambda self: INSTRUMENTS)
    monkeypatch.setattr(
        LCOImagingObservationForm, "proposal_choices", lambda self: [(portal.PROPOSAL, portal.PROPOSAL)]
    )
    monkeypatch.setattr(LCOImagingObservationForm, "validate_at_facility", lambda self: None)
    cache.clear()
    target = Target.objects.create(
        name=OUTGOING.target_name,
        type="SIDEREAL",
        ra=OUTGOING.ra_deg,
        dec=OUTGOING.dec_deg,
        epoch=2000,
        pm_ra=0,
        pm_dec=0,
    )
    ours = Ocs().payload(OUTGOING, LCO)
    window = ours["requests"][0]["windows"][0]
    form = LCOImagingObservationForm(
        {
            "name": ours["name"],
            "facility": "LCO",
            "target_id": target.pk,
            "observation_type": "IMAGING",
            "proposal": portal.PROPOSAL,
            "ipp_value": 1.05,
            "observation_mode": "NORMAL",
            "optimization_type": "TIME",
            "configuration_repeats": 1,
            "start": window["start"],
            "end": window["end"],
            "c_1_instrument_type": "1M0-SCICAM-SINISTRO",
            "c_1_configuration_type": "EXPOSE",
            "c_1_max_airmass": 2.0,
            "c_1_min_lunar_distance": 30.0,
            "c_1_guide_mode": "ON",
            "c_1_ic_1_filter": "rp",
            "c_1_ic_1_exposure_count": 3,
            "c_1_ic_1_exposure_time": 120.0,
        },
        initial={"target_id": target.pk, "facility": "LCO"},
    )
    form.is_valid()
    theirs = form.observation_payload()
    assert keys_of(theirs) - keys_of(ours) <= {"requests.configurations.instrument_configs.mode"}
    assert keys_of(ours) == keys_of(theirs) - {"requests.configurations.instrument_configs.mode"}
    [mine], [its] = (one["requests"][0]["configurations"] for one in (ours, theirs))
    for name in ("type", "instrument_type", "constraints", "guiding_config", "acquisition_config", "target"):
        assert mine[name] == its[name], name
    assert mine["instrument_configs"][0]["optical_elements"] == its["instrument_configs"][0]["optical_elements"]
    assert ours["requests"][0]["location"] == theirs["requests"][0]["location"]


def keys_of(value, where=""):
    """All places of a nested value, lists left out."""
    if isinstance(value, list):
        return {place for one in value for place in keys_of(one, where)}
    if isinstance(value, dict):
        below = {place for name, one in value.items() for place in keys_of(one, f"{where}.{name}".strip("."))}
        return below | {f"{where}.{name}".strip(".") for name in value}
    return set()


def test_a_long_name_keeps_its_key():
    name = name_of(make_outgoing(target_name="A very long name of a target that nobody can remember", key="1234-12"))
    assert len(name) == 50
    assert name.endswith(" icare-1234-12")


def test_the_stricter_limit_holds():
    outgoing = make_outgoing(constraints={"airmass_max": 2.5, "min_altitude_deg": 30.0})
    [configuration] = Ocs().payload(outgoing, LCO)["requests"][0]["configurations"]
    assert configuration["constraints"]["max_airmass"] == 2.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"filters": "r:rp"}, "'r:rp' where ours=theirs was expected"),
        ({"ipp_value": "much"}, "ipp_value is 'much'"),
        ({"observation_type": "URGENT"}, "must be one of NORMAL"),
    ],
)
def test_a_wrong_setting_is_told_before_anything_is_sent(change, said):
    with pytest.raises(Refused, match=said):
        Ocs().submit(OUTGOING, Line({**LCO.settings, **change}, LCO.secret))


def test_a_portal_gets_no_flood_of_pointings():
    with pytest.raises(Refused, match="101 pointings are too many"):
        Ocs().payload(make_outgoing(pointings=make_pointings(101)), LCO)


def test_blanco_sends_the_extra_parameters_of_toms_form():
    line = Line({"proposal": "P", **portal.BLANCO, "dither_sequence": "5-point", "coadds": "4"}, {"token": "t"})
    [configuration] = Blanco().payload(OUTGOING, line)["requests"][0]["configurations"]
    assert configuration["extra_params"] == {
        "dither_value": 80,
        "dither_sequence": "5-point",
        "detector_centering": "det_1",
        "dither_sequence_random_offset": True,
    }
    assert configuration["instrument_configs"][0]["extra_params"] == {"coadds": 4, "sequence_repeats": 1}
    form = BLANCOImagingObservationForm
    assert [one for one, _ in form.DITHER_SEQUENCE_CHOICES] == list(DITHERS)
    assert [one for one, _ in form.DETECTOR_CENTERING_CHOICES] == list(DETECTORS)
    with pytest.raises(Refused, match="coadds is 'four'"):
        Blanco().payload(OUTGOING, Line({**line.settings, "coadds": "four"}, line.secret))


def gemini_line(**settings):
    given = {"program": gemini.PROGRAM, "email": "key@example.org", "templates": "r=12, i=12, z=13", **settings}
    return Line(given, {"password": gemini.PASSWORD})


def test_gemini_gets_parameters_that_tom_finds_sound():
    form = Gemini().form(OUTGOING, gemini_line())
    assert GEMFacility.validate_observation([form | {"exptime": int(form["exptime"])}]) == {}
    assert (form["ra"], form["dec"]) == ("10:01:00.00", "-20:30:00.000")
    assert (form["obsnum"], form["exptime"], form["windowDuration"]) == ("12", "120", "6")
    assert form["noteTitle"] == "Request 41-1"
    assert form["ready"] == "true"
    assert Gemini().form(OUTGOING, gemini_line(ready="no"))["ready"] == "false"


@pytest.mark.parametrize(
    ("exposures", "said"),
    [
        ((), "no exposures"),
        ((Exposure("r", 60), Exposure("z", 60)), "belong to different Gemini templates"),
        ((Exposure("r", 60), Exposure("i", 90)), "one exposure time"),
        ((Exposure("r", 1300),), "1 to 1200 s"),
        ((Exposure("K", 60),), "no Gemini template for K; there are r, i, z"),
    ],
)
def test_what_gemini_cannot_take_is_told(exposures, said):
    with pytest.raises(Refused, match=said):
        Gemini().form(make_outgoing(exposures=exposures), gemini_line())


def test_the_programme_says_which_gemini():
    with pytest.raises(Refused, match="must begin with GN or GS"):
        Gemini().submit(OUTGOING, gemini_line(program="LCO2026"))
    assert set(PORTALS) == {"GN", "GS"}


def test_a_reward_map_covers_a_field_and_little_more():
    wanted = np.array(reward_map([(150.0, -20.0), (359.99, 89.0)]))
    assert wanted.size == healpy.nside2npix(NSIDE)
    pixels = np.flatnonzero(wanted)
    ra, dec = healpy.pix2ang(NSIDE, pixels, nest=True, lonlat=True)
    from tom_grandma_facilities.almanac import separation_deg

    near = np.minimum(separation_deg(ra, dec, 150.0, -20.0), separation_deg(ra, dec, 359.99, 89.0))
    assert near.max() < FIELD_RADIUS_DEG + healpy.max_pixrad(NSIDE, degrees=True)
    for where in ((150.0, -20.0), (150.0, -21.7), (120.0, 89.5)):
        assert wanted[healpy.ang2pix(NSIDE, *where, nest=True, lonlat=True)]


def test_an_edited_alert_is_an_update():
    line = Line({"alert_type": "BBH", "url": "https://proxy.example.org/topics/x"})
    first = RubinToo().alert(OUTGOING, line, TONIGHT)
    second = RubinToo().alert(make_outgoing(key="41-2"), line, TONIGHT)
    assert (first["is_update"], second["is_update"]) == (False, True)
    assert first["is_test"] is True
    assert first["instrument"] == ["", "", ""]
    assert first["timestamp"] == int(TONIGHT.timestamp() * 1000)


@pytest.mark.parametrize(("code", "error"), [(1, Refused), (2, "Down")])
def test_a_record_the_topic_does_not_take(code, error, settings):
    from tom_grandma_facilities.transports.base import Down

    settings.ICARE_TRANSPORT_PRIVATE_HOSTS = ["127.0.0.1"]
    proxy = rubin.Proxy()
    proxy.record_error = (code, "Schema registry says no")
    try:
        with pytest.raises(Down if error == "Down" else Refused, match="Schema registry says no"):
            RubinToo().submit(OUTGOING, rubin.line(proxy))
    finally:
        proxy.close()
