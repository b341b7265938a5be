"""Reading a position somebody typed: decimal degrees or sexagesimal. Pure."""

import re

_NUMBER = r"\d+(?:\.\d+)?"
_SEPARATOR = r"[\s:hdms°'\"′″]+"
_DECIMAL = re.compile(rf"\s*([+-]?{_NUMBER})[\s,]+([+-]?{_NUMBER})\s*")
_SEXAGESIMAL = re.compile(
    rf"\s*(\d{{1,2}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}({_NUMBER})\s*s?[\s,]*"
    rf"([+-]?)\s*(\d{{1,2}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}({_NUMBER})\s*[\"″s]?\s*"
)


class BadPosition(ValueError):
    """The text is a position, but there is no such place; the message says why."""


def read_position(text: str) -> tuple[float, float] | None:
    """Return (ra, dec) in degrees ICRS of a typed position; None when it is not one, or there is no such place.

    ``150.1 -20.25``, ``150.1, -20.25``, ``10:00:24 -20:15:00``, ``10h00m24s -20d15m00s`` are positions.
    """
    try:
        return _position(text)
    except BadPosition:
        return None


def position_problem(text: str) -> str:
    """Say what is wrong with a typed position; nothing when it is right, or when the text is not a position at all."""
    try:
        _position(text)
    except BadPosition as problem:
        return str(problem)
    return ""


def _position(text: str) -> tuple[float, float] | None:
    if match := _DECIMAL.fullmatch(text):
        return _checked(float(match[1]), float(match[2]))
    if match := _SEXAGESIMAL.fullmatch(text):
        hours, minutes, seconds = (float(part) for part in match.group(1, 2, 3))
        degrees, arcmin, arcsec = (float(part) for part in match.group(5, 6, 7))
        if max(minutes, seconds, arcmin, arcsec) >= 60:
            raise BadPosition("Minutes and seconds must be below 60.")
        if hours > 24:
            raise BadPosition("Right ascension must lie between 0 and 24 hours.")
        dec = degrees + arcmin / 60 + arcsec / 3600
        return _checked(15 * (hours + minutes / 60 + seconds / 3600), -dec if match[4] == "-" else dec)
    return None


def _checked(ra_deg: float, dec_deg: float) -> tuple[float, float]:
    if not 0 <= ra_deg <= 360:
        raise BadPosition("Right ascension must lie between 0 and 360 degrees.")
    if abs(dec_deg) > 90:
        raise BadPosition("Declination must lie between -90 and 90.")
    return ra_deg % 360, dec_deg
