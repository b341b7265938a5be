"""Listen to alerts: ``manage.py listen --cluster hopskotch|gcn``."""

import logging
import signal
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tom_gcn.listening.clusters import Cluster, get_cluster
from tom_gcn.models import ListenerHeartbeat
from tom_gcn.models.listener import new_group

logger = logging.getLogger(__name__)

WANTED_VARIABLES = {
    "hopskotch": "HOP_USERNAME and HOP_PASSWORD (an account: https://hop.scimma.org)",
    "gcn": "GCN_CLIENT_ID and GCN_CLIENT_SECRET (an account: https://gcn.nasa.gov/quickstart)",
}


class Command(BaseCommand):
    """Runs until it is told to stop."""

    requires_system_checks = []
    help = "Store every message of a cluster's topics; the workers read them. One listener for each cluster."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which cluster, and what to do when it is taken."""
        parser.add_argument("--cluster", required=True, choices=list(settings.ICARE_STREAMS))
        parser.add_argument("--no-wait", action="store_true", help="end when another listener serves the cluster")
        parser.add_argument(
            "--from-beginning",
            action="store_true",
            help="read everything the broker still keeps once more, after a restored backup for instance; what is "
            "stored already is not stored twice",
        )
        parser.add_argument("--parent", type=int, metavar="PID", help="end when this process, our parent, ends")

    def handle(self, *args: Any, **options: Any) -> None:
        """Listen."""
        cluster = get_cluster(options["cluster"])
        if not cluster.is_configured:
            raise CommandError(f"Set {WANTED_VARIABLES.get(cluster.name, 'its credentials')} in the environment.")
        if options["from_beginning"]:
            _forget_position(cluster)
        # hop-client takes a second to load: not before it is clear that it is needed.
        from tom_gcn.listening.listener import Listener, Occupied

        listener = Listener(cluster, waits=not options["no_wait"], parent=options["parent"])

        def stop(number: int, frame: FrameType | None) -> None:
            listener.stop()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        try:
            listener.run()
        except Occupied:
            raise CommandError(f"Another listener serves {cluster.title}; there is one for each cluster.") from None


def _forget_position(cluster: Cluster) -> None:
    """A new consumer group begins at the oldest message."""
    ListenerHeartbeat.objects.update_or_create(pk=cluster.name, defaults={"group": new_group()})
    logger.info("everything %s still keeps is read once more", cluster.title)
