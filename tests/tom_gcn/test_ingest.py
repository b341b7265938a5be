"""Files become events; what cannot be read is kept with its reason; the same again changes nothing."""

import base64
import gzip
import io
import json
import zlib
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from django.core.management import CommandError, call_command
from django.utils import timezone

from tom_gcn import tasks
from tom_gcn.choices import EventState, LocalizationKind, MessageState
from tom_gcn.models import Event, Localization, Message, Notice, ObservationPlan, StoredSkyMap

pytestmark = pytest.mark.django_db

ALERTS = Path(__file__).parents[1] / "data" / "alerts"
JSON_ALERTS = ALERTS / "lvk_json"


def ingest(*files, **options):
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("ingest", *map(str, files), stdout=out, stderr=err, **options)
    except CommandError as error:
        return 1, out.getvalue(), err.getvalue() + str(error)
    return 0, out.getvalue(), err.getvalue()


def counts():
    return tuple(m.objects.count() for m in (Message, Event, Notice, Localization, StoredSkyMap, ObservationPlan))


def altered(tmp_path, **changes):
    """A copy of a real alert with fields of its event replaced."""
    alert = json.loads((JSON_ALERTS / "S241102br_UPDATE_1.json").read_text())
    alert["event"].update(changes)
    path = tmp_path / "altered.json"
    path.write_text(json.dumps(alert))
    return path


def skymap_of(name):
    return base64.b64decode(json.loads((JSON_ALERTS / name).read_text())["event"]["skymap"])


def as_text(data):
    return base64.b64encode(data).decode()


def test_a_real_alert_becomes_an_event_with_its_figures():
    code, out, _ = ingest(JSON_ALERTS / "S241102br_UPDATE_1.json")
    assert code == 0
    assert "S241102br: UPDATE notice" in out
    assert "90 % area 28.4 deg2" in out
    event = Event.objects.get()
    assert (event.name, event.kind, event.state, event.is_test) == ("S241102br", "gw", EventState.ACTIVE, False)
    assert event.t0.isoformat() == "2024-11-02T12:40:58.788000+00:00"
    skymap = event.localizations.get(is_current=True).skymap
    assert skymap.distance_mean_mpc == pytest.approx(364.0, abs=0.1)
    assert skymap.region_90.shape[1] == 2
    assert np.all(skymap.region_90[1:, 0] > skymap.region_90[:-1, 1])
    assert event.notices.get().best_class[0] == "BBH"
    assert event.groups.get().name == "GRANDMA"


def test_every_real_alert_is_stored_and_none_disturbs_another():
    files = sorted(JSON_ALERTS.glob("*.json")) + sorted((ALERTS / "lvk_avro").glob("*.avro"))
    code, _, err = ingest(*files)
    assert (code, err) == (0, "")
    assert Message.objects.filter(state=MessageState.READ).count() == len({f.read_bytes() for f in files})
    assert Event.objects.get(name="S241126dm").state == EventState.RETRACTED
    assert Event.objects.get(name="MS260605l").state == EventState.RETRACTED
    assert Event.objects.get(name="S241102br").localizations.count() == 3
    assert StoredSkyMap.objects.filter(localizations__event__name="MS181101ab2").distinct().count() == 2
    assert not ObservationPlan.objects.filter(event__is_test=True).exists()


def test_the_same_file_twice_changes_nothing_and_says_so():
    ingest(JSON_ALERTS / "S241102br_UPDATE_1.json")
    before = counts()
    code, out, _ = ingest(JSON_ALERTS / "S241102br_UPDATE_1.json")
    assert code == 0
    assert "already here" in out
    assert "nothing changed" in out
    assert counts() == before


def test_the_same_notice_by_another_way_is_one_notice(tmp_path):
    ingest(JSON_ALERTS / "S241102br_UPDATE_1.json")
    alert = json.loads((JSON_ALERTS / "S241102br_UPDATE_1.json").read_text())
    path = tmp_path / "reformatted.json"
    path.write_text(json.dumps(alert, indent=3))
    code, out, _ = ingest(path)
    assert code == 0
    assert "already here by another way" in out
    assert (Notice.objects.count(), Localization.objects.count(), Message.objects.count()) == (1, 1, 2)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_the_order_of_arrival_does_not_matter(order):
    names = ["S241102br_PRELIMINARY_1.json", "S241102br_INITIAL_1.json", "S241102br_UPDATE_1.json"]
    for index in order:
        ingest(JSON_ALERTS / names[index])
    event = Event.objects.get()
    assert event.localizations.get(is_current=True).notice.notice_type == "UPDATE"
    assert event.t0.isoformat() == "2024-11-02T12:40:58.788000+00:00"


@pytest.mark.parametrize(
    "names",
    [
        ["MS260605l_RETRACTION_1.json", "MS260605l_PRELIMINARY_1.json"],
        ["MS260605l_PRELIMINARY_1.json", "MS260605l_RETRACTION_1.json"],
    ],
)
def test_a_retraction_holds_whatever_comes_first(names):
    for name in names:
        assert ingest(JSON_ALERTS / name)[0] == 0
    assert Event.objects.get().state == EventState.RETRACTED


def test_the_combined_map_is_kept_beside_the_current_one():
    ingest(JSON_ALERTS / "MS181101ab2_UPDATE_1.json")
    event = Event.objects.get()
    assert event.localizations.get(is_current=True).kind == LocalizationKind.SKYMAP
    assert event.localizations.filter(kind=LocalizationKind.COMBINED).count() == 1
    assert event.notices.get().external["observatory"] == "Fermi"


def test_the_drill_is_tonight_labelled_and_planned():
    code, out, _ = ingest(drill=True)
    assert code == 0, out
    event = Event.objects.get()
    assert event.is_test
    assert event.drill_of == "S241102br"
    assert timedelta(0) < timezone.now() - event.t0 < timedelta(hours=24)
    assert ObservationPlan.objects.get().event == event
    assert "nothing changed" in ingest(drill=True)[1]
    assert Message.objects.count() == 1


# --- bad input ---------------------------------------------------------------------------------------------------


def null_map():
    buffer = io.BytesIO()
    columns = [
        fits.Column("UNIQ", "K", array=np.arange(4, 16)),
        fits.Column("PROBDENSITY", "D", array=np.zeros(12)),
    ]
    table = fits.BinTableHDU.from_columns(columns)
    table.header["ORDERING"] = "NUNIQ"
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(buffer)
    return buffer.getvalue()


def scaled_map():
    with fits.open(io.BytesIO(skymap_of("S241102br_UPDATE_1.json"))) as hdus:
        hdus[1].data["PROBDENSITY"] *= 1.5
        buffer = io.BytesIO()
        hdus.writeto(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("skymap", "word"),
    [
        (lambda: as_text(skymap_of("S241102br_UPDATE_1.json")[:300_000]), "ends after"),
        (lambda: as_text(scaled_map()), "sum"),
        (lambda: as_text(null_map()), ""),
        (lambda: as_text(b"no FITS at all"), "FITS"),
        (lambda: None, "no sky map"),
    ],
    ids=["truncated", "sum-1.5", "null", "not-fits", "none"],
)
def test_a_bad_map_keeps_the_notice_and_says_why(tmp_path, skymap, word):
    code, _, err = ingest(altered(tmp_path, skymap=skymap()))
    assert code == 1
    message = Message.objects.get()
    assert message.state == MessageState.PARTIAL
    assert message.reason_code
    assert word in message.reason
    assert message.reason in err
    assert Event.objects.get().name == "S241102br"
    assert not Localization.objects.exists()
    assert not ObservationPlan.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"{",
        b"[1, 2",
        b"null",
        b"{}",
        b'{"superevent_id": 5}',
        b"\x00\xff" * 100,
        b"SIMPLE  = T",
        b"\x1f\x8b broken",
        b"Obj\x01 broken avro",
        b"[" * 100_000,
    ],
    ids=["empty", "text", "brace", "list", "null", "object", "number-id", "binary", "fits", "gzip", "avro", "deep"],
)
def test_what_is_no_alert_is_kept_with_its_reason(tmp_path, body):
    path = tmp_path / "thing.json"
    path.write_bytes(body)
    code, _, err = ingest(path)
    assert code == 1
    message = Message.objects.get()
    assert (message.state, bytes(message.body)) == (MessageState.UNREADABLE, body)
    assert message.reason_code
    assert message.reason in err
    assert "Traceback" not in err
    assert not Event.objects.exists()


def test_a_bad_file_does_not_keep_the_others_out(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("nonsense")
    code, out, err = ingest(path, tmp_path / "missing.json", JSON_ALERTS / "S241102br_UPDATE_1.json")
    assert code == 1
    assert "S241102br" in out
    assert "No such file" in err
    assert Event.objects.count() == 1


def test_a_gzip_bomb_is_neither_unpacked_nor_lost(tmp_path, settings):
    settings.ICARE_MAX_MESSAGE_BYTES = 4 * 1024 * 1024
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    block = bytes(16 * 1024 * 1024)
    path = tmp_path / "bomb.json.gz"
    with path.open("wb") as file:
        for _ in range(24):
            file.write(packer.compress(block))
        file.write(packer.flush())
    code, _, _ = ingest(path)
    message = Message.objects.get()
    assert (code, message.reason_code, message.is_cut) == (1, "too-large", False)
    assert message.size_bytes == path.stat().st_size


def test_a_file_too_large_to_keep_leaves_its_beginning_and_size(tmp_path, settings):
    settings.ICARE_MAX_MESSAGE_BYTES = 100_000
    path = tmp_path / "large.json"
    path.write_bytes(b"x" * 250_000)
    assert ingest(path)[0] == 1
    message = Message.objects.get()
    assert (message.is_cut, message.size_bytes, len(bytes(message.body))) == (True, 250_000, 65_536)
    assert message.reason_code == "too-large"


def test_a_gzipped_alert_is_read(tmp_path):
    path = tmp_path / "alert.json.gz"
    path.write_bytes(gzip.compress((JSON_ALERTS / "S241102br_UPDATE_1.json").read_bytes()))
    assert ingest(path)[0] == 0
    assert Event.objects.get().name == "S241102br"


def test_a_message_stored_by_a_worker_that_died_is_read_by_the_sweep():
    body = (JSON_ALERTS / "S241102br_UPDATE_1.json").read_bytes()
    from tom_gcn.actions import receive_message

    message, _ = receive_message(body, source="kafka")
    assert tasks.recover() == 0, "a message just received is left to its reader"
    Message.objects.filter(pk=message.pk).update(received_at=timezone.now() - timedelta(minutes=1))
    assert tasks.recover() == 1
    assert tasks.recover() == 0, "it waits in the queue"
    tasks.run_message(message.pk)
    assert Event.objects.get().name == "S241102br"


def test_a_notice_from_the_future_is_kept_but_not_believed(tmp_path):
    alert = json.loads((JSON_ALERTS / "S241102br_UPDATE_1.json").read_text())
    alert["time_created"] = "2099-01-01T00:00:00Z"
    path = tmp_path / "future.json"
    path.write_text(json.dumps(alert))
    assert ingest(path)[0] == 1
    assert Message.objects.get().reason_code == "in-the-future"
    assert ingest(JSON_ALERTS / "S241102br_UPDATE_1.json")[0] == 0


def test_a_fault_of_the_reader_closes_the_message_and_nothing_else(monkeypatch, tmp_path):
    def broken(raw, topic):
        raise ValueError("a case nobody thought of")

    monkeypatch.setattr("tom_gcn.actions.messages.parse", broken)
    path = tmp_path / "a.json"
    path.write_text("{}")
    assert ingest(path)[0] == 1
    message = Message.objects.get()
    assert (message.state, message.reason_code) == (MessageState.UNREADABLE, "reader-error")
    assert "a case nobody thought of" in message.reason
