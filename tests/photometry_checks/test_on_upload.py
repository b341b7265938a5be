"""The checks at work: rows are sent, kept or quarantined, and the reasons stand beside the points."""

from datetime import UTC, datetime

import numpy as np
import pytest
from django.contrib.auth.models import Permission

from tests.factories import make_group, make_target, make_user
from tom_grandma_facilities import almanac
from tom_photvalidation.actions.uploads import Sent, receive_photometry
from tom_photvalidation.models import PhotometryPoint, PointFinding, TargetEpoch
from tom_photvalidation.sites import place_of

pytestmark = pytest.mark.django_db

HEADER = "target,mjd,filter,mag,magerr,magsys,telescope,exposure,time_reference"
TELESCOPE = "TAROT-TCA"
T0 = datetime(2024, 11, 1, tzinfo=UTC)
T0_MJD = 60_615.0


@pytest.fixture
def sender():
    group = make_group()
    user = make_user("sender", group)
    user.user_permissions.add(Permission.objects.get(codename="add_photometrypoint"))
    target = make_target("AT2024abc", group=group, ra=60.0, dec=40.0)
    TargetEpoch.objects.create(target=target, t0=T0, source="test")
    return type(user).objects.get(pk=user.pk)


def dark_times(days):
    """Move times to the next moment at which the target stands high in a dark sky."""
    place = place_of(TELESCOPE)
    steps = np.arange(0, 1, 0.01)
    found = []
    for day in days:
        t = day + steps
        altitude, _ = almanac.altitude_azimuth(60.0, 40.0, t, place.latitude_deg, place.longitude_deg)
        sun = almanac.sun_altitude(t, place.latitude_deg, place.longitude_deg)
        found.append(t[np.flatnonzero((altitude > 30) & (sun < -18))[0]])
    return np.array(found)


def row(mjd, mag, *, filter_name="r", error=0.05, name="AT2024abc"):
    return f"{name},{mjd:.6f},{filter_name},{mag:.3f},{error:.2f},AB,{TELESCOPE},60,mid"


def fading(mjd):
    return 15.0 + 2.75 * np.log10(mjd - T0_MJD)


def send(sender, rows):
    body = "\n".join([HEADER, *rows]).encode()
    return receive_photometry(Sent(body, source="night.csv"), by=sender)


def night(n=12):
    rng = np.random.default_rng(7)
    times = dark_times(T0_MJD + 1 + np.arange(n) // 2) + (np.arange(n) % 2) * 0.02
    return [row(t, fading(t) + rng.normal(0, 0.03)) for t in times], times


def findings():
    return {one.check_id: one for one in PointFinding.objects.select_related("point")}


def test_a_good_night_is_not_quarantined(sender):
    rows, _ = night()
    received = send(sender, rows)
    assert {answer.outcome.value for answer in received.answers} == {"created"}, list(findings().values())


def test_daylight_and_the_day_before_the_event(sender):
    rows, times = night()
    send(sender, [*rows, row(times[0] + 0.5, 18.0), row(T0_MJD - 3.2, 18.0)])
    found = findings()
    assert "the horizon of TAROT-TCA" in found["sun-up"].sentence
    assert "before T0" in found["before-event"].sentence
    assert PhotometryPoint.objects.filter(status="quarantined").count() == 2


def test_a_julian_date_is_never_stored_as_it_is(sender):
    rows, times = night()
    send(sender, [*rows, row(times[3] + 2_400_000.5, 18.0)])
    assert PhotometryPoint.objects.filter(t_mid__year__gt=2100).count() == 0


def test_stored_points_judge_new_ones_under_any_name_of_the_target(sender):
    rows, _ = night()
    send(sender, rows)
    t = float(dark_times([T0_MJD + 3.0])[0]) + 0.05
    received = send(sender, [row(t, fading(t) - 5.0, name="at 2024ABC")])
    assert [answer.outcome.value for answer in received.answers] == ["quarantined"]
    finding = findings()["light-curve"]
    assert "brighter than the other points let expect" in finding.sentence
    assert finding.point.line == 2


def test_a_rounded_twin_of_a_stored_point(sender):
    rows, times = night()
    send(sender, rows)
    mag = PhotometryPoint.objects.get(line=5).mag
    t = round(float(times[3]), 3)
    send(sender, [f"AT2024abc,{t:.3f},r,{mag:.1f},0.05,AB,{TELESCOPE},60,mid"])
    assert "a stored point" in findings()["rounded-twin"].sentence
