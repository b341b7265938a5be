"""Invented galaxies for drills and tests: even in space, with plausible light and mass. None of them exists."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .rows import GalaxyRows, checked

COUNT = 5_000
FARTHEST_MPC = 500.0
_SEED = 20170817


def invent_sample(_path: Path | None = None) -> Iterator[GalaxyRows]:
    """The same galaxies every time, named INVENTED-00001 and so on."""
    rng = np.random.default_rng(_SEED)
    ra = rng.uniform(0, 360, COUNT)
    dec = np.degrees(np.arcsin(rng.uniform(-1, 1, COUNT)))
    distance = FARTHEST_MPC * rng.uniform(0, 1, COUNT) ** (1 / 3)
    mass = 10 ** rng.normal(10.3, 0.5, COUNT)
    light = mass / 10 ** rng.normal(0.4, 0.2, COUNT)
    names = [f"INVENTED-{number:05d}" for number in range(1, COUNT + 1)]
    yield checked(names, ra, dec, distance, 0.1 * distance, mass, light)
