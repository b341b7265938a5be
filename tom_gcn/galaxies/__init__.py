"""Galaxies as hosts: reading catalogues as they are published, and ranking them in a sky map. Plain numpy, no Django.

`rows` is what every reader yields, in batches; `glade`, `ned_lvs`, `clu`, `mangrove` read one format each, `nearby` the
catalogue that is installed with the project, `sample` invents galaxies for drills; `ranking` weighs them;
`completeness` says how much of the light a catalogue holds.
"""

from .catalogues import CATALOGUES, Catalogue
from .ranking import Ranking, Weight, rank
from .rows import CatalogueError, GalaxyRows

__all__ = ["CATALOGUES", "Catalogue", "CatalogueError", "GalaxyRows", "Ranking", "Weight", "rank"]
