"""Numbers as an advocate reads them: rates, distances, areas and probabilities in words. Pure."""

import re
from collections.abc import Sequence

from tom_gcn.names import name_key

DEG2 = "deg²"
SECONDS_A_YEAR = 365.25 * 86400
# Those who announce events, as the list offers them; any other can be typed.
MISSIONS = (
    "AGILE",
    "AMON",
    "Boom",
    "BurstCube",
    "CALET",
    "CHIME",
    "DSA-110",
    "Einstein Probe",
    "Fermi",
    "Gaia",
    "GECAM",
    "IceCube",
    "INTEGRAL",
    "IPN",
    "KM3NeT",
    "KONUS",
    "LVK",
    "MAXI",
    "SNEWS",
    "Super-Kamiokande",
    "SVOM",
    "Swift",
)
_ROUNDING_OF_SUMS = 1e-7
_LONGEST_SAID = 1e12 * SECONDS_A_YEAR
_PERIODS = (
    (1e9 * SECONDS_A_YEAR, "Gyr"),
    (1e6 * SECONDS_A_YEAR, "Myr"),
    (1e3 * SECONDS_A_YEAR, "kyr"),
    (SECONDS_A_YEAR, "yr"),
    (SECONDS_A_YEAR / 12, "month"),
    (86400.0, "day"),
    (3600.0, "hour"),
)


def false_alarm_rate(far_hz: float | None) -> str:
    """Say how rarely noise makes such an alert: "1 per 61 Myr"; rates above one an hour are given per hour."""
    if far_hz is None:
        return "–"
    if far_hz <= 0:
        return "0"
    seconds = 1 / far_hz
    if seconds > _LONGEST_SAID:
        return "< 1 per 1000 Gyr"
    for unit, name in _PERIODS:
        if seconds >= unit:
            return f"1 per {_two_digits(seconds / unit)} {name}{_plural(seconds / unit, name)}"
    return f"{_two_digits(3600 * far_hz)} per hour"


def _plural(count: float, name: str) -> str:
    return "s" if name in {"month", "day", "hour"} and round(count, 1) != 1 else ""


def _two_digits(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0") if number < 10 else f"{number:,.0f}"


def probability(value: float | None) -> str:
    """Say a probability in per cent, with as many digits as matter, never rounded to certainty."""
    if value is None:
        return "–"
    percent = 100 * value
    return f"{percent:.0f}%" if 9.95 <= percent <= 99 else fine_probability(value)


def fine_probability(value: float | None) -> str:
    """Say a probability to a tenth of a per cent, never rounded to certainty nor to nothing."""
    if value is None:
        return "–"
    percent = 100 * value
    if percent <= 0:
        return "0%"
    # What misses 1 by less than the sums of floating point numbers do is 1.
    if percent >= 100 - _ROUNDING_OF_SUMS:
        return "100%"
    if percent < 0.1:
        return "<0.1%"
    tenths = f"{percent:.1f}%"
    return ">99.9%" if tenths == "100.0%" else tenths


def small_probability(value: float) -> str:
    """Say the probability of one footprint, which may be a hundredth of a per cent."""
    percent = 100 * value
    if 0 < percent < 0.001:
        return "<0.001%"
    return f"{percent:.3f}%" if 0 < percent < 0.1 else probability(value)


def in_a_sentence(words: str) -> str:
    """A percentage with a space before its sign, as running text has it."""
    return words.replace("%", " %")


def area(deg2: float | None) -> str:
    """Say an area in square degrees, without the unit."""
    if deg2 is None:
        return "–"
    return f"{deg2:.1f}" if deg2 < 10 else f"{deg2:,.0f}"


def distance(mean_mpc: float | None, sigma_mpc: float | None = None) -> str:
    """Say a distance: "40 ± 6 Mpc"."""
    if mean_mpc is None:
        return "–"
    spread = "" if sigma_mpc is None else f" ± {sigma_mpc:,.0f}"
    return f"{mean_mpc:,.0f}{spread} Mpc"


def runs(numbers: Sequence[int]) -> str:
    """Say whole numbers in ascending order with runs drawn together: "1–3, 7"."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in found)


def right_ascension(ra_deg: float) -> str:
    """Right ascension in hours, minutes and seconds, to 0.1 s."""
    tenths = round(ra_deg % 360 / 15 * 36000) % (24 * 36000)
    hours, rest = divmod(tenths, 36000)
    minutes, seconds = divmod(rest, 600)
    return f"{hours:02d}:{minutes:02d}:{seconds / 10:04.1f}"


def declination(dec_deg: float) -> str:
    """Declination in degrees, minutes and seconds of arc."""
    seconds = round(abs(dec_deg) * 3600)
    degrees, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{'-' if dec_deg < 0 else '+'}{degrees:02d}:{minutes:02d}:{rest:02d}"


def solid_angle(deg2: float | None) -> str:
    """Say an area with a unit that suits it: "28 deg²", "452 arcmin²", "12 arcsec²"."""
    if deg2 is None:
        return "–"
    if deg2 >= 0.1:
        return f"{area(deg2)} {DEG2}"
    return f"{area(deg2 * 3600)} arcmin²" if deg2 * 3600 >= 0.1 else f"{area(deg2 * 3600**2)} arcsec²"


def time_difference(seconds: float) -> str:
    """Say the length of a time, to tenths within minutes: "1.7 s", "41 min", "3.2 h", "534 d"."""
    length = abs(seconds)
    if length < 600:
        return f"{length:.1f} s"
    for unit, name in ((86400.0, "d"), (3600.0, "h")):
        if length >= 2 * unit:
            return f"{_two_digits(length / unit)} {name}"
    return f"{length / 60:.0f} min"


def angle(degrees: float | None) -> str:
    """Say an angle with a unit that suits it: "3.2°", "12′", "4.6″"."""
    if degrees is None:
        return "–"
    for scale, sign in ((1, "°"), (60, "′"), (3600, "″")):
        if degrees * scale >= 1 or sign == "″":
            return f"{degrees * scale:.3g}{sign}" if degrees * scale < 100 else f"{degrees * scale:.0f}{sign}"
    return "–"


# Words of GCN's types of notices that are not simply written small.
_WORDS = {
    "POS": "position",
    "ACK": "",
    "NACK": "not found",
    "LC": "light curve",
    "FLT": "flight",
    "GND": "ground",
    "FIN": "final",
    "FOM": "figure of merit",
    "OBS": "observation",
    "SC": "spacecraft",
    "PROC": "processed",
    "TRANS": "transient",
    "QL": "quick-look",
    "SUBTHRESH": "below threshold",
    "DBURST": "burst image",
    "FCHART": "finding chart",
    "CNTRPART": "counterpart",
    "ASTROTRACK": "track",
    "SPIACS": "SPI-ACS",
    "ICECUBE": "IceCube",
    "INTEGRAL": "INTEGRAL",
    "KM3NET": "KM3NeT",
    "VOEVENT": "notice",
    "EARLYWARNING": "early warning",
    "SN": "supernova",
    "SUPERK": "Super-Kamiokande",
    "SK": "Super-Kamiokande",
    "DSA110": "DSA-110",
    "ECLAIRS": "ECLAIRs",
    "SWIFT": "Swift",
    "FERMI": "Fermi",
    "CHIME": "CHIME",
    "BURSTCUBE": "BurstCube",
    "EINSTEIN": "Einstein",
    "PROBE": "Probe",
    "BOOM": "Boom",
}
_KEPT_LARGE = frozenset(
    [
        "AGILE",
        "AMON",
        "BAT",
        "CALET",
        "EHE",
        "EP",
        "FRB",
        "FXT",
        "GBM",
        "GCN",
        "GECAM",
        "GLOWBUG",
        "GRB",
        "GRM",
        "GSC",
        "GUANO",
        "HAWC",
        "HESE",
        "IPN",
        "KONUS",
        "LAT",
        "LVC",
        "LVK",
        "MAXI",
        "MCAL",
        "MXT",
        "NU",
        "EM",
        "SGR",
        "SNEWS",
        "SVOM",
        "TOO",
        "UVOT",
        "WXT",
        "XRT",
    ]
)


def notice_type(source: str, written: str) -> str:
    """Say a type of notice in words: `SWIFT_BAT_GRB_POS_ACK` is "Swift BAT GRB position"."""
    words = [_word(part) for part in re.split(r"[_.\-\s]+", written.removeprefix("gcn.notices.")) if part]
    said = " ".join(filter(None, words))
    # LVK's types are single words: its name belongs before them.
    is_said = any(name in name_key(said) for name in (name_key(source), "LVC"))
    return (said if is_said else f"{source} {said}")[:120]


def _word(part: str) -> str:
    large = part.upper()
    return large if large in _KEPT_LARGE else _WORDS.get(large, part.lower())
