"""`manage.py plan`: a stable JSON of a sky map in a file without any database, and one clear line when it cannot be."""

import io
import json
import os
import re
import subprocess
import sys
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.engines_of_tests import ENGINES_OF_TESTS
from tom_gcn.coverage import Footprint, union_probability
from tom_gcn.models import Event
from tom_gcn.planning.engines import ENGINES
from tom_gcn.skymaps import read_skymap

ROOT = Path(settings.BASE_DIR)
MAPS = ROOT / "tests" / "data" / "skymaps"
SMALL = MAPS / "reproject_bayestar.fits.gz"
START = "2022-07-22T09:57:00Z"
FEW = "TAROT-TCA,TAROT-TRE,FRAM-Auger"


def plan(*arguments: object, fits: Path = SMALL) -> str:
    out = io.StringIO()
    call_command("plan", "--fits", str(fits), *map(str, arguments), stdout=out)
    return out.getvalue()


def made(*arguments: object, **kwargs) -> dict:
    return json.loads(plan("--start", START, "--json", "-", *arguments, **kwargs))


@pytest.fixture(scope="module")
def document():
    return made("--telescopes", FEW)


def test_no_database_is_needed(tmp_path):
    """In a process of its own: a database that is not there must not even be asked for."""
    out = tmp_path / "plan.json"
    environment = {**os.environ, "DATABASE_URL": "postgres://nobody:none@127.0.0.1:1/none"}
    environment["DJANGO_SETTINGS_MODULE"] = "icare_tom.settings.local"
    command = [sys.executable, "manage.py", "plan", "--fits", SMALL, "--telescopes", "TAROT-TRE", "--start", START]
    done = subprocess.run(
        [*map(str, command), "--hours", "24", "--json", str(out)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(out.read_text())["pointings"]
    assert "TAROT-TRE" in done.stdout


def test_the_document_is_versioned_and_whole(document):
    assert (document["schema"], document["schema_version"]) == ("icare-tom/plan", 1)
    assert document["n_pointings"] == len(document["pointings"]) > 0
    assert {part["telescope"] for part in document["telescopes"]} == set(FEW.split(","))
    assert all(bool(part["reason"]) == (part["n_pointings"] == 0) for part in document["telescopes"])
    assert document["window_start_utc"] == START
    assert document["window_end_utc"] == "2022-07-23T09:57:00Z"
    assert document["seconds"] > 0
    assert document["bound"] is None
    assert document["wish"]["telescopes"] == FEW.split(",")


def test_every_field_is_described_and_every_described_field_is_there(document):
    text = (ROOT / "docs" / "using" / "plan-json.md").read_text().partition("## The document")[2]
    described = set(re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text, re.MULTILINE))
    described = {name for group in described for name in re.findall(r"`(\w+)`", group)}
    found = {*document, *document["telescopes"][0], *document["pointings"][0]}
    assert found <= described
    assert described <= found


def test_the_covered_probability_is_that_of_the_exported_footprints(document):
    """From the file alone, as a reader of it would: mocpy's union of the outlines, times the map."""
    from astropy import units as u
    from astropy.coordinates import SkyCoord
    from astropy.table import QTable
    from mocpy import MOC

    skymap = read_skymap(SMALL.read_bytes())
    outlines = [SkyCoord(pointing["footprint_deg"], unit="deg") for pointing in document["pointings"]]
    # it takes every cell that an outline touches: deep cells, so that the margin is small
    union = MOC.from_polygon_skycoord(outlines[0], max_depth=14)
    for outline in outlines[1:]:
        union = union.union(MOC.from_polygon_skycoord(outline, max_depth=14))
    table = QTable({"UNIQ": skymap.uniq.astype(np.uint64), "PROBDENSITY": skymap.probdensity / u.sr})
    assert union.probability_in_multiordermap(table) == pytest.approx(document["covered_probability"], abs=1e-3)


def test_the_fields_of_telescopes_are_those_of_the_footprints(document):
    skymap = read_skymap(SMALL.read_bytes())
    fields = {part["telescope"]: part["field"] for part in document["telescopes"]}
    shapes = [
        Footprint(*fields[one["telescope"]].values(), one["ra_deg"], one["dec_deg"]) for one in document["pointings"]
    ]
    assert union_probability(skymap, shapes) == pytest.approx(document["covered_probability"], abs=1e-3)


def test_pointings_of_a_telescope_follow_one_another(document):
    for part in document["telescopes"]:
        mine = [one for one in document["pointings"] if one["telescope"] == part["telescope"]]
        assert [one["order"] for one in mine] == list(range(1, len(mine) + 1))
        times = [(datetime.fromisoformat(one["start_utc"]), datetime.fromisoformat(one["end_utc"])) for one in mine]
        assert all(start < end for start, end in times)
        assert all(before[1] <= after[0] for before, after in pairwise(times))


def test_exposures_and_caps_are_those_asked_for():
    document = made("--telescopes", FEW, "--exposure", 120, "--exposures", 2, "--max-pointings", 3, "--hours", 12)
    assert {(one["exposure_s"], one["n_exposures"]) for one in document["pointings"]} == {(120.0, 2)}
    assert all(part["n_pointings"] <= 3 for part in document["telescopes"])


def test_a_wish_in_a_file_is_changed_by_options(tmp_path):
    wish = {"telescopes": ["TAROT-TRE", "CFHT"], "hours": 10, "settings": {"TAROT-TRE": {"exposure_s": 90}}}
    path = tmp_path / "wish.json"
    path.write_text(json.dumps(wish))
    asked = made("--wish", path, "--without", "CFHT", "--exposure", 45, "--option", "epochs=2")["wish"]
    assert (asked["hours"], asked["without"], asked["options"]["epochs"]) == (10.0, ["CFHT"], 2)
    assert asked["settings"] == {"CFHT": {"exposure_s": 45.0}, "TAROT-TRE": {"exposure_s": 90.0}}


def test_all_means_every_telescope_that_can_be_planned():
    from tom_grandma_facilities.registry import TELESCOPES

    document = made("--telescopes", "all", "--hours", 1)
    parts = {part["telescope"]: part["reason"] for part in document["telescopes"]}
    assert set(parts) == set(TELESCOPES)
    for telescope in TELESCOPES.values():
        if telescope.why_not_plannable():
            assert parts[telescope.name] == telescope.why_not_plannable()


def test_the_same_input_gives_the_same_plan(document):
    again = made("--telescopes", FEW)
    assert again["pointings"] == document["pointings"]


IMPOSSIBLE = [
    (["--hours", "-2"], "--hours: A plan cannot span -2 hours"),
    (["--hours", "0.0"], "--hours: A plan cannot span 0 hours"),
    (["--hours", "1000"], "at most 240"),
    (["--hours", "nan"], "not a number"),
    (["--start", START, "--end", "2022-07-21T00:00:00Z"], "--end: It lies before the start"),
    (["--start", START, "--end", START], "--end: It lies at the start"),
    (["--end", START], "An end needs a start"),
    (["--start", "yesterday"], "not a time"),
    (["--exposure", "-60"], "--exposure: -60 is impossible"),
    (["--exposure", "0"], "--exposure: 0 is impossible"),
    (["--exposures", "1.5"], "--exposures: 1.5 is impossible"),
    (["--max-pointings", "-1"], "--max-pointings: It must lie"),
    (["--max-pointings", "many"], "not a number"),
    (["--telescopes", "TAROT-TCX"], "Did you mean"),
    (["--without", "Hubble"], "No telescope is called 'Hubble'"),
    (["--engine", "tilepi"], "no engine 'tilepi'"),
    (["--engine", "gwemopt", "--engine-option", "schedule=airmass_weighted"], "ignores the Moon"),
    (["--engine", "network", "--engine-option", "schedule=greedy"], "no option schedule"),
    (["--engine-option", "schedule"], "Write NAME=VALUE"),
    (["--option", "airmass_max=0.2"], "options.airmass_max"),
    (["--option", "field=s1.9-12"], "no field 'field'"),
    (["--wish", "/nonexistent.json"], "cannot be read"),
    (["--wish", str(SMALL)], "holds no JSON"),
    (["--refine", "-5"], "options.refine_s"),
    (["--fits", "/nonexistent.fits"], "cannot be read"),
    (["--fits", str(MAPS)], "cannot be read"),
    (["--fits", str(MAPS / "MANIFEST.tsv")], "not a FITS file"),
    (["S241102br"], "one of the two"),
    (["--telescopes", "TAROT-TCA", "--without", "tarot-tca"], "TAROT-TCA: It was switched off for this plan."),
    (["--telescopes", ""], "--telescopes: '' holds an empty name"),
    (["--telescopes", "TAROT-TCA,,TAROT-TRE"], "holds an empty name"),
    (["--without", " "], "--without: ' ' holds an empty name"),
    (["--hours", ""], "--hours: '' is not a number"),
    (["--engine", ""], "no engine ''"),
    (["--start", START, "--end", "2022-07-23T00:00:00Z", "--hours", "0.1"], "--hours: It and --end exclude each other"),
]


@pytest.mark.parametrize(("arguments", "words"), IMPOSSIBLE, ids=[" ".join(a)[:40] for a, _ in IMPOSSIBLE])
def test_the_impossible_is_one_clear_line_and_no_file(tmp_path, arguments, words):
    out = tmp_path / "plan.json"
    with pytest.raises(CommandError) as refused:
        call_command("plan", "--fits", str(SMALL), "--json", str(out), *arguments)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_a_truncated_map_is_one_clear_line(tmp_path):
    cut = tmp_path / "cut.fits"
    cut.write_bytes((MAPS / "MS220722v_bayestar.multiorder.fits").read_bytes()[:100_000])
    with pytest.raises(CommandError) as refused:
        plan("--json", tmp_path / "plan.json", fits=cut)
    assert "\n" not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["cut.fits"]


@pytest.mark.parametrize("where", ["/nonexistent/plan.json", str(ROOT)])
def test_a_place_that_cannot_be_written_is_told_before_planning(where):
    with pytest.raises(CommandError, match="--json"):
        plan("--json", where)


def test_nothing_at_all_is_asked_for():
    with pytest.raises(CommandError, match="Name an event"):
        call_command("plan")


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ("dies", "the sky fell on the scheduler"),
        ("observes_by_day", "cannot be used: .*the Sun is at"),
        ("sleeps", "was not done within 3 s"),
    ],
)
def test_an_engine_that_fails_is_one_line_and_no_file(tmp_path, monkeypatch, settings, engine, words):
    monkeypatch.setitem(ENGINES, engine, ENGINES_OF_TESTS[engine])
    settings.ICARE_ENGINE_TIME_LIMIT_S = 3 if engine == "sleeps" else 60
    with pytest.raises(CommandError, match=words) as refused:
        plan("--telescopes", "TAROT-TRE", "--start", START, "--engine", engine, "--json", tmp_path / "plan.json")
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_the_bound_is_told_and_not_exceeded():
    document = made("--telescopes", FEW, "--bound", "--refine", 2)
    bound = document["bound"]
    assert set(bound) == {"value", "gap", "seconds", "how", "exact_windows"}
    assert document["covered_probability"] <= bound["value"] + 1e-9
    assert bound["gap"] == pytest.approx(1.0 - document["covered_probability"] / bound["value"], abs=1e-6)
    assert document["greedy_probability"] <= document["covered_probability"] + 1e-9


@pytest.mark.django_db
def test_an_event_is_planned_refined_and_bounded():
    out = io.StringIO()
    call_command("ingest", drill=True, stdout=io.StringIO())
    event = Event.objects.get()
    call_command(
        "plan",
        event.name,
        "--telescopes",
        FEW,
        "--refine",
        "2",
        "--bound",
        "--exposure",
        "90",
        "--json",
        "-",
        stdout=out,
    )
    document = json.loads(out.getvalue())
    plan = event.plans.get(version=document["plan"])
    assert plan.refinement in ("better", "same")
    assert document["bound"]["value"] >= document["covered_probability"] == plan.covered_probability
    assert {one["exposure_s"] for one in document["pointings"]} == {90.0}
