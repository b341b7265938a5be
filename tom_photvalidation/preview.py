"""The light curves that rows would make, before anything is stored."""

from typing import Any

import numpy as np
from django.contrib.auth.models import AnonymousUser, User
from tom_targets.models import Target

from tom_photvalidation.curve import MJD_OF_EPOCH, NEW, S_PER_DAY, curve_document
from tom_photvalidation.measurements import Measurements
from tom_photvalidation.naming import find_targets

MOST_TARGETS = 3
MOST_ROWS = 5000


def preview_documents(m: Measurements, user: User | AnonymousUser) -> list[dict[str, Any]]:
    """Return the light curve of each target with the new points among the known ones, of the first few targets."""
    named = find_targets(sorted(set(m.target.tolist())), user)
    documents = []
    for target in Target.objects.filter(pk__in=set(named.values())).order_by("name")[:MOST_TARGETS]:
        names = [name for name, pk in named.items() if pk == target.pk]
        rows = np.flatnonzero(np.isin(m.target.astype(str), names))[:MOST_ROWS]
        documents.append(curve_document(target, user, _rows(m.take(rows))))
    return documents


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
