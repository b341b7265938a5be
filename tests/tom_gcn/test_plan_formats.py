"""A stored plan in every form, read back by the program the form is for."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table
from astropy.time import Time
from django.core.management import call_command
from icalendar import Calendar
from mocpy import MOC
from shapely.geometry import shape

from tom_gcn.actions import make_plan, request_plan
from tom_gcn.downloads import ENDINGS, plan_file
from tom_gcn.exporters import CSV_COLUMNS, FORMATS, pointings_of
from tom_gcn.models import Event, ObservationPlan, PlannedPointing
from tom_gcn.planning.wish import PlanWish

pytestmark = pytest.mark.django_db

FEW = ("TAROT-TCA", "FRAM-Auger", "CFHT")


@pytest.fixture
def plan():
    call_command("ingest", drill=True, stdout=io.StringIO())
    wish = PlanWish(telescopes=FEW, hours=48.0)
    return make_plan(request_plan(Event.objects.get(), by=None, wish=wish).pk)


def body(plan: ObservationPlan, form: str, telescope: str = "") -> bytes:
    return plan_file(plan, form, telescope).content


def test_csv_and_ecsv_hold_the_same(plan, tmp_path):
    rows = list(csv.DictReader(io.StringIO(body(plan, "csv").decode())))
    table = Table.read(body(plan, "ecsv").decode(), format="ascii.ecsv")
    assert len(rows) == len(table) == plan.n_pointings > 0
    assert tuple(rows[0]) == CSV_COLUMNS
    assert table["ra_deg"].unit == u.deg
    assert table["exposure_s"].unit == u.s
    assert [float(row["ra_deg"]) for row in rows] == table["ra_deg"].tolist()
    assert [row["start_utc"] for row in rows] == table["start_utc"].tolist()
    assert np.array_equal(Time(table["start_mjd"], format="mjd").isot, [row["start_utc"][:-1] + ".000" for row in rows])
    assert table.meta["event"] == plan.event.name
    assert table.meta["drill_of"] == plan.event.drill_of


def test_an_empty_plan_is_a_table_of_no_rows(plan):
    PlannedPointing.objects.all().delete()
    table = Table.read(body(plan, "ecsv").decode(), format="ascii.ecsv")
    assert len(table) == 0
    assert json.loads(body(plan, "geojson"))["features"] == []
    assert len(list(Calendar.from_ical(body(plan, "calendar")).walk("VEVENT"))) == 0
    assert json.loads(body(plan, "json"))["pointings"] == []


def test_json_is_the_document_of_the_command_line(plan):
    document = json.loads(body(plan, "json"))
    assert (document["schema"], document["schema_version"]) == ("icare-tom/plan", 1)
    assert document["event"] == plan.event.name
    assert document["wish"]["telescopes"] == list(FEW)
    assert len(document["pointings"]) == plan.n_pointings
    assert {one["state"] for one in document["pointings"]} == {"planned"}
    out = io.StringIO()
    call_command("plan", plan.event.name, "--telescopes", "CFHT", "--json", "-", stdout=out)
    assert set(json.loads(out.getvalue())) == set(document)


def test_mocpy_sees_what_the_plan_covers(plan, tmp_path):
    path = tmp_path / "plan.moc.fits"
    path.write_bytes(body(plan, "moc-fits"))
    from_fits, from_json = MOC.load(path, format="fits"), MOC.from_json(json.loads(body(plan, "moc")))
    assert from_fits == from_json
    assert from_fits.sky_fraction * 41252.961 == pytest.approx(plan.area_deg2, rel=1e-3)
    skymap = plan.localization.skymap.data
    from astropy.table import QTable

    table = QTable({"UNIQ": skymap.uniq.astype(np.uint64), "PROBDENSITY": skymap.probdensity / u.sr})
    assert from_fits.probability_in_multiordermap(table) == pytest.approx(plan.covered_probability, abs=1e-3)


def test_one_telescopes_sky_is_its_own(plan):
    part = plan.telescope_plans.filter(n_pointings__gt=0).first()
    whole, own = (MOC.from_json(json.loads(body(plan, "moc", name))) for name in ("", part.telescope))
    assert own.difference(whole).sky_fraction == 0
    assert 0 < own.sky_fraction < whole.sky_fraction


def test_geojson_holds_every_footprint(plan):
    collection = json.loads(body(plan, "geojson"))
    assert collection["type"] == "FeatureCollection"
    rows = list(pointings_of(plan))
    assert len(collection["features"]) == len(rows)
    for feature, row in zip(collection["features"], rows, strict=True):
        geometry = shape(feature["geometry"])
        assert geometry.is_valid
        assert feature["properties"]["telescope"] == row.telescope_plan.telescope
        assert feature["properties"]["ra_deg"] == round(row.ra_deg, 5)


def test_a_calendar_has_an_entry_for_each_night_of_each_telescope(plan):
    events = list(Calendar.from_ical(body(plan, "calendar")).walk("VEVENT"))
    assert len({str(event["uid"]) for event in events}) == len(events)
    found = {}
    for event in events:
        start, end = event.decoded("dtstart"), event.decoded("dtend")
        assert timedelta(0) < end - start < timedelta(hours=16)
        assert start.tzinfo is not None
        assert "DRILL" in event["summary"]
        found.setdefault(str(event["categories"].cats[0]), []).append((start, end))
    for part in plan.telescope_plans.filter(n_pointings__gt=0):
        starts = list(part.pointings.values_list("start", flat=True))
        assert all(any(low <= start <= high for low, high in found[part.telescope]) for start in starts)
        nights = [night for night in part.nights if any(night[0] <= s.isoformat() <= night[1] for s in starts)]
        assert len(found[part.telescope]) == len(nights)


def test_a_calendar_of_a_retracted_event_is_cancelled(plan):
    Event.objects.update(state="retracted")
    plan = ObservationPlan.objects.get(pk=plan.pk)
    assert {str(e["status"]) for e in Calendar.from_ical(body(plan, "calendar")).walk("VEVENT")} == {"CANCELLED"}


def test_treasure_map_gets_positions_as_they_are_and_drills_go_to_its_test_event(plan):
    request = json.loads(body(plan, "treasure-map"))
    assert request["graceid"] == "TEST_EVENT"
    rows = list(pointings_of(plan))
    assert [one["ra"] for one in request["pointings"]] == [round(row.ra_deg, 5) % 360 for row in rows]
    assert [one["dec"] for one in request["pointings"]] == [round(row.dec_deg, 5) for row in rows]
    assert {one["status"] for one in request["pointings"]} == {"planned"}
    assert {"depth", "depth_unit", "instrumentid"} <= set(request["unknown"])
    for one, row in zip(request["pointings"], rows, strict=True):
        middle = datetime.strptime(one["time"], "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=UTC)
        assert row.start <= middle <= row.end


def test_treasure_map_is_told_of_open_pointings_and_known_instruments_only(plan, settings):
    settings.ICARE_TREASURE_MAP_INSTRUMENTS = {"CFHT": "MegaCam", "FRAM-Auger": 112}
    first = PlannedPointing.objects.filter(telescope_plan__plan=plan).first()
    PlannedPointing.objects.filter(pk=first.pk).update(state="cannot")
    Event.objects.update(is_test=False, drill_of="", name="S241102br")
    request = json.loads(body(ObservationPlan.objects.get(pk=plan.pk), "treasure-map"))
    assert request["graceid"] == "S241102br"
    assert len(request["pointings"]) == plan.n_pointings - 1
    assert {one["instrumentid"] for one in request["pointings"]} <= {"MegaCam", 112, None}


def test_text_has_a_line_for_each_pointing(plan):
    lines = [line for line in body(plan, "text").decode().splitlines() if line and not line.startswith("#")]
    assert len(lines) == plan.n_pointings
    told = sorted(line.split()[:2] for line in lines)
    assert told == sorted([str(row.order), row.field_id] for row in pointings_of(plan))


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_has_its_ending_and_kind(plan, form):
    answer = plan_file(plan, form)
    assert answer["Content-Type"] == FORMATS[form].content_type
    assert FORMATS[form].ending in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert ENDINGS[FORMATS[form].ending[1:]] == form


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_page_has_the_same_files(plan, client, django_user_model, ending):
    client.force_login(
        django_user_model.objects.create_superuser("root"),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    answer = client.get(f"/events/{plan.event.name}/plans/{plan.version}.{ending}")
    assert answer.status_code == 200
    assert answer.content == body(plan, ENDINGS[ending])
