"""The points of a target as light-curve pages draw them: columns of small numbers, packed."""

import base64
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import F, FloatField, Func
from numpy.typing import NDArray
from tom_targets.models import Target

from tom_photvalidation.band_colours import band_colour, extinction_per_ebv
from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.choices import Kind, Severity, Status
from tom_photvalidation.dust import ebv_at
from tom_photvalidation.models import PhotometryPoint, TargetEpoch

MJD_OF_EPOCH = 40587.0
S_PER_DAY = 86400.0
# A column of times is counted in steps of 32 bits: a tenth of a second reaches 13 years.
_STEPS = (0.1, 1.0, 10.0)
_NOTHING = -32768
_NO_ERROR = 65535
_COLUMNS = (
    "pk", "seconds", "telescope", "filter", "kind", "magsys", "mag", "magerr", "limiting_mag", "flux_ujy",
    "fluxerr_ujy", "exposure_s", "observer", "subtracted", "status", "severity",
)  # fmt: skip
_KINDS = {kind: bits for bits, kind in enumerate((Kind.DETECTION, Kind.LIMIT, Kind.FORCED))}
# A point that is not stored yet, on the page where it is told.
NEW = "new"
_STATUSES = {status: bits for bits, status in enumerate([*Status.values, NEW])}
_SEVERITIES = {"": 0, Severity.NOTE: 1, Severity.WARNING: 2, Severity.QUARANTINE: 3, Severity.ERROR: 4}
_SUBTRACTED = {None: 0, True: 1, False: 2}


class _Seconds(Func):
    """Seconds since 1970 of a time."""

    function = "EXTRACT"
    template = "%(function)s(EPOCH FROM %(expressions)s)::double precision"
    output_field = FloatField()


def curve_document(target: Target, user: User | AnonymousUser, more: Sequence[tuple[Any, ...]] = ()) -> dict[str, Any]:
    """Pack what `user` may see of a target's points, in the order of time, without versions that were replaced.

    Two queries, however many points. Times are counted from the first point, magnitudes in thousandths.

    Parameters
    ----------
    target, user : the target, which `user` may see
    more : rows that are not stored, as `_COLUMNS`
    """
    points = PhotometryPoint.objects.visible_to(user).filter(target=target.pk).current()
    rows = list(points.annotate(seconds=_Seconds(F("t_mid"))).order_by("t_mid", "pk").values_list(*_COLUMNS))
    if more:
        rows = sorted([*rows, *more], key=lambda row: row[1])
    epoch = TargetEpoch.objects.filter(target=target.pk).first()
    columns = dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(_COLUMNS, ())
    return {
        "target": target.name,
        "t0_mjd": epoch and MJD_OF_EPOCH + epoch.t0.timestamp() / S_PER_DAY,
        "t0_source": epoch.source if epoch else "",
        "ebv": ebv_at(target.ra, target.dec),
        "n": len(rows),
        **_packed(columns),
    }


def _packed(columns: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    pk = np.asarray(columns["pk"], dtype=np.int64)
    seconds = np.asarray(columns["seconds"], dtype=np.float64)
    first = float(seconds[0]) if len(seconds) else 0.0
    span = float(seconds[-1]) - first if len(seconds) else 0.0
    unit = next((step for step in _STEPS if span / step < 2**32), 100.0)
    telescopes, telescope = _numbered(columns["telescope"])
    filters, filter_ = _numbered(columns["filter"], order=_by_wavelength)
    observers, observer = _numbered(columns["observer"])
    exposures, exposure = _numbered(columns["exposure_s"])
    first_pk = int(pk.min()) if len(pk) else 0
    return {
        "first_mjd": MJD_OF_EPOCH + first / S_PER_DAY,
        "unit_s": unit,
        "first_id": first_pk,
        "telescopes": [name or "unknown telescope" for name in telescopes],
        "filters": [_filter_facts(name) for name in filters],
        "observers": observers,
        "exposures": exposures,
        "columns": {
            "id": _packed_column(pk - first_pk, np.uint32),
            "time": _packed_column(np.rint((seconds - first) / unit), np.uint32),
            "mag": _packed_column(_thousandths(columns["mag"], _NOTHING, -32767, 32767), np.int16),
            "error": _packed_column(_thousandths(columns["magerr"], _NO_ERROR, 0, 65534), np.uint16),
            "limit": _packed_column(_thousandths(columns["limiting_mag"], _NOTHING, -32767, 32767), np.int16),
            "telescope": _packed_column(telescope, _smallest(telescope)),
            "filter": _packed_column(filter_, _smallest(filter_)),
            "observer": _packed_column(observer, _smallest(observer)),
            "exposure": _packed_column(exposure, _smallest(exposure)),
            "flags": _packed_column(_flags(columns), np.uint16),
        },
        "flux": _flux(columns),
    }


def _numbered(values: tuple[Any, ...], order: Any = None) -> tuple[list[Any], NDArray[np.int64]]:
    """Return the different values, the commonest first or by `order`, and for each row which it is."""
    counted = Counter(values)
    known = sorted(counted, key=order) if order else [value for value, _ in counted.most_common()]
    places = {value: place for place, value in enumerate(known)}
    return known, np.fromiter((places[value] for value in values), dtype=np.int64, count=len(values))


def _by_wavelength(name: str) -> tuple[float, str]:
    band = BANDS.get(name)
    return (band.wavelength_nm if band else math.inf, name)


def _smallest(column: NDArray[np.int64]) -> type[np.unsignedinteger[Any]]:
    most = int(column.max()) if len(column) else 0
    return np.uint8 if most < 2**8 else np.uint16 if most < 2**16 else np.uint32


def _filter_facts(name: str) -> dict[str, Any]:
    band = BANDS.get(name)
    facts = {"name": name, "label": band.label if band else name, "colour": band_colour(name)}
    if band is None:
        return {**facts, "ab_minus_vega": None, "extinction": None}
    return {
        **facts,
        "ab_minus_vega": _finite(band.ab_minus_vega),
        "extinction": _finite(extinction_per_ebv(band.wavelength_nm)),
    }


def _finite(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None


def _thousandths(values: tuple[Any, ...], nothing: int, low: int, high: int) -> NDArray[np.int64]:
    numbers = np.asarray([math.nan if value is None else value for value in values], dtype=np.float64)
    given = np.isfinite(numbers)
    bounded = np.clip(np.rint(np.where(given, numbers, 0.0) * 1000.0), low, high)
    return np.where(given, bounded, nothing).astype(np.int64)


def _flags(columns: dict[str, tuple[Any, ...]]) -> NDArray[np.int64]:
    rows = zip(
        columns["kind"], columns["status"], columns["magsys"], columns["subtracted"], columns["severity"], strict=True
    )
    return np.fromiter(
        (
            _KINDS[kind] | _STATUSES[status] << 2 | (magsys == "Vega") << 5 | _SUBTRACTED[subtracted] << 6
            | _SEVERITIES[severity] << 8
            for kind, status, magsys, subtracted, severity in rows
        ),
        dtype=np.int64,
        count=len(columns["kind"]),
    )  # fmt: skip


def _flux(columns: dict[str, tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Measured fluxes, where magnitudes do not tell them: of forced photometry, which may be negative."""
    rows = zip(columns["kind"], columns["mag"], columns["flux_ujy"], columns["fluxerr_ujy"], strict=True)
    told = [
        (index, float(f"{flux:.5g}"), None if error is None else float(f"{error:.3g}"))
        for index, (kind, mag, flux, error) in enumerate(rows)
        if flux is not None and (kind == Kind.FORCED or mag is None)
    ]
    index, ujy, error = zip(*told, strict=True) if told else ((), (), ())
    return {"index": list(index), "ujy": list(ujy), "error": list(error)}


def _packed_column(column: NDArray[Any], kind: type[np.integer[Any]]) -> tuple[str, str]:
    """A column as [type, base64 of its little-endian bytes]; JavaScript's typed arrays read it as it is."""
    dtype = np.dtype(kind).newbyteorder("<")
    return f"{dtype.kind}{dtype.itemsize}", base64.b64encode(column.astype(dtype).tobytes()).decode("ascii")
