"""Loading catalogues of galaxies and ranking them in the map of a localization."""

import csv
import io
import logging
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from tom_gcn.galaxies import Catalogue, GalaxyRows, Weight, rank
from tom_gcn.galaxies.completeness import SHELL_EDGES_MPC, completeness, light_in_shells, shells
from tom_gcn.models import Galaxy, GalaxyCatalogue, Localization, ObservationPlan
from tom_gcn.planning.problem import GalaxyTargets
from tom_gcn.skymaps import SkyMap, hpx29

logger = logging.getLogger(__name__)

LEVEL = 0.95
# Beyond this many galaxies a list of hosts says nothing, and the memory of a web worker has an end.
MOST_GALAXIES = 2_000_000
# Galaxies a plan looks at, and the share of the scores they hold together at most: the rest are crumbs.
MOST_TARGETS = 5000
TARGETS_SHARE = 0.99
# Taken where a catalogue does not tell how complete it is, as invented galaxies do not.
UNKNOWN_COMPLETENESS = 0.5
# A catalogue that holds less of the expected light than this tells nothing of where a host is.
NEXT_TO_NOTHING = 0.03
_SIGMAS = 4.0
_COPIED = (
    "catalogue_id", "name", "hpx29", "ra_deg", "dec_deg", "distance_mpc", "distance_error_mpc", "mass_msun",
    "luminosity_b_lsun",
)  # fmt: skip
# One row of COPY ... BINARY: the number of columns, then the size and bytes of each, big-endian.
_BINARY_ROW = np.dtype(
    [("count", ">i2")]
    + [
        item
        for name, kind in (("id", ">i8"), ("ra", ">f8"), ("dec", ">f8"), ("distance", ">f8"), ("error", ">f8"),
                           ("mass", ">f8"), ("light", ">f8"))
        for item in ((f"{name}_size", ">i4"), (name, kind))
    ]
)  # fmt: skip
_BINARY_HEAD = 19
_BINARY_TAIL = struct.pack(">h", -1)


def load_catalogue(catalogue: Catalogue, path: Path) -> GalaxyCatalogue:
    """Load the galaxies of a file, in place of those the catalogue had; all of them or none.

    Raises
    ------
    CatalogueError
        When the file is not the catalogue it should be.
    """
    described = {
        "reference": catalogue.reference,
        "completeness": catalogue.completeness,
        "is_sample": catalogue.is_sample,
        "file_name": path.name[:255],
    }
    with transaction.atomic():
        row, _ = GalaxyCatalogue.objects.update_or_create(name=catalogue.name, defaults=described)
        GalaxyCatalogue.objects.select_for_update().get(pk=row.pk)
        # Plain SQL: Django would read millions of rows to see what hangs on them.
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM tom_gcn_galaxy WHERE catalogue_id = %s", [row.pk])
        light = np.zeros(len(SHELL_EDGES_MPC) - 1)
        row.n_galaxies = row.n_skipped = 0
        for batch in catalogue.read(path):
            _copy(row, batch)
            light += light_in_shells(batch)
            row.n_galaxies += len(batch)
            row.n_skipped += batch.n_skipped
        row.luminosity_shells = shells(light)
        row.save()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tom_gcn_galaxy")
    logger.info("%s: %d galaxies, %d rows skipped", row.name, row.n_galaxies, row.n_skipped)
    return row


def _copy(catalogue: GalaxyCatalogue, rows: GalaxyRows) -> None:
    if not len(rows):
        return
    text = io.StringIO()
    writer = csv.writer(text)
    figures = (rows.distance_error_mpc, rows.mass_msun, rows.luminosity_b_lsun)
    columns = (hpx29(rows.ra_deg, rows.dec_deg), rows.ra_deg, rows.dec_deg, rows.distance_mpc)
    lists = [column.tolist() for column in columns] + [_or_empty(column) for column in figures]
    writer.writerows(zip([catalogue.pk] * len(rows), rows.names, *lists, strict=True))
    text.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY tom_gcn_galaxy ({', '.join(_COPIED)}) FROM STDIN WITH (FORMAT csv)", text)


def _or_empty(column: NDArray[np.float64]) -> list[Any]:
    return [value if value == value else None for value in column.tolist()]  # noqa: PLR0124  NaN is not itself


def catalogue_for(name: str, *, invented: bool) -> GalaxyCatalogue | None:
    """The catalogue of that name, else the largest; invented galaxies only where `invented` says so."""
    rows = GalaxyCatalogue.objects.filter(n_galaxies__gt=0)
    rows = rows if invented else rows.filter(is_sample=False)
    if name:
        return rows.filter(name__iexact=name).first()
    return rows.order_by("is_sample", "-n_galaxies").first()


@dataclass(frozen=True)
class RankedGalaxy:
    """A galaxy with its rank, the share of all scores, and how it lies in the map."""

    rank: int
    galaxy: Galaxy
    share: float
    cumulative: float
    credible_level: float


@dataclass(frozen=True)
class RankedGalaxies:
    """The likeliest hosts in a localization; `count` says how many galaxies were compared."""

    catalogue: GalaxyCatalogue
    localization: Localization
    weight: Weight
    count: int
    rows: list[RankedGalaxy]
    completeness: float | None
    is_cut: bool

    @property
    def is_catalogue_empty(self) -> bool:
        """Whether the catalogue holds next to nothing at this distance."""
        return self.completeness is not None and self.completeness < NEXT_TO_NOTHING


def rank_galaxies(
    localization: Localization, catalogue: GalaxyCatalogue, weight: Weight = Weight.NONE, most: int = 100
) -> RankedGalaxies:
    """Rank the galaxies of a catalogue in the 95 % region of a localization's map."""
    skymap = localization.skymap.data
    found = _galaxies_in(catalogue, skymap)
    chosen = {Weight.NONE: None, Weight.MASS: found["mass"], Weight.LUMINOSITY: found["light"]}[weight]
    ranking = rank(skymap, found["ra"], found["dec"], found["distance"], found["error"], chosen)
    best = ranking.order[:most]
    galaxies = Galaxy.objects.in_bulk(found["id"][best].tolist())
    levels = skymap.credible_level(found["ra"][best], found["dec"][best]).tolist()
    shares, cumulative = ranking.share[:most].tolist(), np.cumsum(ranking.share[:most]).tolist()
    rows = [
        RankedGalaxy(place + 1, galaxies[pk], shares[place], min(cumulative[place], 1.0), levels[place])
        for place, pk in enumerate(found["id"][best].tolist())
        if pk in galaxies
    ]
    near, far = _distances(skymap)
    share = completeness(catalogue.luminosity_shells, near, far) if far and not catalogue.is_sample else None
    is_cut = len(found) == MOST_GALAXIES
    return RankedGalaxies(catalogue, localization, weight, len(ranking.order), rows, share, is_cut)


def galaxy_targets(skymap: SkyMap, catalogue: GalaxyCatalogue) -> GalaxyTargets | None:
    """The likeliest hosts for a plan: by place, distance and B light; None where the map or the catalogue has none.

    Without distances a map says nothing of which galaxies on its many lines of sight are meant.
    """
    if not skymap.has_distance:
        return None
    found = _galaxies_in(catalogue, skymap)
    ranking = rank(skymap, found["ra"], found["dec"], found["distance"], found["error"], found["light"])
    enough = int(np.searchsorted(np.cumsum(ranking.share), TARGETS_SHARE)) + 1
    best, share = ranking.order[: min(enough, MOST_TARGETS)], ranking.share[: min(enough, MOST_TARGETS)]
    if not len(best):
        return None
    rows = found[best]
    names = dict(Galaxy.objects.filter(pk__in=rows["id"].tolist()).values_list("pk", "name"))
    known = completeness(catalogue.luminosity_shells, *_distances(skymap)) if not catalogue.is_sample else None
    return GalaxyTargets(
        name=tuple(names.get(pk, "") for pk in rows["id"].tolist()),
        ra_deg=rows["ra"].astype(np.float64),
        dec_deg=rows["dec"].astype(np.float64),
        weight=np.minimum(share, 1.0),
        completeness=UNKNOWN_COMPLETENESS if known is None else known,
        catalogue=catalogue.name,
    )


def holds_next_to_nothing(plan: ObservationPlan) -> bool:
    """Whether the catalogue holds so little at the distance of a plan's event that its galaxies tell nothing."""
    catalogue = catalogue_for("", invented=plan.event.is_test)
    if catalogue is None or catalogue.is_sample:
        return False
    columns = "skymap__distance_mean_mpc", "skymap__distance_sigma_mpc"
    mean, sigma = Localization.objects.values_list(*columns).get(pk=plan.localization_id)
    if mean is None:
        return False
    share = completeness(catalogue.luminosity_shells, max(mean - (sigma or 0.0), 0.0), mean + (sigma or 0.0))
    return share is not None and share < NEXT_TO_NOTHING


def _distances(skymap: SkyMap) -> tuple[float, float]:
    """Mean distance minus and plus one sigma [Mpc]; zeros for a map without."""
    distance = skymap.distance()
    return (max(distance[0] - distance[1], 0.0), distance[0] + distance[1]) if distance else (0.0, 0.0)


def _galaxies_in(catalogue: GalaxyCatalogue, skymap: SkyMap) -> NDArray[Any]:
    """Galaxies in the region and within 4 sigma of its distances, as one array of their columns."""
    ranges = skymap.region(LEVEL)
    near, far = 0.0, float("inf")
    if skymap.has_distance and skymap.distmu is not None and skymap.distsigma is not None:
        inside = skymap.tiles_to_level(LEVEL)
        mu, sigma = skymap.distmu[inside], skymap.distsigma[inside]
        known = np.isfinite(mu) & np.isfinite(sigma)
        if known.any():
            near = float(max((mu - _SIGMAS * sigma)[known].min(), 0.0))
            far = float((mu + _SIGMAS * sigma)[known].max())
    query = (
        "COPY (SELECT galaxy.id, galaxy.ra_deg, galaxy.dec_deg, galaxy.distance_mpc,"
        " COALESCE(distance_error_mpc, 'NaN'), COALESCE(mass_msun, 'NaN'), COALESCE(luminosity_b_lsun, 'NaN')"
        " FROM unnest(%s::bigint[], %s::bigint[]) AS part(lower, upper) JOIN tom_gcn_galaxy AS galaxy"
        " ON galaxy.catalogue_id = %s AND galaxy.hpx29 >= part.lower AND galaxy.hpx29 < part.upper"
        # A galaxy's own error may bring it into the volume.
        " WHERE galaxy.distance_mpc + 4 * COALESCE(distance_error_mpc, 0) >= %s"
        " AND galaxy.distance_mpc - 4 * COALESCE(distance_error_mpc, 0) <= %s"
        " LIMIT %s) TO STDOUT WITH (FORMAT binary)"
    )
    values = [ranges[:, 0].tolist(), ranges[:, 1].tolist(), catalogue.pk, near, far, MOST_GALAXIES]
    file = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(cursor.mogrify(query, values).decode(), file)
    body = file.getbuffer()[_BINARY_HEAD : -len(_BINARY_TAIL)]
    return np.frombuffer(body, dtype=_BINARY_ROW)


CSV_COLUMNS = (
    "rank", "name", "ra_deg", "dec_deg", "distance_mpc", "distance_error_mpc", "mass_msun", "luminosity_b_lsun",
    "probability_share", "cumulative_share", "credible_level", "catalogue",
)  # fmt: skip


def record(row: RankedGalaxy, catalogue: GalaxyCatalogue) -> dict[str, Any]:
    """A ranked galaxy with the columns every export shares."""
    galaxy = row.galaxy
    figures = (galaxy.name, galaxy.ra_deg, galaxy.dec_deg, galaxy.distance_mpc, galaxy.distance_error_mpc)
    weights = (galaxy.mass_msun, galaxy.luminosity_b_lsun)
    values = (row.rank, *figures, *weights, row.share, row.cumulative, row.credible_level, catalogue.name)
    return dict(zip(CSV_COLUMNS, values, strict=True))


def records(ranked: RankedGalaxies) -> Iterator[dict[str, Any]]:
    """All listed galaxies as records."""
    return (record(row, ranked.catalogue) for row in ranked.rows)
