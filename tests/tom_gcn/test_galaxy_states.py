"""What becomes of galaxies is found by place, however much else was observed since."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import ingest_alert
from tom_gcn import galaxy_states, plan_problem
from tom_gcn.galaxy_states import GalaxyState, follow_up_of
from tom_gcn.models import Event, Galaxy, GalaxyCatalogue
from tom_grandma_facilities.executed.sky import cells, size_class
from tom_grandma_facilities.models import ExecutedObservation, ObservationUpload

pytestmark = pytest.mark.django_db


def observe(event, number, ra_deg, dec_deg, minutes, name=""):
    upload = ObservationUpload.objects.create(source="test")
    upload.groups.set(event.groups.all())
    return ExecutedObservation.objects.create(
        observation_id=f"x{number}", telescope="CFHT", ra_deg=ra_deg, dec_deg=dec_deg, exposure_s=60, filter="r",
        start=timezone.now() - timedelta(minutes=minutes), shape="square", width_deg=1.0, height_deg=1.0,
        hpx29=int(cells([ra_deg], [dec_deg])[0]), size_class=size_class("square", 1.0, 1.0), target_name=name,
        upload=upload,
    )  # fmt: skip


def test_a_galaxy_stays_observed_after_many_exposures_elsewhere(grandma, member, monkeypatch):
    for module in (plan_problem, galaxy_states):
        monkeypatch.setattr(module, "MOST_EXECUTED", 3, raising=False)
    event = Event.objects.get(pk=ingest_alert().pk)
    catalogue = GalaxyCatalogue.objects.create(
        name="sample", is_sample=True, n_galaxies=3, file_name="x", reference="r", completeness="c"
    )
    galaxies = [
        Galaxy.objects.create(catalogue=catalogue, name=name, ra_deg=ra, dec_deg=dec, distance_mpc=40, hpx29=0)
        for name, ra, dec in (("seen", 0.1, 10.0), ("named", 90.0, 60.0), ("free", 200.0, 80.0))
    ]
    observe(event, 0, 359.9, 10.1, 60)
    observe(event, 1, 92.0, 60.0, 60, name="named")
    for number in range(2, 8):
        observe(event, number, 180.0, -40.0, 30 - number)
    states = [row.state for row in follow_up_of(galaxies, event, member)]
    assert states == [GalaxyState.OBSERVED, GalaxyState.OBSERVED, GalaxyState.FREE]
    assert follow_up_of([], event, member) == []
