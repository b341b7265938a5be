"""gunicorn's configuration under ``./run``: two processes of eight threads, which end when ``./run`` ends.

Named on gunicorn's command line as ``python:icare_tom.workers.web``.
"""

import os
from typing import Any

from icare_tom.workers.parent import die_with_parent

worker_class = "gthread"
workers = 2
threads = 8
# The astropy stack is imported once and shared by both processes.
preload_app = True
timeout = 60
graceful_timeout = 3
keepalive = 5
# Requests of browsers that trust no proxy: nothing stands in front of ./run.
forwarded_allow_ips = "127.0.0.1"
control_socket_disable = True
errorlog = "-"
loglevel = "warning"
logger_class = "icare_tom.workers.access_log.AccessLogger"


def on_starting(server: Any) -> None:
    """The master ends with ``./run``, whatever kills that."""
    die_with_parent(os.getppid())


def post_fork(server: Any, worker: Any) -> None:
    """The processes that answer end with their master."""
    die_with_parent(server.pid)
