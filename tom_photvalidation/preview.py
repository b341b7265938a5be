"""The light curves that rows would make, before anything is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.contrib.auth.models import AnonymousUser, User
from numpy.typing import NDArray
from tom_targets.models import Target

from tom_photvalidation.curve import MJD_OF_EPOCH, NEW, S_PER_DAY, curve_document
from tom_photvalidation.measurements import Measurements
from tom_photvalidation.naming import find_targets

MOST_TARGETS = 3
MOST_ROWS = 5000
MOST_BYTES = 2_000_000


@dataclass(frozen=True)
class Preview:
    """Light curves with new points among the known ones, and what is not among them."""

    documents: tuple[dict[str, Any], ...]
    not_shown: str = ""


def preview_of(m: Measurements, user: User | AnonymousUser) -> Preview:
    """Return the light curves of the targets with most new points, and say in words what is left out."""
    named = find_targets(sorted(set(m.target.tolist())), user)
    rows_of = _rows_by_target(m, named)
    chosen = sorted(rows_of, key=lambda pk: -len(rows_of[pk]))[:MOST_TARGETS]
    targets = {one.pk: one for one in Target.objects.filter(pk__in=chosen)}
    documents, said = [], []
    for pk in chosen:
        rows = rows_of[pk]
        # evenly, so that all of the span is seen
        step = -(-len(rows) // MOST_ROWS)
        shown = rows[::step]
        if step > 1:
            said.append(f"Of the {len(rows):,} rows of {targets[pk].name} every {_ordinal(step)} is drawn.")
        documents.append(curve_document(targets[pk], user, _rows(m.take(shown))))
    if left := len(rows_of) - len(chosen):
        n_left = sum(len(rows) for pk, rows in rows_of.items() if pk not in targets)
        said.append(
            f"The {MOST_TARGETS} targets with most rows are drawn; {left} more with {n_left:,} rows are checked, "
            "and not drawn."
        )
    return Preview(tuple(documents), " ".join(said))


def too_long_to_draw(n_bytes: int) -> Preview:
    """Return what is said of a table that is checked only: drawing it would mean to read it twice."""
    size = f"{n_bytes / 1e6:.1f} MB"
    return Preview(
        (), f"All rows are checked. No light curve is drawn of tables above {MOST_BYTES / 1e6:.0f} MB; this has {size}."
    )


def _rows_by_target(m: Measurements, named: Mapping[str, int]) -> dict[int, NDArray[np.int64]]:
    pks = np.array([named.get(name, 0) for name in m.target.tolist()], dtype=np.int64)
    return {pk: np.flatnonzero(pks == pk) for pk in sorted(set(named.values()))}


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")


def _rows(m: Measurements) -> list[tuple[Any, ...]]:
    """Measurements as the columns of a light curve; keys below zero, since nothing is stored."""
    seconds = (m.mid_mjd - MJD_OF_EPOCH) * S_PER_DAY
    yes_no = {1: True, 0: False}
    return [
        (
            -1 - k, float(seconds[k]), m.telescope[k], m.filter[k], m.kind[k], m.magsys[k], _given(m.mag[k]),
            _given(m.magerr[k]), _given(m.limiting_mag[k]), _given(m.flux_ujy[k]), _given(m.fluxerr_ujy[k]),
            _given(m.exposure_s[k]), m.observer[k], yes_no.get(int(m.subtracted[k])), NEW, "",
        )
        for k in range(len(m))
    ]  # fmt: skip


def _given(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
