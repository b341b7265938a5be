"""The table of bad rows and files through the API: the same named errors, and no row that is neither kept nor named."""

import base64
import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from tests.factories import make_group, make_target, make_user
from tom_photvalidation.models import PhotometryPoint, TargetEpoch

pytestmark = pytest.mark.django_db

TABLE = tomllib.loads((Path(__file__).parents[1] / "data/photometry/bad_input.toml").read_text())
GOOD_ROW = TABLE["good_row"]
# Answered by the API itself, before anything is read.
NOTHING_SENT = (None, "file", "invalid")


@pytest.fixture
def api():
    group = make_group()
    make_target("GRB 230812B", group=group)
    user = make_user("sender", group)
    user.user_permissions.add(Permission.objects.get(codename="add_photometrypoint"))
    client = APIClient()
    client.force_authenticate(type(user).objects.get(pk=user.pk))
    return client


def body_of(case) -> bytes:
    if "base64" in case:
        return base64.b64decode(case["base64"])
    if "row" in case:
        return "\n".join([TABLE["header"], GOOD_ROW, case["row"]]).encode()
    return case["body"].encode()


def send(api, case):
    """Post a case as it would be: what the rows do not say stands beside them."""
    name = case.get("filename", "")
    kind = "application/x-ndjson" if name.endswith(".ndjson") else "text/plain"
    query = "?target=GRB 230812B&telescope=TAROT-TCA"
    return api.generic("POST", f"/api/photometry/{query}", body_of(case), content_type=kind)


def test_every_case_is_answered_with_its_error(api):
    wrong = []
    for case in TABLE["case"]:
        before = PhotometryPoint.objects.count()
        response = send(api, case)
        sent = response.json()
        line = case.get("line", 3 if "row" in case else 0)
        found = {(error["row"], error["column"], error["code"]) for error in sent.get("errors", [])}
        expected = (line, case.get("column", ""), case["code"]) if body_of(case) else NOTHING_SENT
        if expected not in found or response.status_code >= 500:
            wrong.append((case["name"], response.status_code, sorted(found)))
        stored = PhotometryPoint.objects.count() - before
        assert stored <= case.get("good", 1 if "row" in case else 0), case["name"]
    assert not wrong


def test_times_since_t0_count_from_the_target(api):
    target = make_target("GRB 240101A", group=make_group())
    TargetEpoch.objects.create(target_id=target.pk, t0=datetime(2024, 1, 1, tzinfo=UTC), source="test")
    body = b"t-t0_h,filter,mag,magerr\n12,r,20.3,0.1\n"
    response = api.generic(
        "POST", "/api/photometry/?target=GRB 240101A&telescope=TAROT-TCA", body, content_type="text/csv"
    )
    assert response.status_code == 201, response.json()
    assert PhotometryPoint.objects.get().t_mid == datetime(2024, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("name", ["odd\x00name", "odd\ud800name", "\x00", "nan"])
@pytest.mark.parametrize("route", ["/api/photometry", "/api/photometry/"])
def test_odd_names_of_columns_break_nothing(api, route, name):
    row = {"target": "GRB 230812B", "mjd": 60169.7, "filter": "sdssr", "mag": 18.2, "magerr": 0.1, "limiting_mag": 20}
    row |= {"telescope": "TAROT-TCA", "magsys": "AB", name: [float("1e300"), {"\x00": "\x00"}]}
    for body in (row, [row], {name: [row]}, {"rows": [row], name: name}):
        answer = api.generic("POST", route, json.dumps(body), content_type="application/json")
        assert answer.status_code < 500, (body, answer.content)
    assert api.get(f"{route.rstrip('/')}-uploads/").status_code == 200
