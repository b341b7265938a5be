"""An image's FITS header as a row: when, how long, through which filter, where. Pixels are never read.

Keywords are those of the FITS standard (version 4.0, 2018, tables 22 and 35) and of what cameras of the network write
beside it. The centre is that of the world coordinates if the header has them, else what the telescope said.
"""

from __future__ import annotations

import math
import re
import warnings
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from ..registry import UnknownTelescope, get_telescope
from .rows import Problem, RawRow, Sheet, UnreadableSheet
from .times import BadTime, parse_time

_BLOCK = 2880
_CARD = 80
# Longer headers exist only where somebody stores something else in them.
_MOST_HEADER_BYTES = 400 * _BLOCK
_MOST_UNPACKED_BYTES = 8 << 20
_MOST_HDUS = 40
_MOST_KEPT = 400
_GZIP = b"\x1f\x8b"

_STARTS = ("DATE-BEG", "DATE-OBS")
_CLOCKS = ("TIME-OBS", "UTSTART", "UT-START", "UTC-OBS", "UT", "UTC", "TIME-BEG")
_DAYS = ("MJD-BEG", "MJD-OBS", "MJD_OBS", "MJD", "JD", "JD_UTC")
_EXPOSURES = ("XPOSURE", "EXPTIME", "EXPOSURE", "EXP_TIME", "ITIME", "EXPTIM")
_FILTERS = ("FILTER", "FILTNAM", "FILTNAME", "FILTER1", "FILT", "BAND", "INSFLNAM")
_CENTRES = (("RA", "DEC"), ("OBJCTRA", "OBJCTDEC"), ("TELRA", "TELDEC"), ("CRVAL1", "CRVAL2"))
_DEPTHS = ("LIMMAG", "MAGLIM", "LIMITMAG", "MAGLIMIT")
_OPTIONAL = {"airmass": ("AIRMASS",), "seeing": ("SEEING",), "limmag": _DEPTHS, "target_name": ("OBJECT",)}
_SCALES = {"TT", "TAI", "TDB", "UT1", "TCG", "TCB"}
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")


def is_fits(data: bytes) -> bool:
    """Whether a file begins as FITS does, packed with gzip or not."""
    return _unpacked(data[:4096], _CARD).startswith(b"SIMPLE  =")


def read_fits(data: bytes) -> Sheet:
    """Read the header of an image: of the primary array, else of the first image extension.

    Raises
    ------
    UnreadableSheet
        When there is no image, or its header does not tell enough: everything that is missing is named.
    """
    header, used = _image_header(_unpacked(data, _MOST_UNPACKED_BYTES))
    cells, problems = _cells(header)
    if problems:
        raise UnreadableSheet(*problems)
    raw = {name: value for name, value in list(header.items())[:_MOST_KEPT] if name not in ("COMMENT", "HISTORY")}
    return Sheet((RawRow(1, cells, raw),), kept=used)


# --- finding the header -----------------------------------------------------------------------------------------------
def _unpacked(data: bytes, most: int) -> bytes:
    if not data.startswith(_GZIP):
        return data[:most]
    try:
        return zlib.decompressobj(wbits=31).decompress(data, most)
    except zlib.error:
        return b""


def _image_header(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The cards of the image's header, over those of the primary one; and the bytes of both."""
    found: dict[str, Any] = {}
    used = b""
    for cards, text in _headers(data):
        is_image = cards.get("SIMPLE") is not None or str(cards.get("XTENSION", "")).strip() == "IMAGE"
        is_packed = bool(cards.get("ZIMAGE"))
        if not found:
            found, used = dict(cards), text
        if (is_image and _integer(cards, "NAXIS") >= 2) or is_packed:
            return found | cards, used if text == used else used + text
    raise _unreadable("There is no image in it.", "Send an image with its header, or the observation as a row.")


def _headers(data: bytes) -> Iterator[tuple[dict[str, Any], bytes]]:
    place = 0
    for _ in range(_MOST_HDUS):
        if place >= len(data):
            return
        end = _end_of_header(data, place)
        text = data[place:end]
        cards = _cards(text)
        yield cards, text
        place = end + _data_bytes(cards)


def _end_of_header(data: bytes, place: int) -> int:
    """Where the header that begins at `place` ends, its last block included."""
    last = min(place + _MOST_HEADER_BYTES, len(data))
    for begin in range(place, last, _CARD):
        if data[begin : begin + 8] == b"END     " or data[begin : begin + 8] == b"END":
            return place + math.ceil((begin + _CARD - place) / _BLOCK) * _BLOCK
    mend = "Send the whole header: at least all of its blocks of 2880 bytes."
    raise _unreadable("The header does not end (no END card within its first megabyte).", mend)


def _data_bytes(cards: dict[str, Any]) -> int:
    """Length of the data after a header (FITS standard 4.0, equations 1 and 2), whole blocks."""
    axes = [_integer(cards, f"NAXIS{axis}") for axis in range(1, min(_integer(cards, "NAXIS"), 999) + 1)]
    size = math.prod(axes) + _integer(cards, "PCOUNT") if axes else 0
    count = max(_integer(cards, "GCOUNT"), 1)
    return math.ceil(abs(_integer(cards, "BITPIX")) // 8 * count * size / _BLOCK) * _BLOCK


def _integer(cards: dict[str, Any], name: str) -> int:
    value = cards.get(name)
    return max(value, -64) if isinstance(value, int) and abs(value) < 1 << 40 else 0


def _cards(text: bytes) -> dict[str, Any]:
    """Values by keyword; the first of a keyword that is given twice."""
    from astropy.io.fits import Card
    from astropy.io.fits.verify import VerifyError

    found: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for begin in range(0, len(text), _CARD):
            line = _UNPRINTABLE.sub(" ", text[begin : begin + _CARD].decode("latin-1"))
            name = line[:8].strip()
            if not name or name in ("COMMENT", "HISTORY", "END", "CONTINUE") or name in found:
                continue
            try:
                value = Card.fromstring(line).value
            except (VerifyError, ValueError):
                continue
            if isinstance(value, bool | int | float | str):
                found[name] = value
    return found


# --- what it says -----------------------------------------------------------------------------------------------------
def _cells(header: dict[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Cells by our names of columns, and what is missing."""
    problems: list[Problem] = []
    cells: dict[str, Any] = {}
    for column, read, keywords in (
        ("obstime", _start, (*_STARTS, *_DAYS)),
        ("exposure_time", lambda cards: _first(cards, _EXPOSURES), _EXPOSURES),
        ("filter", lambda cards: _first(cards, _FILTERS), _FILTERS),
        ("ra", _centre, ("CTYPE1 and CRVAL1 of RA", *("/".join(pair) for pair in _CENTRES[:-1]))),
    ):
        try:
            cells[column] = read(header)
        except ValueError as error:
            problems.append(_problem(column, str(error), "Mend the header, or send the observation as a row."))
            continue
        if cells[column] is None:
            mend = "Write it into the header, or send the observation as a row."
            problems.append(_problem(column, f"The header has none of {', '.join(keywords)}.", mend))
    if problems:
        return {}, problems
    cells["ra"], cells["dec"] = cells["ra"]
    cells |= {name: value for name, keys in _OPTIONAL.items() if (value := _first(header, keys)) is not None}
    if telescope := _telescope(header):
        cells["telescope"] = telescope
    cells["observation_id"] = _identity(cells)
    return cells, []


def _identity(cells: dict[str, Any]) -> str:
    """A telescope takes one image at a time: start and filter name it, however often its file is renamed or reduced."""
    start = parse_time(cells["obstime"])
    return re.sub(r"\s+", "_", f"fits-{start:%Y%m%dT%H%M%S}{start.microsecond // 1000:03d}-{cells['filter']}")


def _first(header: dict[str, Any], names: Iterable[str]) -> Any:
    """The first of some keywords that says anything."""
    for name in names:
        value = header.get(name)
        if isinstance(value, str):
            value = value.strip()
        if value not in (None, "") and not isinstance(value, bool):
            return value
    return None


def _start(header: dict[str, Any]) -> str | None:
    text = next((str(value) for name in _STARTS if "T" in str(value := header.get(name, ""))), None)
    if text is None and (date := _first(header, _STARTS)) is not None:
        clock = _first(header, _CLOCKS)
        if isinstance(clock, str) and ":" in clock:
            text = f"{date}T{clock}"
    if text is None:
        text = _first(header, _DAYS)
    if text is None:
        if _first(header, _STARTS) is not None:
            raise BadTime("DATE-OBS holds a date without a time.")
        return None
    return _in_utc(text, str(header.get("TIMESYS", "UTC")).strip().upper())


def _in_utc(value: object, scale: str) -> str:
    moment = parse_time(value)
    if scale in _SCALES:
        from astropy.time import Time

        return str(Time(moment.replace(tzinfo=None), scale=scale.lower()).utc.isot)
    if scale not in ("", "UTC", "UT", "GMT", "UTC(GPS)", "Z"):
        raise BadTime(f"Its times are in {scale[:20]} (TIMESYS), which is not UTC.")
    return moment.replace(tzinfo=None).isoformat()


def _telescope(header: dict[str, Any]) -> str:
    for name in ("TELESCOP", "INSTRUME"):
        try:
            return get_telescope(str(header.get(name, "")).strip()).name
        except UnknownTelescope:
            continue
    return ""


def _centre(header: dict[str, Any]) -> tuple[float, float] | None:
    """Centre of the image, ICRS degrees."""
    return _centre_of_wcs(header) or next((place for pair in _CENTRES if (place := _told(header, *pair))), None)


def _centre_of_wcs(header: dict[str, Any]) -> tuple[float, float] | None:
    kinds = str(header.get("CTYPE1", "")) + str(header.get("CTYPE2", ""))
    sides = [_integer(header, f"ZNAXIS{axis}") or _integer(header, f"NAXIS{axis}") for axis in (1, 2)]
    if "RA--" not in kinds or "DEC-" not in kinds or min(sides) < 1:
        return None
    from astropy.io.fits import Header
    from astropy.wcs import WCS

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            place = WCS(Header(_of_wcs(header)), naxis=2).pixel_to_world((sides[0] - 1) / 2, (sides[1] - 1) / 2).icrs
            ra, dec = float(place.ra.deg), float(place.dec.deg)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None
    return (ra, dec) if math.isfinite(ra) and math.isfinite(dec) else None


def _of_wcs(header: dict[str, Any]) -> list[tuple[str, Any]]:
    """The cards that say where pixels are; distortions of the middle are far below any field."""
    names = re.compile(
        r"(CTYPE|CRVAL|CRPIX|CDELT|CUNIT|CROTA)[12]|(CD|PC|PV)[12]_\d{1,2}|EQUINOX|RADESYS|RADECSYS|LONPOLE|LATPOLE"
    )
    return [(name, value) for name, value in header.items() if names.fullmatch(name)]


def _told(header: dict[str, Any], ra_name: str, dec_name: str) -> tuple[float, float] | None:
    """A position as the telescope wrote it: degrees, or hours and degrees in sexagesimal; ICRS degrees."""
    if ra_name == "CRVAL1" and "RA" not in str(header.get("CTYPE1", "")):
        return None
    ra, dec = _angle(header.get(ra_name), 15.0), _angle(header.get(dec_name), 1.0)
    if ra is None or dec is None or not (-360 <= ra <= 360 and -90 <= dec <= 90):
        return None
    return _icrs(ra % 360.0, dec, header)


def _angle(value: Any, of_an_hour: float) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except ValueError:
        parts = re.split(r"[\s:hdms°'\"]+", value.strip().rstrip('sS"'))
    try:
        numbers = [float(part) for part in parts if part]
    except ValueError:
        return None
    if not 2 <= len(numbers) <= 3:
        return None
    size: float = sum(abs(number) / 60**power for power, number in enumerate(numbers))
    return (-size if value.strip().startswith("-") else size) * of_an_hour


def _icrs(ra_deg: float, dec_deg: float, header: dict[str, Any]) -> tuple[float, float]:
    """Turn a position of another equinox; what names none is taken as ICRS."""
    frame = str(_first(header, ("RADESYS", "RADECSYS")) or "").upper()
    try:
        equinox = float(str(_first(header, ("EQUINOX", "EPOCH")) or 2000.0).strip().lstrip("JBjb"))
    except ValueError:
        equinox = 2000.0
    if frame == "ICRS" or equinox == 2000.0 or not 1850 < equinox < 2150:
        return ra_deg, dec_deg
    from astropy.coordinates import FK4, FK5, SkyCoord
    from astropy.time import Time

    is_old = frame.startswith("FK4") or (not frame and equinox < 1984)
    system = FK4(equinox=Time(equinox, format="byear")) if is_old else FK5(equinox=Time(equinox, format="jyear"))
    place = SkyCoord(ra_deg, dec_deg, unit="deg", frame=system).icrs
    return float(place.ra.deg), float(place.dec.deg)


def _problem(column: str, reason: str, mend: str) -> Problem:
    return Problem(1, column, reason, mend)


def _unreadable(reason: str, mend: str) -> UnreadableSheet:
    return UnreadableSheet(_problem("", reason, mend))
