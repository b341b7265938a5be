"""What every plan promises about probabilities and times."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from tom_gcn.coverage import Footprint, union_probability
from tom_gcn.planning import NetworkPlan, PlanTelescope
from tom_gcn.skymaps import SkyMap
from tom_grandma_facilities.almanac import separation_deg


def union(skymap: SkyMap, plan: NetworkPlan, telescopes: list[PlanTelescope]) -> float:
    by_name = {telescope.name: telescope for telescope in telescopes}
    return union_probability(skymap, [footprint(by_name[p.telescope], p.ra_deg, p.dec_deg) for p in plan.pointings])


def footprint(telescope: PlanTelescope, ra: float, dec: float) -> Footprint:
    return Footprint(telescope.shape, telescope.width_deg, telescope.height_deg, ra, dec)


def assert_sound(skymap: SkyMap, plan: NetworkPlan, telescopes: list[PlanTelescope], start: datetime) -> None:
    """Everything a plan promises about probabilities and times."""
    new = [p.new_probability for p in plan.pointings]
    cumulative = [p.cumulative_probability for p in plan.pointings]
    assert sum(new) == pytest.approx(plan.covered_probability, abs=1e-9)
    assert plan.covered_probability == pytest.approx(union(skymap, plan, telescopes), abs=1e-9)
    assert plan.covered_probability <= 1.0 + 1e-9
    assert all(0.0 <= added <= p.probability + 1e-12 for added, p in zip(new, plan.pointings, strict=True))
    assert cumulative == sorted(cumulative)
    assert [p.end for p in plan.pointings] == sorted(p.end for p in plan.pointings)
    assert {result.name for result in plan.telescopes} == {telescope.name for telescope in telescopes}
    for telescope in telescopes:
        mine = plan.of(telescope.name)
        result = next(one for one in plan.telescopes if one.name == telescope.name)
        assert [p.order for p in mine] == list(range(1, len(mine) + 1))
        assert bool(mine) != bool(result.reason)
        assert result.n_pointings == len(mine)
        for before, after in pairwise(mine):
            distance = separation_deg(before.ra_deg, before.dec_deg, after.ra_deg, after.dec_deg)
            assert after.start >= before.end + timedelta(seconds=telescope.gap_s(float(distance)) - 0.002)
        for p in mine:
            assert start <= p.start < p.end <= plan.end
            assert any(low <= p.start and p.end <= high for low, high in result.nights)
