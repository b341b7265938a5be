"""Twenty awkward cases: a plan that can do nothing, or little, always says why; what cannot be is refused."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tests.planning.soundness import assert_sound
from tom_gcn.planning import (
    CannotPlan,
    Done,
    NetworkPlan,
    PlanOptions,
    PlanTelescope,
    PlanWish,
    Problem,
    WishError,
    plan_telescope,
    solve,
)
from tom_gcn.skymaps import SkyMap, SkyMapError, read_skymap
from tom_grandma_facilities.registry import TELESCOPES

EVENING = datetime(2026, 3, 18, 21, 0, 7, tzinfo=UTC)
JUNE = datetime(2026, 6, 20, tzinfo=UTC)
Make = Callable[..., PlanTelescope]
Blob = Callable[..., SkyMap]


def whole_sky() -> SkyMap:
    return SkyMap(np.arange(4, 16, dtype=np.int64), np.full(12, 1.0 / (4.0 * np.pi)))


def one_pixel() -> SkyMap:
    """All probability in one pixel of order 9, 7 arcmin wide, at about RA 150, Dec 20."""
    from tom_gcn.skymaps import hpx29

    ipix = int(hpx29(np.array([150.0]), np.array([20.0]))[0]) >> 40
    return SkyMap(np.array([ipix + (4 << 18)]), np.array([12 * 4.0**9 / (4.0 * np.pi)]))


@dataclass(frozen=True)
class Case:
    """A problem for one telescope A, and the sentence for it; without one the number of its pointings."""

    sentence: str = ""
    pointings: tuple[int, int] = (0, 0)
    telescope: dict[str, object] = field(default_factory=dict)
    sky: tuple[float, float, float] | Callable[[], SkyMap] = (150.0, 20.0, 4.0)
    start: datetime = EVENING
    hours: float = 24.0
    options: PlanOptions = PlanOptions()  # noqa: RUF009  frozen
    done: tuple[Done, ...] = ()


CASES: dict[str, Case] = {
    "polar site in summer": Case(
        "No night in the window: the Sun never goes 18 deg below its horizon.",
        telescope={"latitude_deg": 80.0, "longitude_deg": 0.0},
        start=JUNE,
    ),
    "polar night": Case(
        pointings=(20, 20),
        telescope={"latitude_deg": 80.0, "longitude_deg": 0.0},
        sky=(150.0, 70.0, 4.0),
        start=datetime(2026, 12, 20, tzinfo=UTC),
    ),
    "Moon on the region": Case(
        "Moon at 3 deg from the most probable part (its limit is 30 deg); the localization is too near.",
        telescope={"moon_separation_deg": 30.0},
        sky=(153.5, 11.5, 0.7),
        start=datetime(2026, 3, 29, 21, tzinfo=UTC),
        hours=6.0,
        options=PlanOptions(moon="fixed"),
    ),
    "Moon on the region, by its phase": Case(
        "Moon at 3 deg from the most probable part (at its phase the limit is 24 deg); the localization is too near.",
        telescope={"moon_separation_deg": 30.0},
        sky=(153.5, 11.5, 0.7),
        start=datetime(2026, 3, 29, 21, tzinfo=UTC),
        hours=6.0,
    ),
    "field larger than the map": Case(
        pointings=(2, 2), telescope={"width_deg": 30.0, "height_deg": 30.0}, sky=(150.0, 20.0, 2.0)
    ),
    "all-sky map with one telescope": Case(
        pointings=(20, 20), sky=whole_sky, telescope={"width_deg": 4.0, "height_deg": 4.0}
    ),
    "all-sky map with one narrow telescope": Case(
        "Nothing to add: no field it can take holds 0.01 % of the probability (the best less than 0.001 %).",
        telescope={"width_deg": 0.2, "height_deg": 0.2, "narrow": True},
        sky=whole_sky,
        options=PlanOptions(min_new_probability=1e-4),
    ),
    "map below the horizon": Case(
        "The localization is never above 30 deg while it is dark; the most probable part stays below the horizon.",
        sky=(150.0, -75.0, 2.0),
    ),
    "map outside the declination limits": Case(
        "The localization lies outside its declination limits (-90 to -20 deg).", telescope={"dec_max_deg": -20.0}
    ),
    "map in the Galactic plane": Case(
        "The localization lies within 20 deg of the Galactic plane, which this plan leaves out.",
        sky=(85.0, 29.0, 1.0),
        options=PlanOptions(galactic_latitude_min_deg=20.0),
    ),
    "hour angle never small while dark": Case(
        "The localization is never within 1 h of the meridian while it is dark and high enough.",
        sky=(60.0, 20.0, 1.0),
        options=PlanOptions(hour_angle_max_h=1.0),
        hours=12.0,
    ),
    "airmass that nothing keeps": Case(
        "The localization is never above 88.7 deg while it is dark; the most probable part reaches 81 deg.",
        options=PlanOptions(airmass_max=1.0),
        sky=(150.0, 20.0, 0.8),
    ),
    "one-pixel map": Case(pointings=(2, 2), sky=one_pixel),
    "map across RA 0": Case(pointings=(20, 20), sky=(0.0, 40.0, 4.0), start=datetime(2026, 10, 8, 12, tzinfo=UTC)),
    "map on a pole": Case(pointings=(20, 20), sky=(0.0, 90.0, 4.0), telescope={"latitude_deg": 60.0}),
    "span of 10 minutes by day": Case(
        "No night in the window: the Sun never goes 18 deg below its horizon.",
        start=EVENING - timedelta(hours=9),
        hours=1.0 / 6.0,
    ),
    "span of 10 minutes at night": Case(pointings=(6, 8), hours=1.0 / 6.0),
    "span of 5 days": Case(pointings=(20, 20), hours=120.0),
    "exposure longer than the night": Case(
        "Its darkness in the window lasts 537 min, too short for one pointing of 600.0 min.",
        telescope={"exposure_s": 36000.0},
    ),
    "no pointing allowed": Case(
        "No pointing is allowed: its maximum number of pointings is 0.", telescope={"max_pointings": 0}
    ),
    "everything observed already": Case(
        "Nothing left to do: it has observed the localization already.",
        telescope={"width_deg": 30.0, "height_deg": 30.0},
        sky=(150.0, 20.0, 2.0),
        done=(Done("A", 150.0, 20.0, "square", 30.0, 30.0, EVENING - timedelta(hours=2), EVENING),),
    ),
    "usage class too rare": Case(
        "Its usage class is VR; this plan asks telescopes up to class F.",
        telescope={"usage": "VR"},
        options=PlanOptions(rarest_usage="F"),
    ),
    "too shallow": Case(
        "Its depth of 17 mag does not reach the 20 mag that this plan asks for.",
        telescope={"limiting_mag": 17.0},
        options=PlanOptions(depth_min_mag=20.0),
    ),
}


def plan_of(case: Case, make_blob: Blob, make_telescope: Make) -> tuple[SkyMap, PlanTelescope, NetworkPlan]:
    skymap = make_blob(*case.sky) if isinstance(case.sky, tuple) else case.sky()
    telescope = make_telescope("A", **case.telescope)
    problem = Problem(skymap, (telescope,), case.start, case.hours, case.options, done=case.done)
    return skymap, telescope, solve(problem)


@pytest.mark.parametrize("name", CASES)
def test_awkward_case(make_blob: Blob, make_telescope: Make, name: str) -> None:
    case = CASES[name]
    skymap, telescope, plan = plan_of(case, make_blob, make_telescope)
    (result,) = plan.telescopes
    assert result.reason == case.sentence
    least, most = case.pointings
    assert least <= len(plan.pointings) <= most
    if not case.done:
        assert_sound(skymap, plan, [telescope], case.start)


def test_closed_telescope_and_telescope_without_a_field_of_view(make_blob: Blob, make_telescope: Make) -> None:
    with pytest.raises(CannotPlan) as cannot:
        plan_telescope(TELESCOPES["GTC"])
    excluded = {"GTC": str(cannot.value), "B": "Closed: snow on the dome."}
    plan = solve(Problem(make_blob(150.0, 20.0, 4.0), (make_telescope("A"),), EVENING, excluded=excluded))
    reasons = {result.name: result.reason for result in plan.telescopes}
    assert reasons == {"A": "", "B": "Closed: snow on the dome.", "GTC": str(cannot.value)}
    assert reasons["GTC"].startswith("No field of view is known from any public source.")


def test_no_telescope_at_all(make_blob: Blob) -> None:
    plan = solve(Problem(make_blob(150.0, 20.0, 4.0), (), EVENING))
    assert (plan.pointings, plan.telescopes, plan.covered_probability) == ((), (), 0.0)


@pytest.mark.parametrize(
    ("wish", "where"),
    [
        ({"hours": -1.0}, "hours"),  # an end before the start
        ({"hours": 1000.0}, "hours"),
        ({"settings": {"TAROT-TCA": {"exposure_s": 0.0}}}, "settings.TAROT-TCA.exposure_s"),
        ({"settings": {"TAROT-TCA": {"exposure_s": -60.0}}}, "settings.TAROT-TCA.exposure_s"),
        ({"telescopes": ["Hubble"]}, "telescopes"),
        ({"settings": {"TAROT-TCA": {"field": 3}}}, "settings.TAROT-TCA.field"),
        ({"start": "2026-02-30T00:00:00Z"}, "start"),
    ],
)
def test_impossible_wishes_are_refused(wish: dict[str, object], where: str) -> None:
    with pytest.raises(WishError) as refused:
        PlanWish.from_json(wish)
    assert [problem.where for problem in refused.value.problems] == [where]


@pytest.mark.parametrize("content", [b"", b"no map", b"SIMPLE  =                    T" + b" " * 5000])
def test_a_map_that_cannot_be_read_is_refused(content: bytes) -> None:
    with pytest.raises(SkyMapError) as refused:
        read_skymap(content)
    assert refused.value.code
