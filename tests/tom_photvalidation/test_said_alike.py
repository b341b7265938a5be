"""What is said of many rows alike is said once, with the rows; what the checks say leads to the points."""

import pytest

from tests.factories import make_target
from tom_photvalidation.models import PhotometryPoint, PointFinding
from tom_photvalidation.said_alike import ranges

pytestmark = pytest.mark.django_db

HEADER = "target,mjd,filter,mag,magerr,limiting_mag,magsys,telescope,exposure"


@pytest.fixture
def target(grandma):
    return make_target("AT2024abc", group=grandma)


def sent(rows, group, button="check") -> dict[str, object]:
    return {"text": "\n".join([HEADER, *rows]), "groups": [group.pk], button: "1"}


def test_rows_are_named_in_short():
    assert ranges([2, 3, 4, 7, 9, 10]) == "2–4, 7, 9–10"
    assert ranges([]) == ""
    assert ranges(range(2, 200, 2)).endswith(", …")


def test_what_is_wrong_with_many_rows_is_said_once(target, member, grandma, browse):
    rows = [f",{60617 + k / 100},sdssr,18.2,0.05,20.5,AB,,120" for k in range(59)]
    page = browse(member).post("/photometry/upload/", sent(rows, grandma))
    text = page.content.decode()
    assert len(page.context["refused"]) == 2
    assert text.count("The row names no target.") == 1
    assert "2–60" in text
    assert "59 rows" in text
    assert "59 refused" in text


def test_a_target_that_is_missing_is_made_from_there(target, member, grandma, browse):
    rows = [f"SN 2026x & Co,{60617 + k / 100},sdssr,18.2,0.05,20.5,AB,TAROT-TCA,120" for k in range(3)]
    client = browse(member)
    page = client.post("/photometry/upload/", sent(rows, grandma)).content.decode()
    address = "/targets/create/?name=SN+2026x+%26+Co"
    assert page.count(address) == 1
    assert client.get(address).context["form"]["name"].value() == "SN 2026x & Co"


def test_the_same_finding_of_many_points_is_one_line_that_leads_to_them(target, member, grandma, browse):
    rows = [f"AT2024abc,{60617.8 + k / 1000},sdssr,18.2,0.05,20.5,AB,TAROT-TCA,120" for k in range(6)]
    rows += [f"AT2024abc,{60617.8 + k / 1000},sdssr,21.9,0.05,20.5,AB,KAO,120" for k in range(6)]
    client = browse(member)
    page = client.post("/photometry/upload/", sent(rows, grandma, "store"))
    said = [(one.finding.check, one.finding.message, one.outcome) for one in page.context["doubted"]]
    assert said
    assert len(said) == len(set(said))
    assert sum(len(one.lines) for one in page.context["doubted"]) == PointFinding.objects.standing().count()
    for one in page.context["doubted"]:
        shown = client.get(one.address).context["page_obj"].object_list
        assert set(one.keys) <= {point.pk for point in shown}
        places = {(point.telescope, point.filter) for point in shown}
        assert places == set(PhotometryPoint.objects.filter(pk__in=one.keys).values_list("telescope", "filter"))


def test_what_was_only_checked_leads_nowhere(target, member, grandma, browse):
    rows = ["AT2024abc,60617.8,sdssr,21.9,0.05,20.5,AB,KAO,120"]
    page = browse(member).post("/photometry/upload/", sent(rows, grandma))
    assert page.context["doubted"]
    assert not any(one.address for one in page.context["doubted"])


@pytest.mark.parametrize("asked", ["upload=x", "check=" + "x" * 300, "upload=6f2c4e0a-5d8a-4a5e-9a37-0f7f0f1a2b3c"])
def test_points_of_nothing_are_none(target, member, grandma, browse, asked):
    browse(member).post(
        "/photometry/upload/", sent(["AT2024abc,60617.8,sdssr,18.2,0.05,20.5,AB,TAROT-TCA,120"], grandma, "store")
    )
    page = browse(member).get(f"/photometry/targets/{target.pk}/table/?{asked}")
    assert page.status_code == 200
    assert not page.context["page_obj"].object_list
