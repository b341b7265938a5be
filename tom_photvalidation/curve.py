"""The points of a target as light-curve pages draw them: columns of small numbers, packed."""

import base64
import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.db.models import F, FloatField, Func, QuerySet
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
_NUMBER, _TEXT = pa.float64(), pa.string()
_COLUMNS = {
    "pk": pa.int64(), "seconds": _NUMBER, "telescope": _TEXT, "filter": _TEXT, "kind": _TEXT, "magsys": _TEXT,
    "mag": _NUMBER, "magerr": _NUMBER, "limiting_mag": _NUMBER, "flux_ujy": _NUMBER, "fluxerr_ujy": _NUMBER,
    "exposure_s": _NUMBER, "observer": _TEXT, "subtracted": pa.bool_(), "status": _TEXT, "severity": _TEXT,
}  # fmt: skip
# A point that is not stored yet, on the page where it is told.
NEW = "new"
_KINDS = [Kind.DETECTION, Kind.LIMIT, Kind.FORCED]
_STATUSES = [*Status.values, NEW]
_SEVERITIES = ["", Severity.NOTE, Severity.WARNING, Severity.QUARANTINE, Severity.ERROR]


class _Seconds(Func):
    """Seconds since 1970 of a time. EXTRACT would make a decimal of each first, which takes ten times as long."""

    function = "date_part"
    template = "%(function)s('epoch', %(expressions)s)"
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
    table = _fetched(points.annotate(seconds=_Seconds(F("t_mid"))).order_by())
    if more:
        columns = [
            pa.array(column, type_) for column, type_ in zip(zip(*more, strict=True), _COLUMNS.values(), strict=True)
        ]
        table = pa.concat_tables([table, pa.table(columns, list(_COLUMNS))])
    table = table.sort_by([("seconds", "ascending"), ("pk", "ascending")])
    epoch = TargetEpoch.objects.filter(target=target.pk).first()
    return {
        "target": target.name,
        "t0_mjd": MJD_OF_EPOCH + epoch.t0.timestamp() / S_PER_DAY if epoch else None,
        "t0_source": epoch.source if epoch else "",
        "ebv": ebv_at(target.ra, target.dec),
        "n": len(table),
        **_packed(table),
    }


def _fetched(points: QuerySet[PhotometryPoint]) -> pa.Table:
    """Points as columns, by COPY: a Python object for each value would take ten times as long."""
    statement, values = points.values_list(*_COLUMNS).query.sql_with_params()
    text = io.BytesIO()
    with connection.cursor() as cursor:
        chosen = cursor.mogrify(statement, values).decode()
        cursor.copy_expert(f"COPY ({chosen}) TO STDOUT WITH (FORMAT csv)", text)
    if not text.tell():
        return pa.table({name: pa.array([], type_) for name, type_ in _COLUMNS.items()})
    return arrow_csv.read_csv(
        pa.py_buffer(text.getvalue()),
        read_options=arrow_csv.ReadOptions(column_names=list(_COLUMNS)),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(column_types=_COLUMNS, true_values=["t"], false_values=["f"]),
    )


def _packed(table: pa.Table) -> dict[str, Any]:
    pk, seconds = _numbers(table, "pk").astype(np.int64), _numbers(table, "seconds")
    first = float(seconds[0]) if len(seconds) else 0.0
    span = float(seconds[-1]) - first if len(seconds) else 0.0
    unit = next((step for step in _STEPS if span / step < 2**32), 100.0)
    telescopes, telescope = _numbered(table, "telescope")
    filters, filter_ = _numbered(table, "filter", by_wavelength=True)
    observers, observer = _numbered(table, "observer")
    exposures, exposure = _numbered(table, "exposure_s")
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
            "mag": _packed_column(_thousandths(_numbers(table, "mag"), _NOTHING, -32767, 32767), np.int16),
            "error": _packed_column(_thousandths(_numbers(table, "magerr"), _NO_ERROR, 0, 65534), np.uint16),
            "limit": _packed_column(_thousandths(_numbers(table, "limiting_mag"), _NOTHING, -32767, 32767), np.int16),
            "telescope": _packed_column(telescope, _smallest(telescope)),
            "filter": _packed_column(filter_, _smallest(filter_)),
            "observer": _packed_column(observer, _smallest(observer)),
            "exposure": _packed_column(exposure, _smallest(exposure)),
            "flags": _packed_column(_flags(table), np.uint16),
        },
        "flux": _flux(table),
    }


def _numbers(table: pa.Table, name: str) -> NDArray[np.float64]:
    """A column of numbers; NaN where nothing was given."""
    return np.asarray(table[name].to_numpy(), dtype=np.float64)


def _numbered(table: pa.Table, name: str, by_wavelength: bool = False) -> tuple[list[Any], NDArray[np.int64]]:
    """Return the different values, the commonest first or by wavelength, and for each row which it is."""
    encoded = table[name].combine_chunks().dictionary_encode(null_encoding="encode")
    values, codes = encoded.dictionary.to_pylist(), encoded.indices.to_numpy(zero_copy_only=False)
    counts = np.bincount(codes, minlength=len(values))
    rank = (lambda k: _by_wavelength(values[k])) if by_wavelength else (lambda k: (-counts[k], k))
    order = sorted(range(len(values)), key=rank)
    places = np.empty(len(values), dtype=np.int64)
    places[order] = np.arange(len(values))
    return [values[k] for k in order], places[codes]


def _codes(table: pa.Table, name: str, known: Sequence[str]) -> NDArray[np.int64]:
    """A column of words as their numbers in `known`; a word that is not there counts as the first."""
    encoded = table[name].combine_chunks().dictionary_encode()
    words = encoded.dictionary.to_pylist()
    places = np.array([known.index(word) if word in known else 0 for word in words], dtype=np.int64)
    return places[encoded.indices.to_numpy(zero_copy_only=False)]


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


def _thousandths(numbers: NDArray[np.float64], nothing: int, low: int, high: int) -> NDArray[np.int64]:
    given = np.isfinite(numbers)
    bounded = np.clip(np.rint(np.where(given, numbers, 0.0) * 1000.0), low, high)
    return np.where(given, bounded, nothing).astype(np.int64)


def _flags(table: pa.Table) -> NDArray[np.int64]:
    """Kind, status, magnitude system, subtraction (0 not told, 1 yes, 2 no) and severity of each point, in bits."""
    subtracted = np.asarray(table["subtracted"].cast(pa.float64()).to_numpy(), dtype=np.float64)
    told = np.where(np.isnan(subtracted), 0, 2 - np.nan_to_num(subtracted)).astype(np.int64)
    flags: NDArray[np.int64] = (
        _codes(table, "kind", _KINDS)
        | _codes(table, "status", _STATUSES) << 2
        | _codes(table, "magsys", ["AB", "Vega"]) << 5
        | told << 6
        | _codes(table, "severity", _SEVERITIES) << 8
    )
    return flags


def _flux(table: pa.Table) -> dict[str, list[Any]]:
    """Measured fluxes, where magnitudes do not tell them: of forced photometry, which may be negative."""
    flux, error = _numbers(table, "flux_ujy"), _numbers(table, "fluxerr_ujy")
    is_forced = _codes(table, "kind", _KINDS) == _KINDS.index(Kind.FORCED)
    told = np.flatnonzero(np.isfinite(flux) & (is_forced | np.isnan(_numbers(table, "mag"))))
    return {
        "index": told.tolist(),
        "ujy": [float(f"{value:.5g}") for value in flux[told].tolist()],
        "error": [float(f"{value:.3g}") if math.isfinite(value) else None for value in error[told].tolist()],
    }


def _packed_column(column: NDArray[Any], kind: type[np.integer[Any]]) -> tuple[str, str]:
    """A column as [type, base64 of its little-endian bytes]; JavaScript's typed arrays read it as it is."""
    dtype = np.dtype(kind).newbyteorder("<")
    return f"{dtype.kind}{dtype.itemsize}", base64.b64encode(column.astype(dtype).tobytes()).decode("ascii")
