"""Was it observed: the database's answer against a test of every row in numpy."""

import numpy as np
import pytest
from django.contrib.auth.models import Permission

from tom_grandma_facilities.actions import record_observations
from tom_grandma_facilities.executed import Pointings, read_rows
from tom_grandma_facilities.models import ExecutedObservation
from tom_grandma_facilities.observed import observed_at, size_classes

pytestmark = pytest.mark.django_db


@pytest.fixture
def observer(member):
    member.user_permissions.add(Permission.objects.get(codename="add_executedobservation"))
    return type(member).objects.get(pk=member.pk)


@pytest.fixture
def pointings(observer):
    """Fields of cameras of many sizes and both shapes, also around the poles and RA 0."""
    rng = np.random.default_rng(11)
    rows = []
    for telescope in ("TAROT-TCA", "TAROT-TRE", "CFHT", "ATLAS", "GWAC", "OAJ-T80", "ZTF", "FRAM-Auger"):
        for number in range(60):
            ra, dec = ((rng.uniform(0, 360), rng.uniform(-90, 90)), (rng.normal(0, 3) % 360, rng.normal(0, 3)),
                       (rng.uniform(0, 360), 90 - abs(rng.normal(0, 2))))[number % 3]  # fmt: skip
            depth, start = 18 + number / 60, 60616.0 + number / 100
            rows.append(
                {"observation_id": str(number), "telescope": telescope, "RA": ra, "Dec": dec, "obstime": start,
                 "filter": "rg"[number % 2], "exposure_time": 30, "limmag": depth}
            )  # fmt: skip
    recorded = record_observations(read_rows(rows).rows, by=observer)
    assert recorded.counts["created"] == len(rows)
    return list(ExecutedObservation.objects.filter(width_deg__isnull=False))


def test_the_same_as_a_look_at_every_row(pointings, observer):
    def column(name):
        return np.array([getattr(row, name) for row in pointings], dtype=float)

    shapes = np.array([row.shape == "circle" for row in pointings])
    everything = Pointings(shapes, column("width_deg"), column("height_deg"), column("ra_deg"), column("dec_deg"))
    assert len(size_classes()) > 3
    rng = np.random.default_rng(12)
    places = [(0.0, 0.0), (0.0, 90.0), (123.0, 90.0), (359.9, 0.4), (0.1, -0.4)]
    places += list(zip(rng.uniform(0, 360, 30), rng.uniform(-90, 90, 30), strict=True))
    places += list(zip(rng.normal(0, 3, 30) % 360, rng.normal(0, 3, 30), strict=True))
    places += list(zip(rng.uniform(0, 360, 10), 90 - np.abs(rng.normal(0, 2, 10)), strict=True))
    counts = []
    for ra, dec in places:
        found = observed_at(float(ra), float(dec), observer)
        expected = {row.pk for row, held in zip(pointings, everything.contain(ra, dec), strict=True) if held}
        assert {row.pk for row in found.rows} == expected, (ra, dec)
        assert found.count == len(expected)
        counts.append(found.count)
    assert sum(count > 0 for count in counts) > 20


def test_counts_are_of_all_and_rows_the_newest(pointings, observer):
    whole = observed_at(0.0, 0.0, observer)
    cut = observed_at(0.0, 0.0, observer, most=2)
    assert (cut.count, len(cut.rows), cut.is_cut) == (whole.count, 2, True)
    assert cut.rows == whole.rows[:2]
    assert [row.start for row in whole.rows] == sorted((row.start for row in whole.rows), reverse=True)
    assert sum(depth.count for depth in whole.depths) == whole.count
    for depth in whole.depths:
        mine = [row for row in whole.rows if (row.telescope, row.filter) == (depth.telescope, depth.filter)]
        assert (depth.count, depth.last, depth.first) == (len(mine), mine[0].start, mine[-1].start)
        assert depth.deepest_mag == max(row.limiting_mag for row in mine)


def test_bounds_of_time_and_telescope(pointings, observer):
    whole = observed_at(0.0, 0.0, observer)
    middle = whole.rows[len(whole.rows) // 2].start
    after = observed_at(0.0, 0.0, observer, after=middle)
    before = observed_at(0.0, 0.0, observer, before=middle)
    assert after.count + before.count == whole.count
    assert {row.telescope for row in observed_at(0.0, 0.0, observer, telescope="GWAC").rows} == {"GWAC"}


def test_strangers_are_told_nothing(pointings, stranger):
    assert observed_at(0.0, 0.0, stranger).count == 0


def test_it_takes_three_queries(pointings, observer, django_assert_num_queries):
    with django_assert_num_queries(3):
        observed_at(0.0, 0.0, observer)
