"""Pure: the points of a long light curve taken together where they are close in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tom_photvalidation import lightcurve
from tom_photvalidation.lightcurve import Indices, Points

# Every 300 points take 60 ms of a processor, and somebody waits for the page: more points than this are taken together.
MOST_POINTS = 3000
# Width of a bin at first, decades of age; doubled until there are few enough.
FINEST_BIN = 0.005


def in_bins(points: Points) -> tuple[Points, Indices]:
    """Return at most `MOST_POINTS` mean points, weighed by the errors, and for each point which of them it is in.

    A bin holds points of one telescope and band. Up to `MOST_POINTS` points each is one by itself.
    """
    if len(points) <= MOST_POINTS:
        return points, np.arange(len(points))
    bin_of = _bins(points)
    weight = 1.0 / (np.minimum(points.error, 1.0) ** 2 + lightcurve.PRIOR.jitter**2)
    total = np.bincount(bin_of, weight)
    _, first = np.unique(bin_of, return_index=True)
    means = replace(
        points.take(first),
        x=np.bincount(bin_of, weight * points.x) / total,
        mag=np.bincount(bin_of, weight * points.mag) / total,
        error=np.sqrt(1.0 / total),
    )
    return means, bin_of


def _bins(points: Points) -> Indices:
    """Return the bin of each point: by telescope and band, and by age as finely as `MOST_POINTS` allows."""
    width = FINEST_BIN
    while True:
        step = np.floor(points.x / width).astype(np.int64)
        _, bin_of = np.unique(np.stack([points.series, step]), axis=1, return_inverse=True)
        bin_of = np.asarray(bin_of, dtype=np.int64).ravel()
        if int(bin_of.max()) < MOST_POINTS:
            return bin_of
        width *= 2
