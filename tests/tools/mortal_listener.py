"""``mortal_listener.py DATABASE BROKER STEP NUMBER``: the listener, killed when it comes to STEP for the NUMBERth time.

Steps: received, in-transaction, stored, acknowledged; "never" lets it live.
"""

import itertools
import os
import signal
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[2]


def dies_at(number: int):
    counter = itertools.count(1)

    def step(*args, **kwargs) -> None:
        if next(counter) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def around(function, before=None, after=None):
    def wrapped(*args, **kwargs):
        if before:
            before()
        result = function(*args, **kwargs)
        if after:
            after()
        return result

    return wrapped


def prepare(step: str, number: int) -> None:
    from tom_gcn import signals
    from tom_gcn.listening import listener, streams

    die = dies_at(number)
    if step == "received":
        listener.receive_message = around(listener.receive_message, before=die)
    elif step == "in-transaction":
        signals.message_stored.connect(die, weak=False)
    elif step == "stored":
        listener.receive_message = around(listener.receive_message, after=die)
    elif step == "acknowledged":
        streams.OpenStream.acknowledge = around(streams.OpenStream.acknowledge, after=die)


if __name__ == "__main__":
    database, address, step, number = sys.argv[1:5]
    sys.path[:0] = [str(ROOT)]
    os.environ["DJANGO_SETTINGS_MODULE"] = "icare_tom.settings.test"
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from tests.tools.broker import stream_settings

    connection.settings_dict["NAME"] = database
    settings.ICARE_STREAMS = stream_settings(address)
    settings.ICARE_LISTENER_LONGEST_PAUSE_S = 1.0
    settings.ICARE_LISTENER_BEAT_EVERY_S = 0.5
    prepare(step, int(number))
    call_command("listen", "--cluster", "hopskotch", "--parent", str(os.getppid()))
