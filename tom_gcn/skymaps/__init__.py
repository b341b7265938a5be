"""Sky maps: the only place that knows HEALPix. Plain numpy, no Django.

`io` reads and writes FITS (`fits` the table, `flat` the maps of one order), `skymap` answers questions about a map,
`ranges` holds numbers and intervals of cells, `distance` the third dimension, `contours` draws outlines, `packing`
makes a map small enough for a database column, `make` builds maps from figures such as error circles, `crossmatch`
brings two maps together.
"""

from .contours import contours
from .errors import SkyMapError
from .fits import Limits
from .io import read_skymap, to_fits
from .packing import pack, unpack
from .ranges import area_deg2, cell_centres, coarsen, cone_ranges, contains, cover, hpx29, merge_ranges, tile_ranges
from .skymap import SkyMap

__all__ = [
    "Limits",
    "SkyMap",
    "SkyMapError",
    "area_deg2",
    "cell_centres",
    "coarsen",
    "cone_ranges",
    "contains",
    "contours",
    "cover",
    "hpx29",
    "merge_ranges",
    "pack",
    "read_skymap",
    "tile_ranges",
    "to_fits",
    "unpack",
]
