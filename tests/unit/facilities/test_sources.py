"""Every number of every telescope is that of the source it names (tests/data/network)."""

import json
import re
from pathlib import Path

import pytest
import yaml
from astropy import units as u

from tom_grandma_facilities.registry import TELESCOPES, get_telescope
from tom_grandma_facilities.telescope import NOT_FOUND, PROJECT_DEFAULT, UsageClass
from tom_grandma_facilities.telescope_check import facts_of

DATA = Path(__file__).parents[2] / "data" / "network"
SOURCES = {
    get_telescope(entry["id"]).name: entry
    for entry in yaml.safe_load((DATA / "telescopes.yaml").read_text())["telescopes"]
}
SITES = json.loads((DATA / "sites.json").read_text())
ALL = pytest.mark.parametrize("name", TELESCOPES)

GRANDMA_DATA, INSTRUMENTS = "grandma_data/telescopes.yaml", "grandma_data/instruments.yaml"
GWEMOPT_CODE = "gwemopt 0.4.2, default of its code"
COOKBOOK, TRANSCRIPTS = "grandma-cookbook/doc2/7_Notifying_Telescope.md", "grandma-cookbook/doc2/14_Transcripts.md"
# Ours by the last part of the path, the unit, and theirs.
CONFIG = {
    "latitude": (u.deg, "lat"),
    "longitude": (u.deg, "lon"),
    "elevation": (u.m, "elevation_m"),
    "width": (u.deg, "fov"),
    "height": (u.deg, "fov"),
    "readout": (u.s, "readout_s"),
    "overhead": (u.s, "overhead_per_exposure_s"),
    "filter_change": (u.s, "filt_change_s"),
    "min_altitude": (u.deg, "horizon_deg"),
    "moon_separation": (u.deg, "moon_constraint_deg"),
    "slew_rate": (u.deg / u.s, "slew_deg_per_s"),
    "default_exposure": (u.s, "exposure_s"),
    "default_filter": (None, "filter"),
    "limiting_magnitude": (None, "limiting_mag"),
}
SITE = {"latitude": (u.deg, "lat"), "longitude": (u.deg, "lon"), "elevation": (u.m, "elevation_m")}
DEFAULTS = {"min_altitude": 30 * u.deg, "moon_separation": 30 * u.deg, "twilight": -18 * u.deg}
CODE_DEFAULTS = {"moon_separation": 20 * u.deg}
RATES = {
    "Very Frequent": UsageClass.VF, "Frequent": UsageClass.F, "Occasional": UsageClass.O, "Rare": UsageClass.R,
    "Very Rare": UsageClass.VR, "Frequent to Very Frequent": UsageClass.F, "Not Operational": UsageClass.NOP,
    "Not operational for GRANDMA yet": UsageClass.NOP,
}  # fmt: skip


def plain(value, unit):
    return value if unit is None else float(value.to_value(unit))


def of_config(entry, path, fact):
    """What the gwemopt config says."""
    config, last = entry["gwemopt"], path.rpartition(".")[2]
    assert fact.source == config["config"], path
    if last.startswith("declination"):
        low, high = (float(part) for part in config["dec_constraint"].split(","))
        return plain(fact.value, u.deg), low if last.endswith("min") else high
    unit, theirs = CONFIG[last]
    if last == "default_filter" and (config[theirs] in fact.note or fact.value == "no filter"):
        # A word, not a number: where ours is another, the note names theirs.
        return config[theirs].casefold() in ("none", *re.split(r"\W+", fact.note.casefold())), True
    return plain(fact.value, unit), config[theirs]


def of_grandma_data(entry, path, fact):
    last = path.rpartition(".")[2]
    if last in SITE:
        assert entry["site"]["source"] == GRANDMA_DATA, path
        unit, theirs = SITE[last]
        return plain(fact.value, unit), entry["site"][theirs]
    if last == "membership":
        return fact.value, entry["in_grandma_data"]
    theirs = entry[{"aperture": "diameter_m", "robotic": "robotic"}[last]]
    assert theirs["source"] == GRANDMA_DATA, path
    return plain(fact.value, u.m if last == "aperture" else None), theirs["value"]


def of_instruments(entry, path, fact, telescope):
    camera = telescope.cameras[int(re.search(r"\d+", path)[0])]
    [theirs] = [one for one in entry["instruments"] if one["name"] == camera.name]
    return list(fact.value), list(dict.fromkeys(theirs["filters"]))


def of_cookbook(entry, path, fact):
    """Numbers and words of the cookbook's table."""
    table, last = entry["cookbook"], path.rpartition(".")[2]
    assert fact.source == table["source"], path
    if last == "aperture":
        said = re.search(r"([\d.]+) ?(c?m)", table["aperture"])
        return plain(fact.value, u.m), float(said[1]) / (100 if said[2] == "cm" else 1)
    if last == "filters":
        said = table["filters"].replace("'", "")
        return [name for name in fact.value if name not in said], []
    if last == "cookbook_limit":
        return fact.value, table["limit"]
    if last == "usage":
        return fact.value, RATES.get(table["rate"], UsageClass.UNKNOWN)
    if last == "trigger":
        return fact.value.casefold()[:4], table["trigger"].casefold()[:4]
    return True, True


def differ(one, other):
    """Numbers to the ninth digit, all else exactly."""
    if isinstance(one, float) and isinstance(other, int | float):
        return abs(one - other) > 1e-9 * max(abs(other), 1.0)
    return one != other


def compared(name, path, fact):
    """Our value and that of the source."""
    entry, telescope, last = SOURCES[name], TELESCOPES[name], path.rpartition(".")[2]
    if last == "mode":
        return fact.value.value, entry["mode"]["value"]
    if fact.source.startswith("gwemopt/"):
        return of_config(entry, path, fact)
    if fact.source == GRANDMA_DATA:
        return of_grandma_data(entry, path, fact)
    if fact.source == INSTRUMENTS:
        return of_instruments(entry, path, fact, telescope)
    if fact.source.startswith(COOKBOOK):
        return of_cookbook(entry, path, fact)
    if fact.source == PROJECT_DEFAULT:
        return fact.value, DEFAULTS[last]
    if fact.source == GWEMOPT_CODE:
        assert "code default 20" in entry["gwemopt"]["moon_constraint_deg"]
        return fact.value, CODE_DEFAULTS[last]
    if fact.source.startswith("astropy-data coordinates/sites.json"):
        return plain(fact.value, u.deg) % 360, round(SITES[name.casefold()][last], 6)
    assert (fact.source, fact.value) == (NOT_FOUND, UsageClass.UNKNOWN), (
        f"{path}: a source nobody compares: {fact.source}"
    )
    return True, True


def test_every_telescope_of_the_sources_has_its_module():
    assert set(SOURCES) == set(TELESCOPES)


@ALL
def test_every_number_is_that_of_its_source(name):
    pairs = {path: compared(name, path, fact) for path, fact in facts_of(TELESCOPES[name]) if fact.known}
    assert {path: pair for path, pair in pairs.items() if differ(*pair)} == {}
    assert len(pairs) >= 4


@ALL
def test_no_number_that_a_source_gives_is_left_out_without_a_reason(name):
    """A number of grandma_data or gwemopt that we do not take is rejected in a note, not forgotten."""
    entry, telescope = SOURCES[name], TELESCOPES[name]
    facts = dict(facts_of(telescope))
    given = {}
    if isinstance(entry["site"], dict):
        given |= {f"site.{ours}": entry["site"][theirs] for ours, (_, theirs) in SITE.items()}
    given["aperture"] = entry["diameter_m"]["value"]
    if isinstance(entry["gwemopt"], dict):
        given |= {
            path: entry["gwemopt"][CONFIG[path.rpartition(".")[2]][1]]
            for path in ("slew_rate", "default_exposure", "limiting_magnitude", "limits.min_altitude")
        }
    lost = [
        path
        for path, value in given.items()
        if isinstance(value, int | float) and not facts[path].known and not facts[path].note and not telescope.notes
    ]
    assert lost == []


@ALL
def test_a_number_that_differs_between_sources_says_so(name):
    """Sites more than 2 km apart, and elevations more than 100 m: which was rejected stands in a note."""
    entry, site = SOURCES[name], TELESCOPES[name].site
    if not isinstance(entry["gwemopt"], dict) or not site.known:
        return
    notes = " ".join(fact.note for fact in (site.latitude, site.longitude, site.elevation)) + " ".join(
        TELESCOPES[name].notes
    )
    if entry["gwemopt"].get("site_offset_from_grandma_data_km", 0) > 2:
        assert "gwemopt" in notes
    if abs(entry["gwemopt"]["elevation_m"] - entry["site"]["elevation_m"]) > 100:
        assert str(int(entry["gwemopt"]["elevation_m"])) in notes
