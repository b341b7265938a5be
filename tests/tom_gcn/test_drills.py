"""The bundled alert gives something to plan in every month."""

import base64
import json
from datetime import UTC, datetime

import pytest

from tom_gcn.drills import bundled_alert
from tom_gcn.planning import plan_network, plan_telescope
from tom_gcn.skymaps import read_skymap
from tom_grandma_facilities.registry import get_telescope

FEW = ["TAROT-TCA", "TAROT-TRE", "FRAM-Auger", "CFHT"]


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_has_a_drill_that_can_be_planned(month):
    when = datetime(2027, month, 15, tzinfo=UTC)
    skymap = read_skymap(base64.b64decode(json.loads(bundled_alert(when)[1])["event"]["skymap"]))
    plan = plan_network(skymap, [plan_telescope(get_telescope(name)) for name in FEW], when)
    assert plan.covered_probability > 0.05
