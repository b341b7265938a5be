"""The body SkyPortal's photometry API takes: every field a list or one value for all rows.

Rules of SkyPortal (`skyportal/models/schema.py`, PhotFluxFlexible and PhotMagFlexible, BSD-3): `obj_id`, `mjd`,
`filter`, `magsys` and `instrument_id` must be there; in magnitudes `mag` and `magerr` come both or not at all, and
`limiting_mag` stands where they do not; in fluxes `fluxerr` and `zp` must be there and `flux` may be null. The sigma of
a limit is 3 unless `limiting_mag_nsigma` says otherwise. A row with a magnitude says with its limit how deep the image
is.

STDWeb sends such bodies (`stdweb/views_skyportal.py`, MIT) with what it does not say: its limits are 5 sigma, and its
times are DATE-OBS, the start of the exposure, without the exposure time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tom_photvalidation.cells import as_texts, not_given
from tom_photvalidation.measurements import Problem, is_stdweb
from tom_photvalidation.readers.records import columns_table
from tom_photvalidation.table import Conventions, Table, UnreadableFile

REQUIRED = ("obj_id", "mjd", "filter", "magsys")
INSTRUMENTS = ("instrument_id", "instrument_name", "telescope")
NOT_ROWS = ("group_ids", "stream_ids", "id", "followup_request_id", "assignment_id")
COLUMNS: Mapping[str, str] = {
    "obj_id": "target",
    "instrument_id": "instrument",
    "limiting_mag": "limiting_mag",
    "limiting_mag_nsigma": "limit_sigma",
    "ra_unc": "position_err_arcsec",
    "magref": "",
    "e_magref": "",
    "ref_flux": "",
    "ref_fluxerr": "",
}


def is_body(document: Any) -> bool:
    """Tell whether a parsed document is the body of SkyPortal's photometry API."""
    return isinstance(document, Mapping) and "obj_id" in document and any(name in document for name in INSTRUMENTS)


def body_table(document: Mapping[str, Any]) -> Table:
    """Return the rows of a body; a row that breaks a rule of SkyPortal is refused.

    Raises
    ------
    UnreadableFile
        When a field that must be there is missing, or lists differ in length.
    """
    body = {name: value for name, value in document.items() if name not in NOT_ROWS}
    for name in REQUIRED:
        if name not in body:
            raise UnreadableFile(
                "missing-field", f"The field {name} is missing.", f"Add {name} to the body.", column=name
            )
    if not any(name in body for name in INSTRUMENTS):
        raise UnreadableFile(
            "missing-field",
            "The field instrument_id is missing.",
            "Add instrument_id to the body.",
            column="instrument_id",
        )
    conventions = Conventions(
        values=_unsaid(body),
        infinite_error_is_limit=False,
        columns={k: v for k, v in COLUMNS.items() if k in body},
    )
    return _checked(columns_table(body, "skyportal", conventions))


def is_from_stdweb(body: Mapping[str, Any]) -> bool:
    """Tell whether STDWeb sent a body: it calls itself "stdview", in `origin` and in `altdata`."""
    origin, more = body.get("origin"), body.get("altdata")
    origins = origin if isinstance(origin, list) else [origin]
    notes = more if isinstance(more, list) else [more]
    named = bool(origins) and all(isinstance(one, str) and is_stdweb(one) for one in origins)
    return named or (bool(notes) and all(isinstance(one, Mapping) and "stdview" in one for one in notes))


def _unsaid(body: Mapping[str, Any]) -> dict[str, str]:
    """Return what holds for rows that do not say."""
    if is_from_stdweb(body):
        return {"limit_sigma": "5", "time_reference": "start", "pipeline": "STDWeb"}
    return {"limit_sigma": "3"} if "flux" not in body and "fluxerr" not in body else {}


def _checked(table: Table) -> Table:
    """Refuse rows that give half of a pair or leave out what must be there."""
    problems: list[Problem] = []
    bad = np.zeros(len(table), dtype=bool)
    empty = {
        name: _empty(table, name) for name in (*REQUIRED, "mag", "magerr", "limiting_mag", "flux", "fluxerr", "zp")
    }
    in_flux = "fluxerr" in table.headers or "flux" in table.headers
    rules = [(name, empty[name], "missing-field", f"{name} must be given.") for name in REQUIRED]
    if in_flux:
        rules += [(name, empty[name], "missing-field", f"A flux needs {name}.") for name in ("fluxerr", "zp")]
    else:
        rules += [
            ("magerr", ~empty["mag"] & empty["magerr"], "error-missing", "A magnitude needs its magerr."),
            ("mag", empty["mag"] & ~empty["magerr"], "error-without-magnitude", "magerr needs mag."),
            ("limiting_mag", empty["mag"] & empty["magerr"] & empty["limiting_mag"], "brightness-missing",
             "Without a magnitude limiting_mag must be given."),
        ]  # fmt: skip
    for name, wrong, code, message in rules:
        problems += [
            Problem(int(table.lines[at]), name, code, "", message, f"Give {name}.") for at in np.flatnonzero(wrong)
        ]
        bad |= wrong
    if not problems:
        return table
    keep = ~bad
    return replace(
        table,
        columns=tuple(column[keep] for column in table.columns),
        lines=table.lines[keep],
        submitted=table.submitted[keep],
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
        n_broken=int(bad.sum()),
    )


def _empty(table: Table, name: str) -> Any:
    if name not in table.headers:
        return np.ones(len(table), dtype=bool)
    column = table.column(name)
    return not_given(as_texts(column.tolist())) if column.dtype == object else np.isnan(column)
