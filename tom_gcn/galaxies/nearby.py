"""The galaxies of the NGC and IC catalogues, installed with the project: OpenNGC in the package PyOngc.

OpenNGC (Verga, https://github.com/mattiaverga/OpenNGC) is licensed CC-BY-SA-4.0. It gives positions, heliocentric
redshifts and apparent B magnitudes, mostly from NED, HyperLEDA and SIMBAD; distances are worked out here.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from .rows import CatalogueError, FloatArray, GalaxyRows, absolute_magnitude, checked, luminosity_b

LIGHT_KM_S = 299_792.458
H0_KM_S_MPC = 70.0
# Scatter of velocities about the flow, and so of distances: 3.6 Mpc.
_PECULIAR_KM_S = 250.0
# The Sun's velocity in the frame of the Local Group: 316 km/s towards l = 93, b = -4 deg (Karachentsev & Makarov 1996,
# AJ 111, 794, doi:10.1086/117825).
_SUN_KM_S, _APEX_L_DEG, _APEX_B_DEG = 316.0, 93.0, -4.0
# Galactic pole and the longitude of the celestial one (Hipparcos, ESA SP-1200, volume 1, section 1.5.3).
_POLE_RA_DEG, _POLE_DEC_DEG, _POLE_L_DEG = 192.85948, 27.12825, 122.93192
_QUERY = (
    "SELECT name, ra, dec, redshift, radvel, bmag FROM objects"
    " WHERE type = 'G' AND ra IS NOT NULL AND dec IS NOT NULL AND (redshift IS NOT NULL OR radvel IS NOT NULL)"
)


def read_nearby(_path: Path | None = None) -> Iterator[GalaxyRows]:
    """Galaxies of OpenNGC with a redshift, in one batch. Positions in the file are radians.

    Raises
    ------
    CatalogueError
        ``not-installed`` when the package is missing or holds no such table.

    Notes
    -----
    Luminosity distances are ``v / H0 (1 + z)``, v the velocity in the frame of the Local Group, H0 = 70 km/s/Mpc; at
    the redshifts here (half of them below 0.02) the second order in z is left out. Peculiar velocities of 250 km/s
    give errors of 3.6 Mpc. Members of the Local Group and other galaxies that approach have no distance this way and
    are left out. Pairs and groups that the catalogue lists as one are left out too.
    """
    try:
        rows = _table()
    except (ModuleNotFoundError, sqlite3.Error, OSError) as error:
        fix = "Install PyOngc as requirements.txt names it."
        raise CatalogueError("not-installed", f"The catalogue cannot be read ({error}).", fix) from error
    names = [_name(row[0]) for row in rows]
    ra, dec = np.degrees([row[1] for row in rows]), np.degrees([row[2] for row in rows])
    redshift: FloatArray = np.array([_redshift(row[3], row[4]) for row in rows], dtype=np.float64)
    magnitude = np.array([np.nan if row[5] is None else row[5] for row in rows], dtype=float)
    velocity = LIGHT_KM_S * redshift + _towards_apex(ra, dec)
    distance = velocity / H0_KM_S_MPC * (1 + redshift)
    error_mpc = np.full(len(rows), _PECULIAR_KM_S / H0_KM_S_MPC)
    light = luminosity_b(absolute_magnitude(magnitude, distance))
    yield checked(names, ra % 360.0, dec, distance, error_mpc, None, light)


def _table() -> list[tuple[str, float, float, float | None, float | None, float | None]]:
    with (
        as_file(files("pyongc") / "ongc.db") as path,
        closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base,
    ):
        return list(base.execute(_QUERY))


def _redshift(redshift: float | None, velocity_km_s: float | None) -> float:
    """The one that is given, or what the velocity makes of it."""
    return redshift if redshift is not None else (velocity_km_s or 0.0) / LIGHT_KM_S


def _name(name: str) -> str:
    """NGC4993 as people write it: NGC 4993; components keep their letter."""
    match = re.fullmatch(r"([A-Za-z]+)0*(\d+)(.*)", name)
    return f"{match[1]} {match[2]}{' ' + match[3].strip() if match[3].strip() else ''}" if match else name


def _towards_apex(ra_deg: FloatArray, dec_deg: FloatArray) -> FloatArray:
    """What the Sun's motion in the Local Group adds to heliocentric velocities [km/s]."""
    ra, dec = np.radians(ra_deg - _POLE_RA_DEG), np.radians(dec_deg)
    pole = np.radians(_POLE_DEC_DEG)
    sin_b = np.sin(dec) * np.sin(pole) + np.cos(dec) * np.cos(pole) * np.cos(ra)
    across = np.arctan2(np.cos(dec) * np.sin(ra), np.sin(dec) * np.cos(pole) - np.cos(dec) * np.sin(pole) * np.cos(ra))
    away = np.radians(_POLE_L_DEG - _APEX_L_DEG) - across
    apex = np.radians(_APEX_B_DEG)
    cosine = sin_b * np.sin(apex) + np.sqrt(np.maximum(1 - sin_b**2, 0)) * np.cos(apex) * np.cos(away)
    return np.asarray(_SUN_KM_S * cosine)
