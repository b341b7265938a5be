"""A measurement sent again has the same fingerprint; another measurement has another."""

import numpy as np
import pytest

from tom_photvalidation.fingerprint import fingerprints
from tom_photvalidation.measurements import measurements

SAME = {
    "t_mjd": 60169.7306, "filter": "sdssr", "kind": "detection", "magsys": "AB", "mag": 20.35, "magerr": 0.12,
    "time_reference": "mid", "limiting_mag": 21.3, "limit_sigma": 5.0, "pipeline": "STDPipe",
}  # fmt: skip


def key(target: int = 1, instrument: int = 2, **changes) -> bytes:
    m = measurements(1, **(SAME | changes))
    return fingerprints(m, np.array([target]), np.array([instrument])).tobytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"t_mjd": 60169.7306 + 0.2 / 86400}, {"mag": 20.3501}, {"magerr": 0.2}, {"observer": "someone"},
        {"submitted": "typed otherwise"}, {"filter_given": "r'"}, {"extra": [{"note": "x"}]}, {"line": 12},
    ],
    ids=str,
)  # fmt: skip
def test_what_may_be_said_otherwise(changes):
    assert key(**changes) == key()


@pytest.mark.parametrize(
    "changes",
    [
        {"target": 2}, {"instrument": 3}, {"t_mjd": 60169.7306 + 2 / 86400}, {"filter": "bessellr"}, {"mag": 20.352},
        {"kind": "forced"}, {"magsys": "Vega"}, {"limiting_mag": 21.4}, {"limit_sigma": 3.0}, {"pipeline": "other"},
        {"mag": np.nan}, {"time_reference": "start", "exposure_s": 60.0},
    ],
    ids=str,
)  # fmt: skip
def test_what_makes_another_measurement(changes):
    assert key(**changes) != key()


def test_negative_and_small_fluxes_have_fingerprints_of_their_own():
    fluxes = [-5.0, 5.0, 0.0, -0.001, 0.001, np.nan]
    keys = {key(mag=np.nan, kind="forced", flux_ujy=flux, fluxerr_ujy=1.0) for flux in fluxes}
    assert len(keys) == len(fluxes)


def test_a_fingerprint_stays_what_it_is():
    """Stored points are found again by it: it may never change."""
    assert key().hex() == "5b084f042e5846d2b6e6b69adecdd9ee"
