"""``manage.py worker fast|slow``: run the background tasks of one queue, under a watchdog."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from icare_tom import tasks
from icare_tom.settings.queue import CLUSTERS, environment
from icare_tom.workers.parent import die_with_parent
from icare_tom.workers.watchdog import Watchdog


class Command(BaseCommand):
    """Runs until it is told to stop."""

    requires_system_checks = []
    help = "Run the background tasks of one queue, under a watchdog that restarts what dies or stands still."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which queue, and whose child."""
        parser.add_argument("cluster", choices=CLUSTERS, help="fast: ingest, plans. slow: imports, fetches, figures.")
        parser.add_argument("--parent", type=int, metavar="PID", help="end when this process, our parent, ends")

    def handle(self, *args: Any, **options: Any) -> None:
        """Become the watchdog; with a queue other than the configured one, start again configured for it."""
        if tasks.configured_cluster() != options["cluster"]:
            os.execve(  # noqa: S606  ourselves again; django-q2 reads the cluster's name at import
                sys.executable, [sys.executable, *sys.argv], environment(options["cluster"])
            )
        if options["parent"]:
            die_with_parent(options["parent"])
        Watchdog().run()
