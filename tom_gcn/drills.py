"""Bundled real alerts as drills: the one that is good tonight, and a small stream of them."""

import gzip
import json
from datetime import datetime
from pathlib import Path

from tom_gcn.notices import shift, shift_to
from tom_gcn.notices.igwn import load_json, parse_json

FOLDER = Path(__file__).parent / "drill"
TOPIC = "igwn.gwalert"

# A sky map keeps its place on the sky, so each has months in which the Sun stands before it: S241102br is then replaced
# by S230518h. Counted for mid-month: telescopes with the map's peak above 30 deg in full darkness.
_WHEN_SUN_IS_NEAR_PISCES = (2, 3, 4)
_NAMES = ("S241102br_UPDATE_1.json", "S230518h_UPDATE_1.json")


def bundled_alert(now: datetime) -> tuple[str, bytes]:
    """Return the file name and the bytes of the alert to drill at `now`."""
    name = _NAMES[1] if now.month in _WHEN_SUN_IS_NEAR_PISCES else _NAMES[0]
    return name, _read(name)


def _read(name: str) -> bytes:
    with gzip.open(FOLDER / f"{name}.gz") as file:
        return file.read()


def alert_of(number: int, now: datetime, label: str) -> bytes | None:
    """Return one alert of a small stream of drills, moved to `now`: tonight's, another one, the end of that one.

    Parameters
    ----------
    number : int
        From 0; None is returned when there are no more.
    now : datetime
        Aware; when it is sent.
    label : str
        Tells the events of this stream from those of others on the same day.
    """
    tonight, _ = bundled_alert(now)
    other = next(name for name in _NAMES if name != tonight)
    if number == 0:
        return shift(_read(tonight), now, label=label)
    if number == 1:
        return shift(_read(other), now, label=label)
    if number == 2:
        happened = parse_json(_read(other)).event_time or now
        return shift(_retraction_of(_read(other)), now, shift_to(happened, now), label=label)
    return None


def _retraction_of(alert: bytes) -> bytes:
    """What LVK would send to take an alert back."""
    return json.dumps(load_json(alert) | {"alert_type": "RETRACTION", "event": None, "external_coinc": None}).encode()
