"""Publishes messages, kills the listener at random steps and restarts PostgreSQL meanwhile, then counts."""

import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from django.db import OperationalError, connection

from tests.tools.broker import Broker
from tests.waiting import PATIENCE_S, wait_until
from tom_gcn.models import Message

MORTAL = Path(__file__).parent / "mortal_listener.py"
STEPS = ("received", "in-transaction", "stored", "acknowledged")
TOPIC = "igwn.gwalert"


@dataclass
class Outcome:
    """What a soak ended with."""

    published: int
    stored: int
    lost: int
    doubled: int
    queued: int
    kills: int
    restarts: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.published} published, {self.stored} stored, {self.lost} lost, {self.doubled} doubled, "
            f"{self.queued} queued to be read; {self.kills} kills, {self.restarts} restarts of PostgreSQL, "
            f"{self.seconds:.0f} s"
        )


def soak(broker: Broker, number: int, kills: int, restarts: int, seed: int = 1) -> Outcome:
    """Let `number` messages through a listener that is killed `kills` times."""
    began, rng = time.monotonic(), random.Random(seed)
    bodies = [b'{"message": %d, "filling": "%s"}' % (n, b"x" * 4000) for n in range(number)]
    share = number // (kills + 1)
    restart_after = set(rng.sample(range(kills), restarts))
    broker.create(TOPIC, 3)
    for life in range(kills):
        ours = bodies[life * share : (life + 1) * share]
        half = share // 2
        broker.publish(TOPIC, *ours[:half])
        if life in restart_after:
            # Half are stored, the server goes away under the listener, and it dies over the other half.
            published = life * share + half
            missing = published - Message.objects.count()
            # What its predecessor stored without acknowledging comes again and counts too.
            listener = start(broker, rng.choice(STEPS), missing + 2 + rng.randint(1, half // 2))
            wait_until(lambda number=published: Message.objects.count() >= number, "too few are stored")
            restart_postgresql()
        else:
            listener = start(broker, rng.choice(STEPS), rng.randint(1, half))
        broker.publish(TOPIC, *ours[half:])
        assert listener.wait(timeout=PATIENCE_S) == -9
    broker.publish(TOPIC, *bodies[kills * share :])
    last = start(broker, "never", 0)
    try:
        wait_until(lambda: Message.objects.count() >= number, "messages are missing")
        time.sleep(1.0)
    finally:
        last.terminate()
        last.wait(timeout=PATIENCE_S)
    return count(bodies, kills, restarts, time.monotonic() - began)


def start(broker: Broker, step: str, at: int) -> subprocess.Popen:
    log = Path(tempfile.gettempdir()) / "icare-mortal-listener.log"
    command = [sys.executable, str(MORTAL), connection.settings_dict["NAME"], broker.address, step, str(at)]
    with log.open("a") as output:
        return subprocess.Popen(command, stdout=output, stderr=output)


def restart_postgresql() -> None:
    """Stop and start the embedded server; a server of somebody else's only loses all its connections."""
    if "EMBEDDED" in connection.settings_dict:
        from icare_tom.db.embedded.base import server_of

        server_of(connection.settings_dict).stop(even_if_attached=True)
    else:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    connection.close()
    wait_until(_answers, "PostgreSQL does not come back")


def _answers() -> bool:
    try:
        connection.ensure_connection()
    except OperationalError:
        return False
    return True


def count(bodies: list[bytes], kills: int, restarts: int, seconds: float) -> Outcome:
    from django_q.models import OrmQ

    stored = [bytes(body) for body in Message.objects.values_list("body", flat=True)]
    places = list(Message.objects.values_list("topic", "partition", "offset"))
    doubled = len(stored) - len(set(stored)) + len(places) - len(set(places))
    lost = len(set(bodies) - set(stored))
    return Outcome(len(bodies), len(stored), lost, doubled, OrmQ.objects.count(), kills, restarts, seconds)
