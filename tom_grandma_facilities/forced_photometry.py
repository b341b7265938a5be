"""Reads what the forced-photometry services of ATLAS and ZTF send back.

Plain Python: text in, points out. Fluxes are in microjansky (AB), of the difference image unless it was asked for
otherwise, and negative ones are measurements like any other. Times are MJD UTC as the service gives them: ATLAS tells
the start of its 30 s exposures, ZTF likewise the start.

Sources: columns of ATLAS at https://fallingstar-data.com/forcedphot/resultdesc/; columns and codes of ZTF in Masci et
al. 2023, arXiv:2305.16279. A ZTF flux is in units of the image's zero point `zpdiff`: mag = zpdiff - 2.5 log10(flux).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, log10

JD_MINUS_MJD = 2400000.5
AB_ZERO_UJY = 23.9  # magnitude of one microjansky
DETECTION_SIGMA = 3.0
_ATLAS_BANDS = {"c": "atlasc", "o": "atlaso"}
_ZTF_BANDS = {"ZTF_g": "ztfg", "ZTF_r": "ztfr", "ZTF_i": "ztfi"}
# Epochs whose photometry may suffer from bad pixels or an early difference image; ZTF's manual keeps them.
_ZTF_USABLE = {"0", "56", "57", "59", "61", "62"}


class UnreadableResult(ValueError):
    """What came back is not a table of the service."""


@dataclass(frozen=True, slots=True)
class ForcedPoint:
    """One epoch: time, band, flux and its error in microjansky, and the depth of the image (AB, 5 sigma)."""

    mjd: float
    band: str
    flux_ujy: float
    flux_error_ujy: float
    limiting_mag: float | None
    note: str = ""

    @property
    def is_detection(self) -> bool:
        """Whether the flux is more than three times its error."""
        return self.flux_error_ujy > 0 and self.flux_ujy > DETECTION_SIGMA * self.flux_error_ujy

    @property
    def mag(self) -> float | None:
        """The AB magnitude of a detection."""
        return AB_ZERO_UJY - 2.5 * log10(self.flux_ujy) if self.is_detection else None


def read_atlas(text: str) -> tuple[ForcedPoint, ...]:
    """Return the epochs of an ATLAS result.

    Raises
    ------
    UnreadableResult
        When there is no heading, or a row does not fit it.
    """
    rows = _rows(text, _atlas_heading(text))
    return tuple(_atlas_point(row) for row in rows)


def read_ztf(text: str) -> tuple[ForcedPoint, ...]:
    """Return the usable epochs of a ZTF light curve: those with a flux and without a fatal code.

    Raises
    ------
    UnreadableResult
        When there is no heading, or a row does not fit it.
    """
    rows = _rows(text, _ztf_heading(text))
    return tuple(point for row in rows if (point := _ztf_point(row)) is not None)


def in_words(points: tuple[ForcedPoint, ...]) -> str:
    """Say how much there is: epochs, detections, the last one."""
    found = [one for one in points if one.is_detection]
    if not points:
        return "No image covers the position in this time."
    words = f"{len(points)} epochs, {len(found)} above {DETECTION_SIGMA:g} sigma"
    if not found:
        return f"{words}."
    last = max(found, key=lambda one: one.mjd)
    return f"{words}; the last at MJD {last.mjd:.3f}, {last.band} = {last.mag:.2f} mag."


def _atlas_heading(text: str) -> tuple[int, list[str]]:
    for number, line in enumerate(text.splitlines()):
        if line.startswith("###MJD"):
            return number, ["MJD", *line.split()[1:]]
    raise UnreadableResult("ATLAS sent no table: the line that begins with ###MJD is missing.")


def _ztf_heading(text: str) -> tuple[int, list[str]]:
    for number, line in enumerate(text.splitlines()):
        names = line.lstrip("# ").replace(",", " ").split()
        if names[:1] == ["index"] and "forcediffimflux" in names:
            return number, names
    raise UnreadableResult("ZTF sent no light curve: the line with index, field, … forcediffimflux is missing.")


def _rows(text: str, heading: tuple[int, list[str]]) -> Iterator[dict[str, str]]:
    first, names = heading
    for number, line in enumerate(text.splitlines()[first + 1 :], start=first + 2):
        cells = line.split()
        if not cells or line.startswith("#"):
            continue
        if len(cells) != len(names):
            raise UnreadableResult(f"Line {number} has {len(cells)} cells where the heading has {len(names)}.")
        yield dict(zip(names, cells, strict=True))


def _atlas_point(row: dict[str, str]) -> ForcedPoint:
    return ForcedPoint(
        mjd=_number(row, "MJD"),
        band=_ATLAS_BANDS.get(row.get("F", ""), row.get("F", "")),
        flux_ujy=_number(row, "uJy"),
        flux_error_ujy=_number(row, "duJy"),
        limiting_mag=_number(row, "mag5sig"),
        note="" if row.get("err", "0") == "0" else f"tphot error {row['err']}",
    )


def _ztf_point(row: dict[str, str]) -> ForcedPoint | None:
    codes = row.get("procstatus", "0").split(",")
    if "null" in (row.get("forcediffimflux"), row.get("forcediffimfluxunc")) or set(codes) - _ZTF_USABLE:
        return None
    scale = 10 ** ((AB_ZERO_UJY - _number(row, "zpdiff")) / 2.5)
    depth = row.get("diffmaglim", "null")
    return ForcedPoint(
        mjd=_number(row, "jd") - JD_MINUS_MJD,
        band=_ZTF_BANDS.get(row.get("filter", ""), row.get("filter", "")),
        flux_ujy=_number(row, "forcediffimflux") * scale,
        flux_error_ujy=_number(row, "forcediffimfluxunc") * scale,
        limiting_mag=None if depth == "null" else _number(row, "diffmaglim"),
        note="" if codes == ["0"] else f"procstatus {','.join(codes)}",
    )


def _number(row: dict[str, str], name: str) -> float:
    try:
        value = float(row[name])
    except KeyError:
        raise UnreadableResult(f"The column {name} is missing.") from None
    except ValueError:
        raise UnreadableResult(f"{row[name]!r} is not a number ({name}).") from None
    if not isfinite(value):
        raise UnreadableResult(f"{name} is {row[name]}.")
    return value
