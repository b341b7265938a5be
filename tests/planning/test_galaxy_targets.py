"""Narrow cameras point at galaxies, share them with each other, and are one optimisation with the wide ones."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

from tests.planning.soundness import assert_sound, footprint
from tom_gcn.planning import GalaxyTargets, NetworkPlan, PlanOptions, PlanTelescope, Problem, solve
from tom_gcn.planning.geometry import unit_vectors
from tom_gcn.planning.targets import notes_of
from tom_gcn.skymaps import SkyMap

START = datetime(2026, 3, 18, 21, 0, 7, tzinfo=UTC)
Make = Callable[..., PlanTelescope]
Blob = Callable[..., SkyMap]


def galaxies(ra: list[float], dec: list[float], weight: list[float], completeness: float = 0.6) -> GalaxyTargets:
    names = tuple(f"G{n}" for n in range(len(ra)))
    return GalaxyTargets(names, np.array(ra), np.array(dec), np.array(weight), completeness, "Test catalogue")


def scattered(count: int = 400, completeness: float = 0.6) -> GalaxyTargets:
    random = np.random.default_rng(5)
    ra, dec = 150.0 + random.normal(0.0, 4.0, count), 20.0 + random.normal(0.0, 4.0, count)
    weight = random.pareto(1.5, count)
    return galaxies(ra.tolist(), dec.tolist(), (weight / weight.sum()).tolist(), completeness)


@pytest.fixture
def narrow(make_telescope: Make) -> tuple[PlanTelescope, ...]:
    small = {"width_deg": 0.3, "height_deg": 0.3, "narrow": True, "exposure_s": 300.0}
    return make_telescope("N1", **small), make_telescope("N2", longitude_deg=-25.0, **small)


@pytest.fixture
def skymap(make_blob: Blob) -> SkyMap:
    return make_blob(150.0, 20.0, 4.0)


def held(plan: NetworkPlan, telescopes: tuple[PlanTelescope, ...], targets: GalaxyTargets) -> float:
    """Weight of the galaxies inside the plan's footprints, each once."""
    cameras = {telescope.name: telescope for telescope in telescopes}
    vectors = unit_vectors(targets.ra_deg, targets.dec_deg).T
    inside = np.zeros(len(targets), dtype=bool)
    for p in plan.pointings:
        inside |= footprint(cameras[p.telescope], p.ra_deg, p.dec_deg).contains(vectors)
    return float(targets.weight[inside].sum())


def test_narrow_telescopes_share_the_likeliest_galaxies(skymap: SkyMap, narrow: tuple[PlanTelescope, ...]) -> None:
    targets = scattered()
    plan = solve(Problem(skymap, narrow, START, options=PlanOptions(max_pointings=8), galaxies=targets))
    assert_sound(skymap, plan, list(narrow), START)
    named = [name for p in plan.pointings for name in p.galaxies]
    assert len(plan.pointings) == 16
    assert all(p.galaxies for p in plan.pointings)
    assert {p.telescope for p in plan.pointings} == {"N1", "N2"}
    best = {targets.name[int(n)] for n in np.argsort(-targets.weight)[:10]}
    assert best <= set(named)
    assert plan.covered_galaxy_weight == pytest.approx(held(plan, narrow, targets), abs=0.01)
    assert plan.covered_galaxy_weight > 0.9 * float(np.sort(targets.weight)[-16:].sum())
    assert plan.notes[0] == "400 galaxies of Test catalogue count with the sky map (completeness 60 %)."


def test_several_galaxies_fall_into_one_field(skymap: SkyMap, narrow: tuple[PlanTelescope, ...]) -> None:
    """No field centred on one of the three holds all of them; the one in their middle does."""
    targets = galaxies([150.0, 150.2, 150.1], [20.0, 20.0, 20.22], [0.3, 0.3, 0.3])
    options = PlanOptions(max_pointings=1)
    plan = solve(Problem(skymap, narrow[:1], START, options=options, galaxies=targets))
    assert [set(p.galaxies) for p in plan.pointings] == [{"G0", "G1", "G2"}]


def test_a_wide_camera_leaves_galaxies_it_covers_to_nobody(
    skymap: SkyMap, narrow: tuple[PlanTelescope, ...], make_telescope: Make
) -> None:
    targets = galaxies([150.0, 170.0], [20.0, 20.0], [0.6, 0.3])
    wide = make_telescope("W", width_deg=8.0, height_deg=8.0)
    plan = solve(Problem(skymap, (wide, *narrow), START, options=PlanOptions(max_pointings=30), galaxies=targets))
    assert [p.galaxies for p in plan.pointings if p.telescope != "W" and p.galaxies] in ([("G1",)], [])
    assert plan.covered_galaxy_weight == pytest.approx(0.9)
    assert all(not p.galaxies for p in plan.of("W"))


def test_without_completeness_the_map_alone_counts(skymap: SkyMap, narrow: tuple[PlanTelescope, ...]) -> None:
    options = PlanOptions(max_pointings=5)
    plain = solve(Problem(skymap, narrow, START, options=options))
    nothing = solve(Problem(skymap, narrow, START, options=options, galaxies=scattered(completeness=0.0)))
    refused = solve(
        Problem(skymap, narrow, START, options=PlanOptions(max_pointings=5, galaxies=False), galaxies=scattered())
    )
    assert plain.pointings == nothing.pointings == refused.pointings
    assert plain.covered_galaxy_weight is None
    assert plain.notes[0].startswith(
        "No distance is known, by which galaxies could be chosen. 2 telescopes with narrow fields point at the"
    )
    assert refused.notes[0].startswith("Galaxies were not asked for.")


def test_notes_tell_why_no_galaxy_counts(skymap: SkyMap, narrow: tuple[PlanTelescope, ...]) -> None:
    """An X-ray transient has no distance, whatever catalogue is installed; a map with one may lack the catalogue."""
    near = replace(skymap, distmean=100.0, diststd=20.0)
    told = {place: notes_of(Problem(one, narrow, START))[0] for place, one in (("none", skymap), ("near", near))}
    assert told["none"].startswith("No distance is known")
    assert told["near"].startswith("No galaxy of a catalogue was at hand.")
    off = Problem(near, narrow, START, options=PlanOptions(galaxies=False))
    assert notes_of(off)[0].startswith("Galaxies were not asked for.")


def test_narrow_telescopes_never_tile_a_large_region(make_blob: Blob, narrow: tuple[PlanTelescope, ...]) -> None:
    skymap = make_blob(150.0, 20.0, 12.0, order=5)
    plan = solve(Problem(skymap, narrow, START, options=PlanOptions(min_new_probability=1e-4)))
    assert plan.area_deg2 < 40 * 0.09
    assert all(p.new_probability >= 1e-4 for p in plan.pointings)
    for name in ("N1", "N2"):
        for before, after in pairwise(plan.of(name)):
            assert before.end < after.start


@pytest.mark.parametrize(
    "wrong", [{"weight": [0.7, 0.7]}, {"weight": [-0.1, 0.2]}, {"completeness": 1.2}, {"ra": [1.0]}]
)
def test_impossible_galaxies_are_refused(wrong: dict[str, object]) -> None:
    values: dict[str, object] = {"ra": [1.0, 2.0], "dec": [1.0, 2.0], "weight": [0.5, 0.1]} | wrong
    with pytest.raises(ValueError, match=r"galaxies|completeness"):
        galaxies(**values)  # type: ignore[arg-type]
