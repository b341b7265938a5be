"""gwemopt as an engine on a real map: its result is a plan like any other, measured by our coverage."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tom_gcn.coverage import Footprint, union_probability
from tom_gcn.planning import plan_network, plan_telescope
from tom_gcn.planning.check import keeps_limits
from tom_gcn.planning.clock import to_mjd
from tom_gcn.planning.gwemopt import EngineUnavailable, plan_gwemopt
from tom_gcn.planning.timing import Draft
from tom_gcn.skymaps import read_skymap
from tom_grandma_facilities.registry import get_telescope

MAP = Path(__file__).parents[1] / "data" / "skymaps" / "MS220722v_bayestar.multiorder.fits"
START = datetime(2022, 7, 22, 9, 57, tzinfo=UTC)


def test_gwemopt_plan_is_sound_and_below_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    skymap = read_skymap(MAP.read_bytes())
    telescopes = [plan_telescope(get_telescope(name)) for name in ("TAROT-TRE", "TAROT-TCH", "OAJ-T80")]
    try:
        theirs = plan_gwemopt(skymap, telescopes, START)
    except EngineUnavailable as reason:
        pytest.fail(f"gwemopt is among the pinned requirements, but: {reason}")
    ours = plan_network(skymap, telescopes, START)
    by_name = {telescope.name: telescope for telescope in telescopes}
    shapes = [
        Footprint(by_name[p.telescope].shape, by_name[p.telescope].width_deg, 1.0, p.ra_deg, p.dec_deg)
        for p in theirs.pointings
    ]
    assert theirs.engine == "gwemopt"
    assert theirs.covered_probability == pytest.approx(union_probability(skymap, shapes), abs=1e-9)
    assert 0.2 < theirs.covered_probability < ours.covered_probability
    assert sum(p.new_probability for p in theirs.pointings) == pytest.approx(theirs.covered_probability)
    for telescope in telescopes:
        mine = theirs.of(telescope.name)
        assert len(mine) <= 20
        assert all(after.start > before.end for before, after in pairwise(mine))
    drafts = [
        Draft(
            [t.name for t in telescopes].index(p.telescope),
            p.field_id,
            p.ra_deg,
            p.dec_deg,
            to_mjd(p.start),
            to_mjd(p.end),
        )
        for p in theirs.pointings
    ]
    assert keeps_limits(drafts, telescopes).all()
