"""COLIBRÍ at San Pedro Mártir: an observing block, laid into the folder its queue reads.

What is known comes from the observatory's own public files: the blocks in unam-transients/colibri-blocks (such as
1000-ep260321a-0.json and 1000-at2026ys.json) and the control system unam-transients/tcs. A block names a project, its
own number, visits (a position and a command such as `dithervisit 4 60 g/r/z`) and constraints; the numbers of
`dithervisit` are read as exposures, seconds and filters. SkyPortal's client (skyportal/facility_apis/colibri.py) sends
nothing at all, it only keeps the request.

Not known: an interface for asking from outside (so the file goes by SFTP to the folder that the operators name), how a
block says not before or not after a time (the window stands in its name for the people who read the queue), and how
the queue reports (whoever runs it may move the file, as for every file that is dropped).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from tom_grandma_facilities.transports.base import Exposure, Line, Outgoing, Refused, Setting
from tom_grandma_facilities.transports.file_drop import FileDrop
from tom_grandma_facilities.transports.message import sexagesimal, utc
from tom_grandma_facilities.transports.pairs import read_pairs, translate

FILTERS = ("B", "g", "r", "i", "gri", "z", "y", "zy", "J", "H")
_USUAL = {f"sdss{one}": one for one in "griz"} | {"ps1::y": "y", "bessellb": "B", "2massj": "J", "2massh": "H"}
_READOUT_S = 15.0
_MOST_REVISIONS = 1000


class Colibri(FileDrop):
    """The queue of blocks at COLIBRÍ."""

    name = "colibri"
    label = "COLIBRÍ (block by SFTP)"
    about = "An observing block in the form COLIBRÍ's queue reads, laid into its folder."
    settings = (
        *FileDrop.settings,
        Setting("project", "Number of the project", required=True, help="Such as 1000, the one for alerts."),
        Setting("project_name", "Name of the project", required=True),
        Setting("filters", "Filter names", help="ours=theirs, separated by commas, where they differ."),
    )

    def content(self, outgoing: Outgoing, line: Line) -> str:
        """Return the block.

        Raises
        ------
        Refused
            When a filter is not known there, or the request's key has no number.
        """
        visits = list(_visits(outgoing, line))
        if not visits:
            raise Refused("COLIBRÍ needs at least one exposure.")
        block = {
            "project": {"identifier": line.get("project"), "name": line.get("project_name")},
            "identifier": _number(outgoing.key),
            "name": f"{outgoing.target_name} ({utc(outgoing.window_start)} to {utc(outgoing.window_end)})",
            "visits": visits,
            "constraints": _constraints(outgoing),
            "persistent": "false",
        }
        return json.dumps(block, indent=2)


def _number(key: str) -> str:
    """Blocks are numbered; ours is the request's number with three digits of its revision."""
    parts = re.fullmatch(r"(\d+)-(\d+)", key)
    if parts is None or int(parts[2]) >= _MOST_REVISIONS:
        raise Refused(f"The request's key {key!r} does not make a number, which blocks of COLIBRÍ need.")
    return f"{parts[1]}{int(parts[2]):03d}"


def _visits(outgoing: Outgoing, line: Line) -> Iterator[dict[str, Any]]:
    own = read_pairs(line.get("filters"), "filter names")
    if outgoing.pointings:
        asked = [
            (one.ra_deg, one.dec_deg, Exposure(one.filter, one.exposure_s, one.count)) for one in outgoing.pointings
        ]
    else:
        asked = [(*outgoing.position, one) for one in outgoing.exposures]
    for i, (ra_deg, dec_deg, exposure) in enumerate(asked):
        theirs = _filter(exposure.filter, own)
        yield {
            "identifier": str(i),
            "name": f"photometry in {theirs}",
            "targetcoordinates": _coordinates(ra_deg, dec_deg),
            "command": f"dithervisit {exposure.count} {exposure.exposure_s:g} {theirs}",
            "estimatedduration": f"{math.ceil(exposure.count * (exposure.exposure_s + _READOUT_S) / 60)}m",
        }


def _filter(name: str, own: dict[str, str]) -> str:
    theirs = translate(name, own, _USUAL)
    unknown = [one for one in theirs.split("/") if one not in FILTERS]
    if unknown:
        raise Refused(f"COLIBRÍ has no filter {name!r}; it has {', '.join(FILTERS)}.")
    return theirs


def _coordinates(ra_deg: float, dec_deg: float) -> dict[str, str]:
    _, hours, minutes, seconds = sexagesimal(ra_deg, hours=True)
    sign, degrees, arcminutes, arcseconds = sexagesimal(dec_deg, places=1)
    return {
        "type": "equatorial",
        "alpha": f"{hours:02d}:{minutes:02d}:{seconds:05.2f}",
        "delta": f"{sign}{degrees:02d}:{arcminutes:02d}:{arcseconds:04.1f}",
        "equinox": "2000",
    }


def _constraints(outgoing: Outgoing) -> dict[str, str]:
    found = {"maxskybrightness": "astronomicaltwilight"}
    limits = outgoing.constraints
    if "airmass_max" in limits:
        found["maxairmass"] = f"{limits['airmass_max']:g}"
    if "moon_separation_min_deg" in limits:
        found["minmoondistance"] = f"{limits['moon_separation_min_deg']:g}d"
    if "min_altitude_deg" in limits:
        found["maxzenithdistance"] = f"{90 - limits['min_altitude_deg']:g}d"
    return found


TRANSPORTS = (Colibri(),)
