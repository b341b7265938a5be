"""Points that were stored, exported and sent again are the points that are there: none is stored twice."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Permission

from tests.factories import make_group, make_target, make_user
from tom_photvalidation.actions.uploads import Sent, receive_photometry
from tom_photvalidation.exporters import EXPORTERS
from tom_photvalidation.loading import load
from tom_photvalidation.models import PhotometryPoint

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parents[1] / "data/photometry"
FILES = (
    "nmma/AT2017gfo.dat",
    "skyportal/AT2017gfo_optical.csv",
    "redback/ZTF19aagqkrq.csv",
    "gcn/GRANDMA_GCN34425.csv",
)


@pytest.fixture
def sender():
    group = make_group()
    make_target("AT2017gfo", group=group)
    user = make_user("sender", group)
    user.user_permissions.add(Permission.objects.get(codename="add_photometrypoint"))
    return type(user).objects.get(pk=user.pk)


def outcomes(sender, body: bytes, **defaults) -> dict[str, int]:
    received = receive_photometry(Sent(body, defaults=defaults), by=sender)
    return {name: count for name, count in received.counts.items() if count}


def test_what_is_exported_and_sent_again_exists(sender):
    sent = 0
    for name in FILES:
        body = (DATA / name).read_bytes()
        defaults = {"target": "AT2017gfo"} | ({} if "GRANDMA" in name else {"telescope": "TAROT-TCA"})
        counts = outcomes(sender, body, **defaults)
        sent += sum(count for outcome, count in counts.items() if outcome in ("created", "quarantined"))
        if name == "skyportal/AT2017gfo_optical.csv":  # fluxes of the same points as NMMA's magnitudes
            assert counts["exists"] > 100
    assert PhotometryPoint.objects.count() == sent > 150
    _, points = load(PhotometryPoint.objects.order_by("pk"))
    for exporter in EXPORTERS.values():
        if exporter.reads_back:
            counts = outcomes(sender, b"".join(exporter.write(points)))
            assert counts == {"exists": sent}, exporter.name
    assert PhotometryPoint.objects.count() == sent
