"""Light curves that ATLAS and ZTF were asked for become points, seen by those who see the request."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_target
from tests.tools.services import atlas, ztf
from tom_grandma_facilities.actions import ask, polling, send_request, set_channel
from tom_grandma_facilities.choices import RequestState
from tom_photvalidation.models import PhotometryPoint, PhotometryUpload

pytestmark = pytest.mark.django_db
SERVICES = {
    "ATLAS": (atlas.AtlasQueue, atlas.line, "atlas-fp", "finished"),
    "ZTF": (ztf.ZtfPages, ztf.line, "ztf-fp", "ended"),
}


@pytest.fixture(autouse=True)
def _loopback(settings, monkeypatch):
    settings.ICARE_TRANSPORT_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.ICARE_TRANSPORT_S = 5.0
    # A year earlier, so that no epoch lies in the future.
    monkeypatch.setattr(atlas, "RESULT", atlas.RESULT.replace("6136", "6100"))
    monkeypatch.setattr(ztf, "RESULT", ztf.RESULT.replace("24613", "24609"))


def measured(telescope, by, group, leaves=False):
    """Ask for a light curve, and have it come."""
    kind, line_of, transport, ready = SERVICES[telescope]
    service = kind()
    try:
        line = line_of(service)
        set_channel(telescope, transport=transport, by=None, settings=line.settings, secrets=line.secret)
        now = timezone.now()
        row = ask(
            telescope,
            by=by,
            groups=[group],
            target=make_target("AT 2026abc", group=group, ra=150.25, dec=-20.5),
            window_start=now,
            window_end=now + timedelta(days=1),
            exposures=[{"filter": "atlaso" if telescope == "ATLAS" else "ztfg", "exposure_s": 30.0, "count": 1}],
        )
        row = send_request(row.pk)
        service.advance(row.external_id, ready)
        if leaves:
            type(by).objects.filter(pk=by.pk).update(is_active=False)
        return polling.poll_status(row.pk)
    finally:
        service.close()


def notes(row):
    return " ".join(row.entries.values_list("note", flat=True))


@pytest.mark.parametrize(
    ("telescope", "bands"), [("ATLAS", ["atlasc", "atlaso"]), ("ZTF", ["ztfg", "ztfr"])], ids=["atlas", "ztf"]
)
def test_a_light_curve_becomes_points(telescope, bands, administrator, grandma):
    administrator.groups.add(grandma)
    row = measured(telescope, administrator, grandma)
    assert row.state == RequestState.DONE
    assert "Its light curve was kept: " in notes(row)
    points = PhotometryPoint.objects.filter(target=row.target_id).order_by("filter")
    assert set(bands) <= set(points.values_list("filter", flat=True))
    assert set(points.values_list("telescope", flat=True)) == {telescope}
    [upload] = PhotometryUpload.objects.all()
    assert list(upload.audience.groups.all()) == [grandma]
    assert upload.uploaded_by == administrator


def test_the_light_curve_of_somebody_who_left_is_told_not_kept(member, grandma):
    row = measured("ATLAS", member, grandma, leaves=True)
    assert row.state == RequestState.DONE
    assert "Its light curve could not be kept: You may not send photometry." in notes(row)
    assert not PhotometryPoint.objects.exists()
