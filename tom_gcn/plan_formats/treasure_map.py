"""Planned pointings as Treasure Map takes them (https://treasuremap.space/documentation, POST /api/v1/pointings). Pure.

What we do not know stays null and is named, so that nobody sends an invented depth or instrument. Right ascension is
sent as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

TEST_EVENT = "TEST_EVENT"
"""The event on which Treasure Map lets scripts be tried: tests and drills go nowhere else."""

_BANDS = {
    **{name: name for name in ("U", "B", "V", "R", "I", "J", "H", "K", "u", "g", "r", "i", "z")},
    **{f"sdss{name}": name for name in "ugriz"},
    **{f"bessell{name.lower()}": name for name in "BVRI"},
    "bessellux": "U",
    "2massj": "J", "2massh": "H", "2massks": "K",
    "Rc": "R", "Ic": "I",
    "clear": "clear", "ps1::open": "open", "open": "open", "no filter": "open",
    "uvot::uvw1": "UVW1", "uvot::uvm2": "UVM2", "uvot::uvw2": "UVW2",
}  # fmt: skip


@dataclass(frozen=True)
class Planned:
    """What Treasure Map wants to know of a pointing; None is unknown."""

    ra_deg: float
    dec_deg: float
    start: datetime
    end: datetime
    filter: str
    instrument: int | str | None


def band_of(filter_name: str) -> str | None:
    """Return Treasure Map's name of a filter's band; None when it has none that surely fits."""
    return _BANDS.get(filter_name)


def pointing(planned: Planned) -> dict[str, Any]:
    """Return one pointing with the fields of their API.

    The time is that of the middle. Our fields are planned with north up. The depth that will be reached is not known
    beforehand: it is left to those who observe.
    """
    middle = planned.start + (planned.end - planned.start) / 2
    return {
        "ra": round(planned.ra_deg, 5) % 360.0,
        "dec": round(planned.dec_deg, 5),
        "instrumentid": planned.instrument,
        "time": f"{middle:%Y-%m-%dT%H:%M:%S}.{middle.microsecond // 10000:02d}",
        "status": "planned",
        "depth": None,
        "depth_unit": None,
        "band": band_of(planned.filter),
        "pos_angle": 0.0,
    }


def request(graceid: str, pointings: Sequence[Planned], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the body of a request, without a token, and beside it what somebody must fill in before it is sent.

    Parameters
    ----------
    graceid : str
        The event's name there.
    pointings : sequence of Planned
    names : mapping of str to str
        Filters met, by telescope, for the remarks.
    """
    bodies = [pointing(planned) for planned in pointings]
    unknown = sorted({name for body in bodies for name, value in body.items() if value is None})
    remarks = [f"{telescope}: filter {name} is no band of Treasure Map." for telescope, name in names.items()]
    return {
        "graceid": graceid,
        "pointings": bodies,
        "unknown": unknown,
        "remarks": remarks,
    }
