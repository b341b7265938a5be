"""What pipelines are known to leave out or to mix up."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.checks.base import WARNING, Batch, Check, Finding, Mask, flagged
from tom_photvalidation.measurements import is_stdweb

START_WITHOUT_EXPOSURE = Check("start-without-exposure", 29, WARNING, "The start of an exposure of unknown length")
SWAPPED_FILTER = Check("swapped-filter", 30, WARNING, "The pipeline mixes up two filters")

# STDWeb writes gaia::grp for catalogue magnitudes BP, and the other way round (stdweb/views_skyportal.py).
SWAPPED_BY_STDWEB = {"gaia::gbp": "gaia::grp", "gaia::grp": "gaia::gbp"}


def start_without_exposure(batch: Batch) -> Iterator[Finding]:
    """Times that are the start of an exposure whose length is not told: the middle is not known."""
    (rows,) = np.nonzero((batch.m.time_reference == "start") & np.isnan(batch.m.exposure_s))
    yield from flagged(
        START_WITHOUT_EXPOSURE,
        rows,
        WARNING,
        np.ones(len(rows)),
        lambda row: (
            f"MJD {batch.m.t_mjd[row]:.5f} is the start of an exposure whose length is not told: the middle, half an "
            "exposure later, is not known."
        ),
    )


def swapped_filter(batch: Batch) -> Iterator[Finding]:
    """Gaia BP and RP as STDWeb sends them."""
    (rows,) = np.nonzero(_of_stdweb(batch) & np.isin(batch.m.filter.astype(str), list(SWAPPED_BY_STDWEB)))
    yield from flagged(
        SWAPPED_FILTER,
        rows,
        WARNING,
        np.ones(len(rows)),
        lambda row: (
            f"STDWeb calls {BANDS[SWAPPED_BY_STDWEB[batch.m.filter[row]]].label} magnitudes "
            f"{BANDS[batch.m.filter[row]].label}: was it {BANDS[SWAPPED_BY_STDWEB[batch.m.filter[row]]].label}?"
        ),
        lambda row: {"filter": SWAPPED_BY_STDWEB[batch.m.filter[row]]},
    )


def _of_stdweb(batch: Batch) -> Mask:
    found = np.zeros(len(batch.m), dtype=bool)
    for column in (batch.m.origin, batch.m.pipeline):
        for name in {one for one in set(column.tolist()) if is_stdweb(one)}:
            found |= column == name
    return found
