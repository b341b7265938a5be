"""Offsets of a telescope from the others: per filter and month, of what one sees."""

from datetime import timedelta

import pytest

from tests.factories import make_group, make_target, make_user
from tests.photometry_points import FIRST, make_points
from tom_photvalidation.models import PhotometryPoint, TargetEpoch
from tom_photvalidation.offsets import offsets_by_month
from tom_photvalidation.statistics import telescope_by_month

pytestmark = pytest.mark.django_db


@pytest.fixture
def curves(grandma):
    """Two months: KAO is 0.4 mag too faint on the eight targets of the second; in a third month it was alone."""
    later = (FIRST + timedelta(days=40), 0.4)
    for number, (start, offset) in enumerate(((FIRST, 0.0), *[later] * 8)):
        target = make_target(f"AT2024off{number}", group=grandma)
        TargetEpoch.objects.create(target_id=target.pk, t0=start - timedelta(hours=2))
        rows = make_points(40, target, grandma, telescopes=("KAO", "TAROT-TCA"), filters=("sdssr",))
        for row in rows:
            row.t_mid = row.t_given = row.t_mid + (start - FIRST)
            if row.mag is not None and row.telescope == "KAO":
                row.mag += offset
        PhotometryPoint.objects.bulk_update(rows, ["t_mid", "t_given", "mag"])
    alone = make_target("AT2024alone", group=grandma)
    rows = make_points(6, alone, grandma, telescopes=("KAO",), filters=("sdssg",))
    for row in rows:
        row.t_mid = row.t_given = row.t_mid - timedelta(days=900)
    PhotometryPoint.objects.bulk_update(rows, ["t_mid", "t_given"])


def test_every_month_has_its_offset_and_its_number_of_points(curves, member):
    found = offsets_by_month("KAO", member)
    later, earlier, alone = found["by_month"]
    assert [f"{row['month']:%Y-%m}" for row in found["by_month"]] == ["2024-12", "2024-11", "2022-05"]
    assert later["mag"] == pytest.approx(0.4, abs=0.1)
    assert (later["is_large"], earlier["is_large"]) == (True, False)
    assert abs(earlier["mag"]) < 0.1
    assert (later["n"], later["n_compared"], later["n_targets"]) == (160, 136, 8)
    assert (alone["n"], alone["n_compared"], alone["mag"]) == (6, 0, None)
    total = {row["filter"]: row for row in found["by_filter"]}
    assert total["sdssr"]["n"] == 180
    assert total["sdssr"]["n_targets"] == 9
    assert len(telescope_by_month("KAO", member)) == 3


def test_many_targets_ask_no_more_of_the_database_than_one(curves, member, django_assert_max_num_queries):
    """Nine targets here."""
    with django_assert_max_num_queries(10):
        offsets_by_month("KAO", member)


def test_points_that_one_does_not_see_have_no_part_in_it(curves, member):
    partners = make_group("Partners")
    outside = make_user("outside", partners)
    assert offsets_by_month("KAO", outside)["by_month"] == []


def test_the_page_shows_them(curves, member, browse):
    page = browse(member).get("/photometry/telescopes/KAO/").content.decode()
    assert "/photometry/telescopes/KAO/offsets/" in page
    part = browse(member).get("/photometry/telescopes/KAO/offsets/", headers={"HX-Request": "true"}).content.decode()
    assert "2024-12" in part
    assert "nothing to compare with" in part
    assert "<html" not in part
    assert browse(member).get("/photometry/telescopes/Nowhere/offsets/").status_code == 404
