"""Executed observations recorded: every row answered, nothing lost, nothing doubled, seen by those who may."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission
from django.db import connection, transaction

from tests.factories import make_group, make_user
from tom_grandma_facilities import fields
from tom_grandma_facilities.actions import record_observations
from tom_grandma_facilities.exceptions import NotAllowed
from tom_grandma_facilities.executed import read_csv, read_rows
from tom_grandma_facilities.models import ExecutedObservation, ObservationUpload
from tom_grandma_facilities.registry import UnknownTelescope
from tom_grandma_facilities.signals import observations_recorded

pytestmark = pytest.mark.django_db

TABLE = """observation_id,field_id,RA,Dec,obstime,seeing,limmag,exposure_time,filter,processed_fraction,airmass,object
84434604,1,30.1,45.5,2024-11-02T13:00:01.25,1.57,19.2,30,g,1.0,1.2,S241102br
84434651,,359.99,-89.9,60616.541,,,30,g,,,
84434696,3,0,0,2460617.0416,1.1,19.5,60,r,0.9,,GRB
"""


@pytest.fixture
def observer(member):
    return allow(member)


def allow(user):
    user.user_permissions.add(Permission.objects.get(codename="add_executedobservation"))
    return type(user).objects.get(pk=user.pk)


def outcomes(recorded):
    return [answer.outcome.value for answer in recorded.answers]


def row(**changes):
    return {
        "observation_id": "a1", "RA": 10.0, "Dec": 20.0, "obstime": "2024-11-02T13:00:00", "filter": "r",
        "exposure_time": 60,
    } | changes  # fmt: skip


def record(by, *rows, **options):
    return record_observations(read_rows(list(rows)).rows, by=by, **{"telescope": "CFHT"} | options)


def test_a_table_is_stored_whole(observer):
    recorded = record_observations(read_csv(TABLE).rows, by=observer, telescope="TAROT-TCA", source="night.csv")
    assert outcomes(recorded) == ["created"] * 3
    assert [answer.line for answer in recorded.answers] == [2, 3, 4]
    assert str(recorded.upload) == "night.csv"
    first = ExecutedObservation.objects.get(observation_id="84434604")
    assert first.start == datetime(2024, 11, 2, 13, 0, 1, 250000, tzinfo=UTC)
    assert (first.ra_deg, first.dec_deg, first.field_id, first.limiting_mag) == (30.1, 45.5, "1", 19.2)
    assert (first.shape, round(first.width_deg, 2)) == ("square", 1.9)
    assert first.raw["limmag"] == "19.2"
    second = ExecutedObservation.objects.get(observation_id="84434651")
    assert (second.field_id, second.target_name, second.limiting_mag, second.airmass) == ("", "", None, None)
    assert abs((second.start - datetime(2024, 11, 2, 12, 59, 2, 400000, tzinfo=UTC)).total_seconds()) < 0.01
    assert (first.end - first.start).total_seconds() == 30


def test_the_same_again_is_known_already(observer):
    rows = read_csv(TABLE).rows
    record_observations(rows, by=observer, telescope="TAROT-TCA")
    again = record_observations(rows, by=observer, telescope="TAROT-TCA")
    assert outcomes(again) == ["exists"] * 3
    assert again.upload is None
    assert (ExecutedObservation.objects.count(), ObservationUpload.objects.count()) == (3, 1)
    assert all(answer.pk for answer in again.answers)


def test_a_correction_keeps_what_was_said_before(observer):
    first = record(observer, row(limmag=19.0))
    second = record(observer, row(limmag=20.5))
    assert outcomes(second) == ["changed"]
    stored = ExecutedObservation.objects.get()
    assert (stored.pk, stored.limiting_mag) == (first.answers[0].pk, 20.5)
    assert [earlier["limmag"] for earlier in stored.earlier] == [19.0]
    assert (stored.upload, stored.changed_by) == (first.upload, second.upload)


def test_the_same_id_of_two_telescopes_is_two_observations(observer):
    assert outcomes(record(observer, row(), row(), telescope="OAJ-T80")) == ["created", "exists"]
    assert outcomes(record(observer, row())) == ["created"]


def test_good_rows_are_stored_beside_rejected_ones(observer):
    recorded = record(observer, row(), row(observation_id="b", filter=""), row(observation_id="c", airmass="no"))
    assert outcomes(recorded) == ["created", "rejected", "rejected"]
    problems = [answer.problems[0] for answer in recorded.answers[1:]]
    assert [(problem.line, problem.column) for problem in problems] == [(2, "filter"), (3, "airmass")]
    kept = ObservationUpload.objects.get()
    assert (kept.n_created, kept.n_rejected) == (1, 2)
    assert [entry["row"]["observation_id"] for entry in kept.rejected] == ["b", "c"]


def test_one_id_with_two_meanings_in_one_file_is_rejected(observer):
    recorded = record(observer, row(), row(filter="g"))
    assert outcomes(recorded) == ["created", "rejected"]
    assert "Line 1" in recorded.answers[1].problems[0].reason
    assert ExecutedObservation.objects.get().filter == "r"


def test_a_dry_run_answers_and_leaves_nothing(observer):
    record(observer, row())
    tried = record(observer, row(), row(observation_id="b"), row(observation_id="c", RA=400), dry_run=True)
    assert outcomes(tried) == ["exists", "created", "rejected"]
    assert tried.answers[1].pk is None
    assert ExecutedObservation.objects.count() == ObservationUpload.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"telescope": "Hubble"}, "telescope"),
        ({"telescope": "OAJ-T80"}, "telescope"),
        ({"RA": None, "Dec": None, "field_id": "nowhere"}, "field_id"),
        ({"observation_id": "x" * 101}, "observation_id"),
        ({"filter": "r\u0000"}, "filter"),
        ({"exposure_time": 0}, "exposure_time"),
        ({"obstime": "2999-01-01"}, "obstime"),
    ],
)
def test_rows_that_cannot_be(observer, changes, column):
    recorded = record(observer, row(**changes))
    assert outcomes(recorded) == ["rejected"]
    assert recorded.answers[0].problems[0].column == column
    assert recorded.answers[0].problems[0].mend
    assert not ExecutedObservation.objects.exists()


def test_rows_name_their_telescope_by_any_of_its_names(observer):
    recorded = record(observer, row(telescope="tca"), row(telescope="CFHT"), telescope="")
    assert [answer.telescope for answer in recorded.answers] == ["TAROT-TCA", "CFHT"]
    with pytest.raises(UnknownTelescope):
        record(observer, row(), telescope="Hubble")


def test_a_field_of_a_plan_stands_for_its_position(observer, monkeypatch):
    monkeypatch.setattr(fields, "_finders", [lambda telescope, ids, user: {"F7": (361.0 - 360, -5.0)}])
    recorded = record(observer, row(RA=None, Dec=None, field_id="F7"))
    assert outcomes(recorded) == ["created"]
    assert ExecutedObservation.objects.values_list("ra_deg", "dec_deg").get() == (1.0, -5.0)


def test_a_telescope_without_a_known_field_is_kept_and_says_so(observer):
    recorded = record(observer, row(), telescope="KAIT")
    assert outcomes(recorded) == ["created"]
    assert "field of view" in recorded.answers[0].note
    stored = ExecutedObservation.objects.get()
    assert (stored.shape, stored.width_deg, stored.pointing) == ("", None, None)


def test_what_json_can_hold_and_postgresql_cannot_is_kept_readable(observer):
    strange = row(note="a\x00b\ud800", deep={"list": [float("nan"), float("inf")]}, seeing=float("nan"))
    assert outcomes(record(observer, strange)) == ["created"]
    raw = ExecutedObservation.objects.get().raw
    assert raw["note"] == "a\ufffdb?"
    assert raw["deep"] == {"list": ["nan", "inf"]}


def test_only_those_with_the_permission_and_a_group_record(member, observer):
    with pytest.raises(NotAllowed):
        record(make_user("somebody", make_group(), role="view"), row())
    with pytest.raises(NotAllowed, match="groups"):
        record(allow(make_user("lonely")), row())
    with pytest.raises(NotAllowed, match="groups"):
        record(observer, row(), groups=[make_group("Others")])


def test_rows_are_seen_by_the_groups_they_were_uploaded_for(observer, stranger, administrator):
    record(observer, row())
    assert ExecutedObservation.objects.visible_to(observer).count() == 1
    assert ExecutedObservation.objects.visible_to(administrator).count() == 1
    assert not ExecutedObservation.objects.visible_to(stranger).exists()
    assert not ObservationUpload.objects.visible_to(make_user("visitor", make_group("Others"))).exists()


def test_others_neither_see_correct_nor_take_an_id_and_learn_nothing_of_it(observer):
    record(observer, row())
    other = allow(make_user("other", make_group("Others")))
    for name in ("a1", "a2"):
        tried = record(other, row(observation_id=name, filter="g"), dry_run=True)
        assert (outcomes(tried), tried.answers[0].problems) == (["created"], ())
    assert outcomes(record(other, row(filter="g"))) == ["created"]
    assert outcomes(record(other, row(filter="z"))) == ["changed"]
    assert outcomes(record(observer, row())) == ["exists"]
    assert ExecutedObservation.objects.visible_to(observer).get().filter == "r"
    assert ExecutedObservation.objects.visible_to(other).get().filter == "z"


def test_whoever_takes_an_id_first_does_not_keep_others_from_it(observer):
    record(allow(make_user("other", make_group("Others"))), row(filter="g"))
    assert outcomes(record(observer, row())) == ["created"]
    assert outcomes(record(observer, row(limmag=20.0))) == ["changed"]
    assert ExecutedObservation.objects.visible_to(observer).get().limiting_mag == 20.0


def test_a_correction_reaches_all_who_saw_the_row_or_is_refused(observer):
    network, others = observer.groups.get(), make_group("Others")
    observer.groups.add(others)
    record(observer, row(), groups=[network])
    refused = record(observer, row(target_name="for others only"), groups=[others])
    assert outcomes(refused) == ["rejected"]
    [problem] = refused.answers[0].problems
    assert (problem.column, "groups that this upload leaves out" in problem.reason) == ("observation_id", True)
    again = record(observer, row(), groups=[others])
    assert (outcomes(again), "told before" in again.answers[0].note) == (["exists"], True)
    assert ExecutedObservation.objects.get().target_name == ""
    assert outcomes(record(observer, row(target_name="for all"), groups=[network, others])) == ["changed"]
    assert ExecutedObservation.objects.get().target_name == "for all"


def test_an_administrator_corrects_the_row_of_the_groups_that_are_told(observer, administrator):
    network, others = observer.groups.get(), make_group("Others")
    record(allow(make_user("other", others)), row(filter="g"))
    record(observer, row())
    assert outcomes(record(administrator, row(filter="i"), groups=[network])) == ["changed"]
    assert ExecutedObservation.objects.visible_to(observer).get().filter == "i"
    assert outcomes(record(administrator, row(filter="y"), groups=[others])) == ["changed"]
    assert ExecutedObservation.objects.visible_to(observer).get().filter == "i"


@pytest.mark.django_db(transaction=True)
def test_others_are_told_after_the_commit(observer):
    heard = []

    def listen(sender, **told):
        heard.append((connection.in_atomic_block, told))

    observations_recorded.connect(listen)
    try:
        with transaction.atomic():
            record(observer, row(), row(observation_id="b", obstime="2024-11-02T14:00:00"))
            assert heard == []
        record(observer, row())
        record(observer, row(observation_id="c"), dry_run=True)
    finally:
        observations_recorded.disconnect(listen)
    [(in_transaction, told)] = heard
    assert not in_transaction
    assert told["telescopes"] == ("CFHT",)
    assert set(told["observations"]) == set(ExecutedObservation.objects.values_list("pk", flat=True))
    assert (told["start"].hour, told["end"].hour) == (13, 14)
