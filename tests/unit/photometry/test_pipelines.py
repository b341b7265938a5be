"""What single pipelines leave out or mix up: STDWeb's limits, times and Gaia filters."""

import json

import numpy as np
import pytest

from tom_photvalidation.checks import Context, run_checks
from tom_photvalidation.measurements import measurements
from tom_photvalidation.readers import read

BODY = {
    "obj_id": "SN", "instrument_id": "T1", "mjd": [60617.8, 60617.9], "filter": "sdssr", "magsys": "ab",
    "mag": [None, 18.2], "magerr": [None, 0.1], "limiting_mag": [20.4, 20.5],
}  # fmt: skip


def read_body(**more):
    return read(json.dumps(BODY | more).encode()).measurements


@pytest.mark.parametrize(
    ("more", "sigma"),
    [
        ({}, 3),
        ({"origin": "stdview"}, 5),
        ({"origin": "STDWeb"}, 5),
        ({"origin": ["stdview", "stdview"]}, 5),
        ({"origin": ["stdview", "Muphoten"]}, 3),
        ({"altdata": {"stdview": 77}}, 5),
        ({"altdata": {"note": "GCN 1"}}, 3),
        ({"origin": "stdview", "limiting_mag_nsigma": 3}, 3),
    ],
)
def test_limits_of_stdweb_are_five_sigma_unless_said(more, sigma):
    assert read_body(**more).limit_sigma.tolist() == [sigma, sigma]


def test_times_of_stdweb_are_the_start_of_the_exposure():
    assert set(read_body(origin="stdview").time_reference) == {"start"}
    assert set(read_body().time_reference) == {"unknown"}


def checks_of(**columns):
    base = {
        "line": [1], "target": "SN", "telescope": "T1", "filter": "sdssr", "t_mjd": np.array([60080.25]),
        "time_reference": "mid", "kind": "detection", "magsys": "AB", "mag": np.array([18.0]),
        "magerr": np.array([0.1]),
    }  # fmt: skip
    nothing = np.full(1, np.nan)
    known = Context(60900.0, nothing, nothing, nothing, nothing, nothing, nothing)
    return {one.check.id: one for one in run_checks(measurements(1, **(base | columns)), known)}


@pytest.mark.parametrize(
    ("reference", "exposure_s", "is_warned"),
    [("start", np.nan, True), ("start", 60.0, False), ("mid", np.nan, False), ("unknown", np.nan, False)],
)
def test_a_start_without_exposure_is_warned_of(reference, exposure_s, is_warned):
    found = checks_of(time_reference=reference, exposure_s=np.array([exposure_s]))
    assert ("start-without-exposure" in found) == is_warned


@pytest.mark.parametrize(
    ("origin", "pipeline", "filter_", "meant"),
    [
        ("stdview", "", "gaia::grp", "gaia::gbp"),
        ("", "STDWeb 0.3", "gaia::gbp", "gaia::grp"),
        ("stdview", "", "gaia::g", None),
        ("Muphoten", "", "gaia::grp", None),
    ],
)
def test_gaia_filters_that_stdweb_swaps_are_warned_of(origin, pipeline, filter_, meant):
    finding = checks_of(origin=origin, pipeline=pipeline, filter=filter_).get("swapped-filter")
    assert (finding.fix["filter"] if finding else None) == meant
