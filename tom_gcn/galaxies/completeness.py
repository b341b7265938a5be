"""How much of the light of the universe a catalogue holds, at the distance of an event."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .rows import FloatArray, GalaxyRows

# Solar B luminosities per Mpc^3: a default of this project, as commonly taken from Kopparapu et al. 2008, ApJ 675,
# 1459, doi:10.1086/527348; not re-read there.
LIGHT_PER_MPC3 = 1.98e8
SHELL_EDGES_MPC: FloatArray = np.arange(0.0, 1001.0, 20.0)

Shell = Sequence[float]


def light_in_shells(rows: GalaxyRows) -> FloatArray:
    """Sum of the B luminosities [solar] of galaxies in each shell of `SHELL_EDGES_MPC`."""
    light = np.nan_to_num(rows.luminosity_b_lsun)
    return np.histogram(rows.distance_mpc, bins=SHELL_EDGES_MPC, weights=light)[0]


def shells(light: FloatArray) -> list[list[float]]:
    """``[[from, to, light], ...]`` of sums as `light_in_shells` gives them; nothing where there is no light at all."""
    if not light.any():
        return []
    edges = SHELL_EDGES_MPC.tolist()
    return [[low, high, value] for low, high, value in zip(edges[:-1], edges[1:], light.tolist(), strict=True)]


def completeness(stored: Sequence[Shell], near_mpc: float, far_mpc: float) -> float | None:
    """Share of the expected B light that a catalogue holds over the whole sky between two distances, at most 1.

    Parameters
    ----------
    stored : sequence of (from, to, light)
        As `shells` returns it.
    near_mpc, far_mpc : float
        [Mpc]; shells that reach into the interval count whole.

    Returns
    -------
    float or None
        None when the catalogue has no magnitudes, or the interval lies beyond the last shell.

    Notes
    -----
    Volumes are Euclidean: right to 20 % within 400 Mpc. Clustering lets near shells exceed their share, hence the cut.
    """
    touched = [shell for shell in stored if shell[1] > near_mpc and shell[0] < far_mpc]
    if not touched or far_mpc > stored[-1][1]:
        return None
    volume = sum(4 / 3 * np.pi * (shell[1] ** 3 - shell[0] ** 3) for shell in touched)
    return float(min(sum(shell[2] for shell in touched) / (LIGHT_PER_MPC3 * volume), 1.0))
