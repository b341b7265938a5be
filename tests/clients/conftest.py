"""The client as it is in the repository, and a site it can talk to."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

CLIENT = Path(__file__).parents[2] / "clients" / "python"
sys.path.insert(0, str(CLIENT / "src"))


@pytest.fixture
def site(live_server, monkeypatch):
    """A live server with a planned event, a target and a telescope that can be asked, and a member's token."""
    from icare_tom.members.tokens import make_token
    from tests.factories import ingest_alert, make_group, make_target, make_user
    from tests.tom_grandma_facilities.asking import stub_ways
    from tom_gcn.models import ObservationPlan, PlannedPointing, TelescopePlan
    from tom_grandma_facilities.actions import set_channel
    from tom_grandma_facilities.transports import registry

    monkeypatch.setattr(registry, "TRANSPORTS", stub_ways())
    group = make_group()
    member = make_user("observer", group)
    target = make_target("AT2024abc", group=group)
    event = ingest_alert()
    plan = event.plans.first()
    start = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
    ObservationPlan.objects.filter(pk=plan.pk).update(
        state="done", telescopes=["TAROT-TCA"], n_pointings=1, started_at=start, finished_at=start,
        covered_probability=0.1, area_deg2=3.5, seconds=1.0, window_start=start, first_start=start, progress=1.0,
    )  # fmt: skip
    part = TelescopePlan.objects.create(plan=plan, telescope="TAROT-TCA", n_pointings=1, first_start=start)
    angles = dict.fromkeys(("altitude_start_deg", "altitude_end_deg", "moon_separation_deg"), 45.0)
    parts = dict.fromkeys(("probability", "new_probability", "cumulative_probability", "telescope_cumulative"), 0.1)
    PlannedPointing.objects.create(
        telescope_plan=part, order=1, field_id="T1", ra_deg=30.1, dec_deg=45.5, start=start,
        end=start + timedelta(minutes=2), filter="r", exposure_s=60, n_exposures=2, airmass_start=1.2,
        airmass_end=1.2, footprint=[[30, 45], [31, 45], [31, 46]], **angles, **parts,
    )  # fmt: skip
    set_channel("TAROT-TCA", transport="by-key", by=None, settings={"address": "x"})
    made = make_token(member, "notebook", has_all_rights=True, is_read_only=False)
    return SimpleNamespace(url=live_server.url, key=made.key, member=member, target=target, event=event, plan=plan)


@pytest.fixture
def icare(site):
    """A client with the member's token."""
    from icare_client import Client

    with Client(site.url, site.key, sleep=lambda _seconds: None) as client:
        yield client


@pytest.fixture
def kernel_environment(site, monkeypatch):
    """What a notebook finds in its environment."""
    monkeypatch.setenv("ICARE_URL", site.url)
    monkeypatch.setenv("ICARE_TOKEN", site.key)
    paths = [str(CLIENT / "src"), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
