"""Notices again as drills: moved in time, labelled, in their order, and nothing real is touched."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.factories import make_group
from tom_gcn.actions import read_message, receive_message
from tom_gcn.actions.replay import NotReplayable, original, plan_replay
from tom_gcn.models import Event, Message, Notice

pytestmark = pytest.mark.django_db

ALERTS = Path(__file__).parents[1] / "data" / "alerts"
LVK = sorted((ALERTS / "lvk_json").glob("S241102br_*.json"))
VOEVENTS = ALERTS / "voevent"
GBM = sorted((VOEVENTS / "Fermi").glob("*__797516551__*.xml"))


def replay(*files, **options):
    out, err = io.StringIO(), io.StringIO()
    call_command("replay", *map(str, files), stdout=out, stderr=err, **{"speed": 0, **options})
    return out.getvalue(), err.getvalue()


def store(*files):
    return [read_message(receive_message(file.read_bytes(), source=file.name)[0]) for file in files]


def test_a_superevent_is_replayed_with_all_its_alerts():
    store(*LVK)
    real = Event.objects.get()
    before = list(Notice.objects.values())
    out, err = replay(event=["S241102br"])
    drill = Event.objects.exclude(pk=real.pk).get()
    assert (drill.is_test, drill.drill_of, drill.name[:2]) == (True, "S241102br", "TS")
    assert [n.notice_type for n in drill.notices.all()] == [n.notice_type for n in real.notices.all()]
    assert timedelta(minutes=9) < timezone.now() - drill.t0 < timedelta(minutes=12)
    assert drill.localizations.get(is_current=True).skymap == real.localizations.get(is_current=True).skymap
    assert out.count(": new") == len(LVK) and not err
    assert list(Notice.objects.filter(event=real).values()) == before


def test_the_same_again_that_day_is_the_same_drill():
    store(*LVK)
    replay(event=["S241102br"])
    rows = Notice.objects.count()
    out, _ = replay(event=["S241102br"])
    assert Notice.objects.count() == rows
    assert out.count("already here today") == len(LVK)


def test_several_drills_of_one_event_and_day_are_told_apart():
    store(*LVK)
    replay(event=["S241102br"], again=True)
    replay(event=["S241102br"], again=True)
    replay(event=["S241102br"], label="team2")
    replay(event=["S241102br"], label="team2")
    drills = Event.objects.exclude(drill_of="").order_by("pk")
    day = f"TS{timezone.now():%y%m%d}drillbr"
    assert [drill.name for drill in drills] == [day, f"{day}_2", f"{day}_team2"]
    assert len({str(drill) for drill in drills}) == 3
    assert {drill.drill_of for drill in drills} == {"S241102br"}
    assert [drill.notices.count() for drill in drills] == [len(LVK)] * 3
    assert all(drill.is_test and drill.notices.filter(is_test=True).count() == len(LVK) for drill in drills)


def test_drills_of_satellites_are_told_apart_too():
    store(*GBM)
    real = Event.objects.get()
    replay(event=[real.name])
    replay(event=[real.name], again=True)
    drills = list(Event.objects.exclude(drill_of="").order_by("pk"))
    assert [drill.event_id.rpartition("-drill")[2] for drill in drills] == [
        f"{timezone.now():%y%m%d}",
        f"{timezone.now():%y%m%d}-2",
    ]
    assert drills[0].notices.count() == drills[1].notices.count() == real.notices.count()
    assert str(drills[0]) != str(drills[1])


@pytest.mark.parametrize("label", ["Team", "a b", "x" * 13, "a_b", "<b>"])
def test_labels_are_words(label):
    with pytest.raises(CommandError, match="no label"):
        replay(LVK[0], label=label)


def test_notices_of_satellites_are_replayed_and_keep_their_distances():
    results = store(*GBM)
    real = Event.objects.get()
    replay(event=[real.name])
    drill = Event.objects.exclude(pk=real.pk).get()
    assert (drill.namespace, drill.drill_of, drill.is_test) == ("drill:fermi-gbm", "797516551", True)
    assert drill.notices.count() == real.notices.count() == len(results)
    assert "drill" in drill.display_name
    times = [
        sorted(event.notices.filter(event_time__isnull=False).values_list("event_time", flat=True))
        for event in (real, drill)
    ]
    moved = {there - here for here, there in zip(*times, strict=True)}
    assert len(moved) == 1
    assert timezone.now() - timedelta(minutes=12) < drill.t0 < timezone.now()
    assert drill.localizations.count() == real.localizations.count()


@pytest.mark.parametrize(
    "file",
    [
        ALERTS / "lvk_avro" / "MS181101ab_2-PRELIMINARY.avro",
        ALERTS / "gcn_json" / "einstein_probe" / "EP240508.json",
        ALERTS / "text" / "ICECUBE_ASTROTRACK_BRONZE_139279_10803235.txt",
        next((VOEVENTS / "IceCube").glob("ICECUBE_CASCADE*.xml")),
        next((VOEVENTS / "SVOM").glob("*.xml")),
    ],
    ids=lambda file: file.suffix + file.name[:8],
)
def test_every_kind_of_notice_can_be_replayed_from_its_file(file):
    replay(file)
    notice = Notice.objects.get()
    assert notice.is_test
    assert notice.event.drill_of
    assert timezone.now() - timedelta(minutes=15) < notice.time_created <= timezone.now()
    assert notice.event.groups.get().name == "GRANDMA"


def test_what_is_no_notice_is_left_out_with_a_sentence():
    circular = next((ALERTS / "circulars").glob("*.json"))
    with pytest.raises(CommandError, match="nothing to replay"):
        replay(circular)
    _, err = replay(circular, LVK[0])
    assert "is a circular" in err and "1 of the messages" in err


def test_a_drill_is_not_replayed():
    replay(LVK[0])
    message = Message.objects.get()
    with pytest.raises(CommandError, match="nothing to replay"):
        replay(message=[str(message.pk)])


def test_a_drill_is_for_those_who_see_the_original():
    store(*LVK)
    real = Event.objects.get()
    real.groups.set([make_group("A few")])
    replay(event=["S241102br"])
    assert Event.objects.exclude(pk=real.pk).get().groups.get().name == "A few"


def test_messages_are_named_by_number_digest_and_time():
    results = store(*LVK)
    replay(message=[str(results[0].message.pk), results[1].message.sha256[:12]])
    drill = Event.objects.get(name__startswith="TS")
    assert drill.notices.count() == 2
    long_ago = (timezone.now() - timedelta(hours=1)).isoformat()
    out, _ = replay(since=long_ago, dry_run=True, speed=60)
    assert out.count("S241102br") >= len(LVK)
    assert Notice.objects.filter(event=drill).count() == 2


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"event": ["nobody"]}, "no event"),
        ({"message": ["123456"]}, "no single message"),
        ({"since": "yesterday"}, "not a time"),
        ({"speed": -1}, "speed"),
        ({}, "nothing to replay"),
    ],
)
def test_mistakes_are_said(options, word):
    with pytest.raises(CommandError, match=word):
        replay(**options)


def test_the_speed_shortens_the_distances():
    now = timezone.now()
    originals = [original(file.name, file.read_bytes(), "", now) for file in LVK]
    slow, fast, at_once = (plan_replay(originals, now, speed) for speed in (1, 100, 0))
    lengths = [step.wait for step in slow.steps]
    assert lengths == sorted(lengths)
    assert lengths[0] == timedelta()
    assert lengths[-1] > timedelta(minutes=1)
    assert fast.steps[-1].wait == lengths[-1] / 100
    assert at_once.steps[-1].wait == timedelta()


def test_waits_pass_before_a_notice_is_sent(monkeypatch):
    waited = []
    monkeypatch.setattr("time.sleep", waited.append)
    replay(*LVK, speed=1e6)
    assert len(waited) == len(LVK)
    assert waited[0] == 0


def test_nothing_of_a_message_that_cannot_be_read():
    with pytest.raises(NotReplayable, match="cannot be read"):
        original("x", b"hello", "", timezone.now())
