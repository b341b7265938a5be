"""Pages of photometry: what they hold, who sees them, how many questions they ask of the database."""

import io
import json
import re
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_group, make_target, make_user
from tests.photometry_points import FIRST, TELESCOPES, make_points
from tom_photvalidation import bins
from tom_photvalidation.accepted import accepted, last_accepted_magnitude
from tom_photvalidation.actions.review import decide
from tom_photvalidation.choices import Status
from tom_photvalidation.curve import curve_document
from tom_photvalidation.exporters import EXPORTERS
from tom_photvalidation.models import (
    ColumnMapping,
    PhotometryPoint,
    PhotometryReview,
    PhotometryUpload,
    PointFinding,
    ReviewCell,
    TargetEpoch,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def target(grandma):
    target = make_target("AT2024page", group=grandma)
    TargetEpoch.objects.create(target_id=target.pk, t0=datetime(2024, 11, 2, 18, tzinfo=UTC), source="S241102br")
    return target


@pytest.fixture
def observer(grandma):
    return make_user("observer", grandma)


@pytest.fixture
def reviewer(grandma):
    user = make_user("reviewer", grandma)
    user.user_permissions.add(Permission.objects.get(codename="review_photometry"))
    return type(user).objects.get(pk=user.pk)


@pytest.fixture
def points(target, grandma, observer):
    return make_points(28, target, grandma, by=observer)


def places(target, point) -> list[str]:
    base = f"/photometry/targets/{target.pk}/"
    return [
        base,
        *(f"{base}{part}" for part in ("points.json", "context.json", "summary/", "fading/", "table/", "review/")),
        *(f"{base}export/{name}/?status=all" for name in EXPORTERS),
        f"/photometry/points/{point.pk}/",
        f"/photometry/uploads/{point.upload.uuid}/",
        f"/photometry/telescopes/{point.telescope}/",
    ]


def test_every_page_opens(target, points, reviewer, browse):
    client = browse(reviewer)
    for place in [*places(target, points[0]), "/photometry/", "/photometry/?by=cell", "/photometry/review/log/",
                  "/photometry/telescopes/", "/photometry/upload/"]:  # fmt: skip
        assert client.get(place).status_code == 200, place


def test_strangers_and_other_groups_find_nothing(target, points, stranger, other_member, browse):
    for somebody in (stranger, other_member):
        client = browse(somebody)
        for place in places(target, points[0]):
            answer = client.get(place)
            assert answer.status_code == 404 or answer.url == "/photometry/telescopes/", place
        for place in ("/photometry/telescopes/", "/photometry/review/log/"):
            assert target.name not in client.get(place).content.decode()
            assert TELESCOPES[0] not in client.get(place).content.decode()


def test_points_of_another_group_are_in_no_page_and_no_count(target, points, grandma, member, browse):
    """They see the same target, but not each other's points."""
    partners = make_group("Partners")
    from guardian.shortcuts import assign_perm

    assign_perm("tom_targets.view_target", partners, target)
    make_points(5, target, partners, telescopes=["KAO"])
    page = browse(member).get(f"/photometry/targets/{target.pk}/").content.decode()
    assert "KAO" not in page
    assert ">28 " in page
    assert curve_document(target, member)["n"] == 28
    assert "KAO" not in browse(member).get("/photometry/telescopes/").content.decode()
    for name in ("csv", "nmma", "circular"):
        export = browse(member).get(f"/photometry/targets/{target.pk}/export/{name}/?status=all")
        assert b"KAO" not in b"".join(export.streaming_content)


def test_the_number_of_queries_does_not_grow(target, points, observer, grandma, reviewer, browse):
    client = browse(reviewer)
    paths = [f"/photometry/targets/{target.pk}/{part}" for part in ("", "points.json", "table/", "summary/")]
    paths += ["/photometry/", "/photometry/telescopes/", f"/photometry/targets/{target.pk}/review/"]

    def count(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(path).status_code == 200
        return len(asked)

    for path in paths:
        count(path)
    few = [count(path) for path in paths]
    make_points(2_000, target, grandma, by=observer)
    assert [count(path) for path in paths] == few
    assert max(few) < 40


def test_thirty_thousand_points_weigh_less_than_a_megabyte(target, grandma, observer, member, browse):
    make_points(30_000, target, grandma, by=observer)
    plain = browse(member).get(f"/photometry/targets/{target.pk}/points.json")
    assert len(plain.content) < 1_000_000
    packed = browse(member).get(f"/photometry/targets/{target.pk}/points.json", headers={"Accept-Encoding": "gzip"})
    assert len(packed.content) < 500_000
    page = browse(member).get(f"/photometry/targets/{target.pk}/")
    assert len(page.content) < 100_000


def test_the_columns_say_what_the_points_say(target, grandma, member):
    import base64

    import numpy as np

    rows = make_points(14, target, grandma)
    document = curve_document(target, member)
    column = {
        name: np.frombuffer(base64.b64decode(text), dtype=f"<{kind}")
        for name, (kind, text) in document["columns"].items()
    }
    assert (column["id"] + document["first_id"]).tolist() == [row.pk for row in rows]
    mjd = document["first_mjd"] + column["time"] * document["unit_s"] / 86400
    assert mjd[3] == pytest.approx(40587 + rows[3].t_mid.timestamp() / 86400, abs=1e-6)
    assert [document["telescopes"][k] for k in column["telescope"]] == [row.telescope for row in rows]
    assert [document["filters"][k]["name"] for k in column["filter"]] == [row.filter for row in rows]
    assert column["mag"][0] == 17_000
    assert column["mag"][6] == -32768
    assert column["limit"][6] == 20_500
    assert (column["flags"] & 3).tolist() == [1 if row.kind == "limit" else 0 for row in rows]


def test_what_checks_doubt_and_what_was_submitted_stand_on_the_page_of_a_point(points, reviewer, browse):
    PointFinding.objects.create(
        point=points[0], check_id="clock", bit=19, severity="Q", sentence="The Sun was up.", fix={"mjd": 60616.5}
    )
    page = browse(reviewer).get(f"/photometry/points/{points[0].pk}/").content.decode()
    assert "The Sun was up." in page
    assert "mjd = 60616.5" in page
    assert "row 0" in page
    assert "AB as submitted" in page


# --- decisions through HTTP ---
def post(client, path: str, **body):
    return client.post(path, json.dumps(body), content_type="application/json")


def test_decisions_are_taken_and_undone_over_http(points, reviewer, browse):
    client = browse(reviewer)
    keys = [one.pk for one in points[:3]]
    said = post(client, "/photometry/review/decide/", points=keys, to="rejected", reason="time").json()
    assert [row[0] for row in said["changed"]] == keys
    undone = post(client, "/photometry/review/undo/", batch=said["batch"]).json()
    assert {row[2] for row in undone["changed"]} == {"unreviewed"}
    assert post(client, "/photometry/review/undo/").status_code == 400


def test_the_last_decision_says_what_waits_next(target, points, grandma, observer, reviewer, browse):
    other = make_target("AT2024else", group=grandma)
    make_points(3, other, grandma, by=observer, telescopes=["KAO"])
    client = browse(reviewer)
    client.get("/photometry/?by=target")

    def after(keys, **said):
        return post(client, "/photometry/review/decide/", points=keys, to="accepted", **said).json()

    here = [one.pk for one in points]
    assert "next" not in after(here[:2])
    # Of the same target first, where only a part of it was shown.
    assert after(here[2:4], next_after=target.pk)["next"]["address"] == f"/photometry/targets/{target.pk}/review/"
    found = after(here[4:], next_after=target.pk)["next"]
    assert found == {"address": f"/photometry/targets/{other.pk}/review/", "words": "AT2024else: 3 points"}
    client.get("/photometry/?by=night")
    assert "?telescope=KAO&night=2024-11-02" in after(here[:1], next_after=target.pk)["next"]["address"]
    client.get("/photometry/?by=cell")
    found = after(here[:1], next_after=target.pk)["next"]
    assert len(client.get(found["address"]).context["keys"]) == 1
    assert found["words"].startswith("AT2024else, KAO, ")
    rest = PhotometryPoint.objects.filter(target=other.pk).values_list("pk", flat=True)
    make_points(2, other, grandma, by=reviewer)
    # One's own points wait for somebody else.
    assert after(list(rest)[:3], next_after=target.pk)["next"] is None


@pytest.mark.parametrize("odd", [True, "1", -1, 2**63, None, [1]])
def test_what_is_no_target_has_nothing_after_it(points, reviewer, browse, odd):
    said = post(browse(reviewer), "/photometry/review/decide/", points=[points[0].pk], to="accepted", next_after=odd)
    assert said.status_code == 200
    assert "next" not in said.json()


@pytest.mark.parametrize(
    "body",
    ["", "[]", "null", '{"points": []}', '{"points": "1"}', '{"points": [1.5], "to": "accepted"}',
     '{"points": [true], "to": "accepted"}', '{"points": [9223372036854775808], "to": "accepted"}'],
)  # fmt: skip
def test_what_is_no_decision_is_named(points, reviewer, browse, body):
    answer = browse(reviewer).post("/photometry/review/decide/", body, content_type="application/json")
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message", "fix"}


def test_decisions_of_the_wrong_people_are_refused(points, member, stranger, browse):
    for somebody in (member, stranger):
        client = browse(somebody)
        assert (
            post(client, "/photometry/review/decide/", points=[points[0].pk], to="accepted").json()["code"]
            == "not-allowed"
        )
        assert client.get("/photometry/").url == "/photometry/telescopes/"
    assert post(browse(stranger), f"/photometry/points/{points[0].pk}/fix/").status_code == 404
    assert post(browse(member), f"/photometry/points/{points[0].pk}/fix/").json()["code"] == "not-allowed"
    assert post(browse(), "/photometry/review/decide/", points=[points[0].pk], to="accepted").status_code == 302
    assert not PhotometryReview.objects.exists()


def test_a_cell_is_signed_off_with_its_words_in_the_log(target, points, reviewer, browse):
    said = {"telescope": points[0].telescope, "filter": points[0].filter, "keep": "yes", "is_consistent": "no",
            "extinction": "no", "comment": "0.1 mag brighter than the others"}  # fmt: skip
    assert browse(reviewer).post(f"/photometry/targets/{target.pk}/sign/", said).status_code == 302
    cell = ReviewCell.objects.get()
    assert (cell.keep, cell.is_consistent, cell.signed_by_name) == (True, False, "reviewer")
    assert PhotometryReview.objects.get(cell=cell).change["comment"] == "0.1 mag brighter than the others"


def test_members_sign_nothing(target, points, member, browse):
    said = {"telescope": points[0].telescope, "filter": points[0].filter, "keep": "yes"}
    browse(member).post(f"/photometry/targets/{target.pk}/sign/", said)
    assert not ReviewCell.objects.exists()


# --- accepted points ---
def test_accepted_points_are_one_question_away(target, points, reviewer, member, stranger):
    assert last_accepted_magnitude(target, member) is None
    decide([one.pk for one in points[:6]], Status.ACCEPTED, by=reviewer)
    assert last_accepted_magnitude(target, member).pk == points[5].pk
    assert accepted(target, member).count() == 6
    assert not accepted(target, stranger).exists()


def test_exports_hold_accepted_points_unless_asked_otherwise(target, points, reviewer, browse):
    decide([points[0].pk], Status.ACCEPTED, by=reviewer)
    decide([points[1].pk], Status.REJECTED, by=reviewer)
    path = f"/photometry/targets/{target.pk}/export/csv/"

    def rows(query: str) -> int:
        answer = browse(reviewer).get(path + query)
        return b"".join(answer.streaming_content).count(b"\n") - 1

    assert (rows(""), rows("?status=all")) == (1, 27)
    assert browse(reviewer).get(f"/photometry/targets/{target.pk}/export/banana/").status_code == 404


def test_the_table_is_exported_as_it_is_filtered(target, points, reviewer, browse):
    decide([points[1].pk], Status.REJECTED, by=reviewer)
    telescope = points[1].telescope
    for query in (f"?telescope={telescope}", f"?telescope={telescope}&kind=limit", "?status=rejected", ""):
        page = browse(reviewer).get(f"/photometry/targets/{target.pk}/table/{query}")
        n = page.context["page_obj"].paginator.count
        link = f"/photometry/targets/{target.pk}/export/csv/?{page.context['export_query']}"
        assert link.replace("&", "&amp;") in page.content.decode()
        exported = b"".join(browse(reviewer).get(link).streaming_content).count(b"\n") - 1
        assert exported == n > 0, query


@pytest.mark.parametrize("name", list(EXPORTERS))
def test_every_format_holds_accepted_points_only(target, points, reviewer, browse, name):
    decide([one.pk for one in points if one.telescope == TELESCOPES[0]], Status.ACCEPTED, by=reviewer)
    path = f"/photometry/targets/{target.pk}/export/{name}/"

    def text(query: str) -> str:
        content = b"".join(browse(reviewer).get(path + query).streaming_content)
        return str(pq.read_table(io.BytesIO(content)).to_pylist()) if name == "parquet" else content.decode()

    assert TELESCOPES[0] in text("")
    assert TELESCOPES[1] not in text("")
    assert TELESCOPES[1] in text("?status=all")


def test_the_table_for_a_circular_counts_from_t0(target, points, reviewer, browse):
    """The first point is two hours after T0."""
    decide([points[0].pk], Status.ACCEPTED, by=reviewer)
    path = f"/photometry/targets/{target.pk}/export/circular/"

    def table() -> str:
        return b"".join(browse(reviewer).get(path).streaming_content).decode()

    heading, _, row = table().splitlines()[:3]
    assert heading.startswith("T-T0 [day]")
    assert row.startswith("0.083 ")
    TargetEpoch.objects.all().delete()
    assert table().startswith("Mid MJD")


def test_the_fading_says_what_is_missing_or_what_to_expect(target, points, member, grandma, browse):
    path = f"/photometry/targets/{target.pk}/fading/"
    assert "fades as t^-" in browse(member).get(path).content.decode()
    other = make_target("AT2024few", group=grandma)
    page = browse(member).get(f"/photometry/targets/{other.pk}/fading/").content.decode()
    assert "set T0" in page


# --- telling points on the page ---
TABLE = "obj,tel,when,filter,brightness,magerr,magsys\nAT2024page,TAROT-TCA,60616.85,r,18.21,0.05,AB\n"


def test_a_table_is_checked_without_being_stored(target, member, browse):
    sent = {"text": TABLE.replace("when", "mjd").replace("brightness", "mag"), "check": "1",
            "groups": [group.pk for group in member.groups.all()]}  # fmt: skip
    page = browse(member).post("/photometry/upload/", sent).content.decode()
    assert "nothing is stored yet" in page
    assert '"target": "AT2024page"' in page
    assert not PhotometryPoint.objects.exists()
    assert not PhotometryUpload.objects.exists()


def test_the_preview_says_what_it_does_not_draw(target, grandma, member, browse):
    for k in range(4):
        make_target(f"AT2024more{k}", group=grandma)
    names = ["AT2024more0", "AT2024more1", "AT2024more1", "AT2024more2", "AT2024more3", "AT2024more3"]
    names += ["AT2024page"] * 3
    header = "obj,tel,mjd,filter,mag,magerr,magsys"
    table = "\n".join(
        [header, *(f"{name},TAROT-TCA,{60616.8 + k / 100},r,18.21,0.05,AB" for k, name in enumerate(names))]
    )
    sent = {"check": "1", "groups": [group.pk for group in member.groups.all()]}
    page = browse(member).post("/photometry/upload/", {**sent, "text": table}).content.decode()
    assert [f'"target": "{name}"' in page for name in ("AT2024page", "AT2024more1", "AT2024more3", "AT2024more2")] == [
        True, True, True, False,
    ]  # fmt: skip
    assert "2 more with 2 rows are checked, and not drawn" in page
    long = io.BytesIO((table + ("\n# " + "x" * 98) * 21_000).encode())
    long.name = "long.csv"
    page = browse(member).post("/photometry/upload/", {**sent, "file": long}).content.decode()
    assert "No light curve is drawn of tables above 2 MB" in page
    assert "data-document" not in page


def test_what_columns_mean_is_remembered(target, member, browse):
    groups = [group.pk for group in member.groups.all()]
    said = {"column:when": "mjd", "column:brightness": "mag"}
    client = browse(member)
    page = client.post("/photometry/upload/", {"text": TABLE, "groups": groups, "store": "1", **said}).content.decode()
    assert "Stored:" in page
    assert ColumnMapping.objects.get(user=member).mapping["when"] == "mjd"
    again = TABLE.replace("18.21", "18.30").replace("60616.85", "60616.95")
    client.post("/photometry/upload/", {"text": again, "groups": groups, "store": "1"})
    assert PhotometryPoint.objects.filter(target=target.pk).count() == 2


def test_what_columns_were_said_to_mean_holds_from_checking_to_storing(target, member, browse):
    """The form sends what its lists show: after checking they must show what was said."""
    table = TABLE.replace("when", "quand").replace("brightness", "brillance")
    sent = {"text": table, "groups": [group.pk for group in member.groups.all()]}
    said = {"column:quand": "mjd", "column:brillance": "mag", "column:tel": ""}
    page = browse(member).post("/photometry/upload/", {**sent, "check": "1", "telescope": "TAROT-TCA", **said})
    lists = dict(re.findall(r'<select[^>]* name="(column:\w+)">(.*?)</select>', page.content.decode(), re.DOTALL))
    chosen = {name: re.findall(r'value="([^"]*)" selected', options) for name, options in lists.items()}
    assert {name: value for name, value in chosen.items() if value} == {name: [value] for name, value in said.items()}


def test_rows_that_are_refused_are_not_drawn(target, member, browse):
    table = TABLE + "AT2024page,SEDM,60616.95,r,15.55,0.05,AB\n"
    sent = {"check": "1", "text": table, "groups": [group.pk for group in member.groups.all()]}
    page = browse(member).post("/photometry/upload/", {**sent, "column:when": "mjd", "column:brightness": "mag"})
    assert page.context["counts"]["created"] == 1
    (document,) = page.context["documents"]
    assert json.loads(document["json"])["n"] == 1


def test_nothing_or_two_things_at_once_are_refused(member, browse):
    groups = [group.pk for group in member.groups.all()]
    for sent in ({}, {"text": TABLE, "mag": "18"}):
        page = browse(member).post("/photometry/upload/", {**sent, "groups": groups}).content.decode()
        assert "one of the three" in page


def test_those_who_may_not_upload_are_told(stranger, browse):
    answer = browse(stranger).get("/photometry/upload/", follow=True)
    assert "You may not send photometry" in answer.content.decode()


def test_without_a_group_an_administrator_is_told_what_is_missing(db, browse):
    answer = browse(User.objects.create_superuser("first")).get("/photometry/upload/", follow=True)
    assert "there is no group to see it" in answer.content.decode()


def test_the_queue_names_nights_by_their_evening(target, grandma, observer, reviewer, browse):
    make_points(4, target, grandma, by=observer, telescopes=["TAROT-TCA"])
    page = browse(reviewer).get("/photometry/?by=night").content.decode()
    assert f"{FIRST:%Y-%m-%d}</a>" in page
    review = f"/photometry/targets/{target.pk}/review/"
    for query, n in (("?night=2024-11-02", 4), ("?night=2024-11-03", 0), ("?filter=sdssr", 1), ("?night=x", 4)):
        assert len(browse(reviewer).get(review + query).context["keys"]) == n, query


# --- the queue ---
def lines(browse, reviewer, query: str = ""):
    return browse(reviewer).get(f"/photometry/{query}").context["page_obj"]


def test_the_queue_comes_in_pages_with_every_point_counted(target, grandma, observer, reviewer, browse):
    make_points(120, target, grandma, by=observer, telescopes=["TAROT-TCA"], step=timedelta(days=1))
    first, last = lines(browse, reviewer, "?by=night"), lines(browse, reviewer, "?by=night&page=3")
    assert (len(first), first.paginator.count, len(last)) == (50, 120, 20)
    nights = {row["night"] for page in (first, lines(browse, reviewer, "?by=night&page=2"), last) for row in page}
    assert len(nights) == 120
    assert browse(reviewer).get("/photometry/").context["n_waiting"] == 120


def test_quarantine_comes_first_and_what_one_may_not_accept_last(target, grandma, observer, reviewer, browse):
    make_points(1, target, grandma, by=observer, telescopes=["KAO"], status="quarantined")
    make_points(1, target, grandma, by=observer, telescopes=["TAROT-TCA"])
    make_points(1, target, grandma, by=reviewer, telescopes=["TAROT-TRE"], status="quarantined")
    assert [row["telescope"] for row in lines(browse, reviewer)] == ["KAO", "TAROT-TCA", "TAROT-TRE"]
    assert "yours" in browse(reviewer).get("/photometry/").content.decode()


@pytest.mark.parametrize(
    ("query", "telescopes"),
    [
        ("?telescope=KAO", {"KAO"}),
        ("?only=quarantined", {"KAO", "TAROT-TRE"}),
        ("?only=others", {"KAO", "TAROT-TCA"}),
        ("?target=2024PAGE", {"KAO", "TAROT-TCA", "TAROT-TRE"}),
        ("?target=nothing", set()),
        ("?telescope=nobody&sort=nonsense&only=x&page=x", {"KAO", "TAROT-TCA", "TAROT-TRE"}),
        ("?by=cell&sort=n", {"KAO", "TAROT-TCA", "TAROT-TRE"}),
    ],
)
def test_the_queue_is_narrowed(target, grandma, observer, reviewer, browse, query, telescopes):
    make_points(2, target, grandma, by=observer, telescopes=["KAO"], status="quarantined")
    make_points(2, target, grandma, by=observer, telescopes=["TAROT-TCA"])
    make_points(2, target, grandma, by=reviewer, telescopes=["TAROT-TRE"], status="quarantined")
    assert {row["telescope"] for row in lines(browse, reviewer, query)} == telescopes


def test_many_nights_of_one_telescope_begin_as_one_line_for_each_filter(target, grandma, observer, reviewer, browse):
    make_points(120, target, grandma, by=observer, telescopes=["TAROT-TCA"], step=timedelta(days=1))
    page = lines(browse, reviewer)
    assert (
        page.paginator.count
        == len({row["filter"] for row in page})
        == PhotometryPoint.objects.values("filter").distinct().count()
    )


def test_what_a_line_of_the_queue_is_stays_as_one_chose_it(target, grandma, observer, reviewer, browse):
    make_points(8, target, grandma, by=observer, telescopes=["TAROT-TCA"], step=timedelta(days=1))
    client = browse(reviewer)
    assert client.get("/photometry/").context["by"] == "cell"
    assert client.get("/photometry/?by=night").context["by"] == "night"
    assert client.get("/photometry/?telescope=TAROT-TCA").context["by"] == "night"
    assert client.get("/photometry/?by=nonsense").context["by"] == "night"
    assert client.get("/photometry/?by=cell").context["by"] == "cell"
    assert client.get("/photometry/").context["by"] == "cell"


def test_the_queue_by_target_has_one_line_for_each(target, points, grandma, observer, reviewer, browse):
    other = make_target("AT2024else", group=grandma)
    make_points(3, other, grandma, by=observer)
    found = {row["target__name"]: (row["n"], row["n_telescopes"]) for row in lines(browse, reviewer, "?by=target")}
    assert found == {"AT2024page": (28, 3), "AT2024else": (3, 3)}


def test_long_light_curves_are_compared_point_by_point_on_request(
    target, grandma, observer, member, browse, monkeypatch
):
    monkeypatch.setattr(bins, "MOST_POINTS", 200)
    make_points(400, target, grandma, by=observer)
    path = f"/photometry/targets/{target.pk}/context.json"
    found = browse(member).get(path).json()
    assert 0 < found["n_bins"] <= 200
    piece = browse(member).get(f"{path}?piece=0").json()
    assert set(piece) == {"id", "residual", "n_pieces"}
    assert piece["n_pieces"] == 1
    limits = PhotometryPoint.objects.filter(target=target.pk, kind="limit").count()
    assert len(piece["id"]) == len(piece["residual"]) == 400 - limits
    assert browse(member).get(f"{path}?piece=7").json()["id"] == []
    assert "altitude" in browse(member).get(f"{path}?piece=x").json()


def test_the_log_comes_in_pages_and_is_narrowed(target, points, grandma, observer, reviewer, browse):
    other = make_target("AT2024else", group=grandma)
    decide([one.pk for one in make_points(60, other, grandma, by=observer)], Status.ACCEPTED, by=reviewer)
    decide([one.pk for one in points[:3]], Status.REJECTED, by=reviewer)

    def count(query: str) -> int:
        return browse(reviewer).get(f"/photometry/review/log/{query}").context["page_obj"].paginator.count

    assert [count(query) for query in ("", "?target=page", "?who=REVIEW", "?who=nobody")] == [63, 3, 63, 0]
    assert count(f"?point={points[0].pk}") == 1
    assert len(browse(reviewer).get("/photometry/review/log/?page=2").context["page_obj"]) == 13
