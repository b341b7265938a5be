"""Storing sky maps, each content once."""

import hashlib
import logging
from collections.abc import Mapping

from django.db import transaction
from scipy.spatial import QhullError

from tom_gcn.models import StoredSkyMap
from tom_gcn.skymaps import SkyMap, coarsen, contours, pack, read_skymap, to_fits

logger = logging.getLogger(__name__)

LEVELS = (0.5, 0.9)
# Real regions have some thousands of ranges, but a map can be made to have millions, and PostgreSQL takes about 2 kB of
# memory for each range it reads.
MOST_RANGES = 200_000
# Level -> closed lines of [ra, dec], deg
Lines = Mapping[float, list[list[list[float]]]]
# What a strange map may do to the one who draws it.
_DRAWING_FAULTS = (ValueError, ArithmeticError, LookupError, MemoryError, QhullError)


def store_skymap(data: bytes) -> StoredSkyMap:
    """Return the stored map of these FITS bytes, reading and storing it when its content is new.

    Its outlines are drawn once it is committed: nobody waits for them.

    Raises
    ------
    SkyMapError
        When the bytes are not a sky map that can be used.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    return _known(sha256) or _store(read_skymap(data), data, sha256, None)


def store_made_skymap(skymap: SkyMap, lines: Lines | None = None) -> StoredSkyMap:
    """Return the stored map of one that was made here; `lines` are its outlines where they are known exactly."""
    data = to_fits(skymap)
    sha256 = hashlib.sha256(data).hexdigest()
    return _known(sha256) or _store(skymap, data, sha256, lines)


def _known(sha256: str) -> StoredSkyMap | None:
    return StoredSkyMap.objects.filter(sha256=sha256).defer("fits").first()


def _store(skymap: SkyMap, data: bytes, sha256: str, lines: Lines | None) -> StoredSkyMap:
    ra, dec = skymap.peak()
    distance = skymap.distance()
    # Another worker may store the same content at the same moment: the unique key decides.
    stored, is_new = StoredSkyMap.objects.get_or_create(
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
            "contours": None if lines is None else _as_json(lines),
        },
    )
    if is_new and lines is None:
        transaction.on_commit(lambda: _draw(stored.pk, skymap))
    return stored


def outlines_of(stored: StoredSkyMap) -> dict[str, list[list[list[float]]]]:
    """The outlines of a stored map, drawn now when nobody has: level -> lines of [ra, dec], deg."""
    if stored.contours is None:
        stored.contours = _draw(stored.pk, stored.data)
    lines: dict[str, list[list[list[float]]]] = stored.contours
    return lines


def _draw(pk: int, skymap: SkyMap) -> dict[str, list[list[list[float]]]]:
    try:
        drawn = _as_json(contours(skymap, LEVELS))
    except _DRAWING_FAULTS:
        # The map is good for everything else; a page shows it without lines.
        logger.exception("the outlines of sky map %s cannot be drawn", pk)
        drawn = _as_json({level: [] for level in LEVELS})
    StoredSkyMap.objects.filter(pk=pk, contours__isnull=True).update(contours=drawn)
    return drawn


def _as_json(lines: Lines) -> dict[str, list[list[list[float]]]]:
    return {str(level): outlines for level, outlines in lines.items()}
