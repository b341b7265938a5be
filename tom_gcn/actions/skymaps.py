"""Storing sky maps, each content once."""

import hashlib
from collections.abc import Mapping

from tom_gcn.models import StoredSkyMap
from tom_gcn.skymaps import SkyMap, coarsen, contours, pack, read_skymap, to_fits

LEVELS = (0.5, 0.9)
# Real regions have some thousands of ranges, but a map can be made to have millions, and PostgreSQL takes about 2 kB of
# memory for each range it reads.
MOST_RANGES = 200_000
# Level -> closed lines of [ra, dec], deg
Lines = Mapping[float, list[list[list[float]]]]


def store_skymap(data: bytes) -> StoredSkyMap:
    """Return the stored map of these FITS bytes, reading and storing it when its content is new.

    Raises
    ------
    SkyMapError
        When the bytes are not a sky map that can be used.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    known = StoredSkyMap.objects.filter(sha256=sha256).first()
    return known or _store_new(data, sha256)


def store_made_skymap(skymap: SkyMap, lines: Lines | None = None) -> StoredSkyMap:
    """Return the stored map of one that was made here; `lines` are its outlines where they are known exactly."""
    data = to_fits(skymap)
    sha256 = hashlib.sha256(data).hexdigest()
    known = StoredSkyMap.objects.filter(sha256=sha256).first()
    return known or _store(skymap, data, sha256, lines or contours(skymap, LEVELS))


def _store_new(data: bytes, sha256: str) -> StoredSkyMap:
    skymap = read_skymap(data)
    return _store(skymap, data, sha256, contours(skymap, LEVELS))


def _store(skymap: SkyMap, data: bytes, sha256: str, lines: Lines) -> StoredSkyMap:
    ra, dec = skymap.peak()
    distance = skymap.distance()
    # Another worker may store the same content at the same moment: the unique key decides.
    stored, _ = StoredSkyMap.objects.get_or_create(
        sha256=sha256,
        defaults={
            "fits": data,
            "packed": pack(skymap),
            "n_tiles": len(skymap.uniq),
            "max_order": skymap.max_order,
            "area_50_deg2": skymap.area_deg2(0.5),
            "area_90_deg2": skymap.area_deg2(0.9),
            "probability_500_deg2": skymap.probability_in_area(500.0),
            "peak_ra_deg": ra,
            "peak_dec_deg": dec,
            "distance_mean_mpc": distance[0] if distance else None,
            "distance_sigma_mpc": distance[1] if distance else None,
            "region_50": coarsen(skymap.region(0.5), MOST_RANGES),
            "region_90": coarsen(skymap.region(0.9), MOST_RANGES),
            "contours": {str(level): outlines for level, outlines in lines.items()},
        },
    )
    return stored
