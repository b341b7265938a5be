"""Listeners in the process of the tests, for as long as one test."""

import threading

from django.db import connections

from tests.waiting import PATIENCE_S, wait_until
from tom_gcn.listening.clusters import get_cluster
from tom_gcn.listening.listener import Listener
from tom_gcn.models import ListenerHeartbeat, Message


class Listening:
    """Listeners in threads of the test's own process."""

    def __init__(self) -> None:
        self.running: list[tuple[Listener, threading.Thread]] = []
        self.failures: list[BaseException] = []

    def start(self, **options) -> Listener:
        listener = Listener(get_cluster("hopskotch"), **options)
        thread = threading.Thread(target=self._run, args=(listener,))
        thread.start()
        self.running.append((listener, thread))
        return listener

    def _run(self, listener: Listener) -> None:
        try:
            listener.run()
        except Exception as error:  # noqa: BLE001  shown by the test that stops it
            self.failures.append(error)
        finally:
            connections.close_all()

    def stop(self) -> None:
        for listener, thread in self.running:
            listener.stop()
            thread.join(timeout=PATIENCE_S)
            assert not thread.is_alive(), "it does not stop"
        self.running.clear()
        assert self.failures == []


def stored(number: int) -> None:
    wait_until(lambda: Message.objects.count() >= number, f"not {number} messages, but {Message.objects.count()}")


def row() -> ListenerHeartbeat:
    return ListenerHeartbeat.objects.get(pk="hopskotch")
