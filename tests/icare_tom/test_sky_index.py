"""The sky index of targets: kept on every save, repaired by its command, and cones that are right everywhere."""

from io import StringIO

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tom_targets.models import Target

from icare_tom.sky import Reindexed, TargetSkyIndex, cone, reindex, within_ranges
from icare_tom.target_filters import SkyTargetFilterSet
from tom_gcn.skymaps import cone_ranges, hpx29

pytestmark = pytest.mark.django_db


def make(name: str, ra: float | None, dec: float | None, target_type: str = Target.SIDEREAL) -> Target:
    return Target.objects.create(name=name, type=target_type, ra=ra, dec=dec)


def in_bulk(ra: np.ndarray, dec: np.ndarray) -> None:
    Target.objects.bulk_create(
        Target(name=f"bulk {i}", type=Target.SIDEREAL, ra=float(x), dec=float(y))
        for i, (x, y) in enumerate(zip(ra, dec, strict=True))
    )


def names(queryset: object) -> set[str]:
    return set(queryset.values_list("name", flat=True))


def test_saved_target_has_its_place() -> None:
    target = make("a", 197.45, -23.38)
    assert target.sky_index.hpx29 == hpx29(197.45, -23.38)


def test_moved_target_moves() -> None:
    target = make("a", 10.0, 10.0)
    target.ra = 20.0
    target.save()
    assert TargetSkyIndex.objects.get(target=target).hpx29 == hpx29(20.0, 10.0)


def test_place_saved_by_itself_moves_too() -> None:
    target = make("a", 10.0, 10.0)
    target.dec = -10.0
    target.save(update_fields=["dec"])
    assert TargetSkyIndex.objects.get(target=target).hpx29 == hpx29(10.0, -10.0)


def test_saving_a_name_does_not_touch_the_index() -> None:
    target = make("a", 10.0, 10.0)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        target.save(update_fields=["name"])
    assert not any("targetskyindex" in query["sql"] for query in queries)


@pytest.mark.parametrize(
    ("ra", "dec", "target_type"),
    [
        (None, None, Target.SIDEREAL),
        (1.0, None, Target.SIDEREAL),
        (1.0, 91.0, Target.SIDEREAL),
        (1.0, 1.0, Target.NON_SIDEREAL),
        (float("nan"), 1.0, Target.SIDEREAL),
        (1.0, float("nan"), Target.SIDEREAL),
    ],
)
def test_target_without_a_place_has_no_row(ra: float | None, dec: float | None, target_type: str) -> None:
    make("a", ra, dec, target_type)
    assert not TargetSkyIndex.objects.exists()


def test_target_that_loses_its_place_loses_its_row() -> None:
    target = make("a", 10.0, 10.0)
    target.ra = None
    target.save()
    assert not TargetSkyIndex.objects.exists()


def test_deleted_target_takes_its_row_along() -> None:
    make("a", 10.0, 10.0).delete()
    assert not TargetSkyIndex.objects.exists()


def test_command_repairs_and_reports() -> None:
    make("right", 1.0, 1.0)
    stale, orphaned = make("stale", 2.0, 2.0), make("orphaned", 3.0, 3.0)
    Target.objects.filter(pk=stale.pk).update(ra=200.0)
    Target.objects.filter(pk=orphaned.pk).update(type=Target.NON_SIDEREAL)
    in_bulk(np.arange(5.0), np.arange(5.0))
    out = StringIO()
    call_command("reindex_sky", stdout=out)
    assert "1 right, 5 missing, 1 stale, 1 orphaned; 7 repaired" in out.getvalue()
    assert names(cone(Target.objects.all(), 200.0, 2.0, 0.1)) == {"stale"}
    # The target that has no place and no row is right as well.
    assert reindex() == Reindexed(right=8)


def test_reindexing_some_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("icare_tom.sky.CHUNK", 3)
    in_bulk(np.arange(10.0), np.zeros(10))
    assert reindex(Target.objects.filter(ra__lt=7)) == Reindexed(missing=7)
    assert TargetSkyIndex.objects.count() == 7
    assert reindex() == Reindexed(right=7, missing=3)


CONES = [
    (0.0, 0.0, 5.0),
    (359.99, 30.0, 2.0),
    (0.001, -30.0, 0.5),
    (123.0, 89.9, 3.0),
    (12.0, -90.0, 10.0),
    (200.0, 45.0, 90.0),
    (200.0, 45.0, 150.0),
    (77.0, -10.0, 179.0),
]


@pytest.fixture
def sky(db: None) -> tuple[np.ndarray, np.ndarray]:
    """3000 targets all over the sky, more of them around RA 0 and at the poles."""
    rng = np.random.default_rng(4)
    ra = np.concatenate([rng.uniform(0, 360, 1500), rng.uniform(-3, 3, 500) % 360, rng.uniform(0, 360, 1000)])
    dec = np.concatenate([np.degrees(np.arcsin(rng.uniform(-1, 1, 2000))), 90 - rng.exponential(3, 500)])
    dec = np.concatenate([dec, -90 + rng.exponential(3, 500)])
    in_bulk(ra, dec)
    reindex()
    return ra, dec


@pytest.mark.parametrize("place", CONES)
def test_cone_holds_what_astropy_says(sky: tuple[np.ndarray, np.ndarray], place: tuple[float, float, float]) -> None:
    ra, dec = sky
    distance = SkyCoord(place[0], place[1], unit="deg").separation(SkyCoord(ra, dec, unit="deg")).deg
    expected = {f"bulk {i}" for i in np.flatnonzero(distance <= place[2])}
    found = cone(Target.objects.all(), *place)
    assert names(found) == expected
    assert expected
    separations = {target.name: target.separation for target in found}
    for i in np.flatnonzero(distance <= place[2]):
        assert separations[f"bulk {i}"] == pytest.approx(distance[i], abs=1e-6)


@pytest.mark.parametrize(
    ("ra", "dec"), [(0.0, 0.0), (359.9999999, 12.3), (45.0, 90.0), (45.0, -90.0), (197.45037, -23.38148)]
)
@pytest.mark.parametrize("radius", [0.0, 1e-9, 1e-4, 180.0])
def test_exact_position_is_in_every_cone_around_it(ra: float, dec: float, radius: float) -> None:
    make("here", ra, dec)
    assert names(cone(Target.objects.all(), ra, dec, radius)) == {"here"}


def test_three_hundred_exact_positions(sky: tuple[np.ndarray, np.ndarray]) -> None:
    ra, dec = sky
    for i in range(0, 3000, 10):
        assert f"bulk {i}" in names(cone(Target.objects.all(), ra[i], dec[i], 1e-7))


def test_same_place_written_with_another_right_ascension() -> None:
    make("here", 0.0, 5.0)
    make("pole", 10.0, 90.0)
    assert names(cone(Target.objects.all(), 360.0, 5.0, 0.0)) == {"here"}
    assert names(cone(Target.objects.all(), -360.0, 5.0, 0.0)) == {"here"}
    assert names(cone(Target.objects.all(), 250.0, 90.0, 0.0)) == {"pole"}


def test_whole_sky_holds_every_target_with_a_place(sky: tuple[np.ndarray, np.ndarray]) -> None:
    make("nowhere", None, None)
    make("opposite", 280.0, -40.0)
    assert cone(Target.objects.all(), 100.0, 40.0, 180.0).count() == 3001


def test_cone_keeps_the_filters_it_is_given(sky: tuple[np.ndarray, np.ndarray]) -> None:
    some = Target.objects.filter(name__endswith="7")
    found = names(cone(some, 0.0, 0.0, 20.0))
    assert found
    assert all(name.endswith("7") for name in found)


@pytest.mark.parametrize("place", [(0, 91, 1), (0, 0, -1), (0, 0, 181), (float("nan"), 0, 1), (float("inf"), 0, 1)])
def test_cone_that_is_none_is_refused(place: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="cone"):
        cone(Target.objects.all(), *place)


def test_targets_within_ranges(sky: tuple[np.ndarray, np.ndarray]) -> None:
    ra, dec = sky
    ranges = cone_ranges(0.0, 0.0, 10.0)
    cells = hpx29(ra, dec)
    expected = {f"bulk {i}" for i, cell in enumerate(cells) if any(low <= cell < high for low, high in ranges)}
    assert names(within_ranges(Target.objects.all(), ranges)) == expected
    assert names(within_ranges(Target.objects.all(), np.zeros((0, 2), dtype=np.int64))) == set()


def test_small_cone_reads_the_index_and_not_the_table(sky: tuple[np.ndarray, np.ndarray]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE icare_tom_targetskyindex, tom_targets_basetarget")
        # With so few rows the whole table costs as little; what must hold is that the question fits the index.
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = cone(Target.objects.all(), 0.0, 0.0, 0.5).explain()
    assert "icare_tom_targetskyindex_hpx29" in plan
    assert "Seq Scan" not in plan


def test_filter_of_the_target_list_finds_across_right_ascension_zero() -> None:
    make("west", 359.9, 0.0)
    make("east", 0.1, 0.0)
    make("far", 2.0, 0.0)
    found = SkyTargetFilterSet(data={"cone_search": "0.0, 0.0, 0.2"}, queryset=Target.objects.all()).qs
    assert names(found) == {"west", "east"}
    around = SkyTargetFilterSet(data={"target_cone_search": "west, 0.5"}, queryset=Target.objects.all()).qs
    assert names(around) == {"west", "east"}


@pytest.mark.parametrize("text", ["", "a, b, c", "1, 2", "0, 95, 1", "1 2 3 4", "nan, 0, 1"])
def test_filter_with_unreadable_text_breaks_nothing(text: str) -> None:
    make("a", 1.0, 1.0)
    found = SkyTargetFilterSet(data={"cone_search": text}, queryset=Target.objects.all()).qs
    assert names(found) == ({"a"} if text == "" else set())
