"""The catalogues that can be loaded: their readers, and what their authors say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .clu import read_clu
from .glade import read_glade
from .mangrove import read_mangrove
from .nearby import read_nearby
from .ned_lvs import read_ned_lvs
from .rows import GalaxyRows
from .sample import invent_sample


@dataclass(frozen=True)
class Catalogue:
    """A published catalogue and how its file is read."""

    name: str
    reference: str
    completeness: str
    read: Callable[[Path], Iterator[GalaxyRows]]
    is_sample: bool = False
    needs_file: bool = True


CATALOGUES: Mapping[str, Catalogue] = {
    "glade+": Catalogue(
        "GLADE+",
        "Dálya et al. 2022, MNRAS 514, 1403, doi:10.1093/mnras/stac1443; file GLADE+.txt from glade.elte.hu",
        "Complete in B light to 47 Mpc; holds the brightest galaxies that give 90 % of the B and K light to about"
        " 130 Mpc.",
        read_glade,
    ),
    "ned-lvs": Catalogue(
        "NED-LVS",
        "Cook et al. 2023, ApJS 268, 14, doi:10.3847/1538-4365/acdd06; FITS file from ned.ipac.caltech.edu/NED::LVS/",
        "Not known here: see Cook et al. 2023.",
        read_ned_lvs,
    ),
    "clu": Catalogue(
        "CLU",
        "Cook et al. 2019, ApJ 880, 7, doi:10.3847/1538-4357/ab2131; not public, HDF5 file from its authors",
        "Its H-alpha survey would hold 85 % of the star formation and 70 % of the stellar mass at 200 Mpc.",
        read_clu,
    ),
    "mangrove": Catalogue(
        "MANGROVE",
        "Ducoin et al. 2020, MNRAS 492, 4768, doi:10.1093/mnras/staa114; HDF5 file from mangrove.lal.in2p3.fr",
        "Galaxies of GLADE within 400 Mpc; stellar masses for those with a counterpart in AllWISE.",
        read_mangrove,
    ),
    "nearby": Catalogue(
        "OpenNGC",
        "NGC and IC galaxies of OpenNGC, Verga, github.com/mattiaverga/OpenNGC, CC-BY-SA-4.0, from the package PyOngc;"
        " distances from redshifts, see docs/science/galaxies.md",
        "Bright galaxies only: see the share of B light at the distance of the event.",
        read_nearby,
        needs_file=False,
    ),
    "sample": Catalogue(
        "sample",
        "Invented for drills and tests; none of these galaxies exists.",
        "None: the galaxies are invented.",
        invent_sample,
        is_sample=True,
        needs_file=False,
    ),
}
