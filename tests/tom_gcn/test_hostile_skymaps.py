"""Maps that fall into very many pieces reach the database in a size it can take."""

import numpy as np
import pytest

from tom_gcn.actions import skymaps
from tom_gcn.models import StoredSkyMap
from tom_gcn.skymaps import merge_ranges, read_skymap
from tom_gcn.skymaps.fits import write_table

pytestmark = pytest.mark.django_db


def test_region_of_many_ranges_is_stored_coarser_and_covers_the_fine_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skymaps, "MOST_RANGES", 500)
    values = np.zeros(12 << 10)
    values[::2] = 2 / len(values)
    data = write_table({"PROB": (values, "")}, {"ORDERING": "NESTED", "NSIDE": 32})
    fine = read_skymap(data).region(0.9)
    assert len(fine) > 5000
    stored = StoredSkyMap.objects.get(pk=skymaps.store_skymap(data).pk)
    for region in (stored.region_50, stored.region_90):
        assert len(region) <= 500
    coarse = stored.region_90
    np.testing.assert_array_equal(merge_ranges(np.concatenate([coarse, fine])), coarse)
