"""Where alerts come from: the clusters, who we are there, and which topics are read when nobody said otherwise.

A drill (``./run --drill``) brings a broker of its own, named to its listener by ``ICARE_DRILL_BROKER``.

Credentials come from the environment only: ``HOP_USERNAME`` and ``HOP_PASSWORD``, ``GCN_CLIENT_ID`` and
``GCN_CLIENT_SECRET``. ``HOP_SERVER`` and ``GCN_SERVER`` name another broker, for instance one in tests; that one may
also be read without credentials.
"""

import os
from typing import Any

# Names of topics may hold * and then also mean topics that do not exist yet. Rows in the admin override this list.
ICARE_STREAMS: dict[str, dict[str, Any]] = {
    "hopskotch": {
        "title": "Hopskotch",
        "server": os.environ.get("HOP_SERVER") or "kafka.scimma.org",
        "is_own_server": bool(os.environ.get("HOP_SERVER")),
        "user": os.environ.get("HOP_USERNAME", ""),
        "password": os.environ.get("HOP_PASSWORD", ""),
        "token_endpoint": "",
        "heartbeat": "sys.heartbeat",
        "metadata": "sys.metadata",
        "topics": ["igwn.gwalert", "gcn.circulars", "gcn.classic.text.*", "hermes.*"],
    },
    "gcn": {
        "title": "GCN",
        "server": os.environ.get("GCN_SERVER") or "kafka.gcn.nasa.gov",
        "is_own_server": bool(os.environ.get("GCN_SERVER")),
        "user": os.environ.get("GCN_CLIENT_ID", ""),
        "password": os.environ.get("GCN_CLIENT_SECRET", ""),
        "token_endpoint": os.environ.get("GCN_TOKEN_ENDPOINT") or "https://auth.gcn.nasa.gov/oauth2/token",
        "heartbeat": "gcn.heartbeat",
        "metadata": "",
        "topics": ["igwn.gwalert", "gcn.circulars", "gcn.classic.voevent.*", "gcn.notices.*"],
    },
}
if os.environ.get("ICARE_DRILL_BROKER"):
    ICARE_STREAMS["drill"] = {
        "title": "the drill's broker",
        "server": os.environ["ICARE_DRILL_BROKER"],
        "is_own_server": True,
        "user": "",
        "password": "",
        "token_endpoint": "",
        "heartbeat": "",
        "metadata": "",
        "topics": ["igwn.gwalert"],
        # It would hold every answer back for half a second.
        "options": {"fetch.wait.max.ms": 10},
    }

# A listener that cannot read waits 1 s, 2 s, 4 s ... and never longer than this.
ICARE_LISTENER_LONGEST_PAUSE_S = 60.0
# How often a listener asks the broker which topics there are, and with that whether it is there at all.
ICARE_LISTENER_TOPICS_EVERY_S = 60.0
ICARE_LISTENER_BEAT_EVERY_S = 2.0
# After this long without a sign of life people are told that no alerts come in.
ICARE_LISTENER_SILENT_AFTER_S = 90.0
# Servers (https://host) that may hold messages too large for Hopskotch, besides the one Hopskotch itself names.
ICARE_OFFLOAD_SERVERS = [name for name in os.environ.get("HOP_OFFLOAD_SERVERS", "").split(",") if name]
