"""1,000 messages through a listener that is killed 12 times at random steps while PostgreSQL is restarted twice.

    python bench/listener_soak.py [--messages 1000] [--kills 12] [--restarts 2] [--seed 1]

Works in a test database of its own, with librdkafka's mock broker. Exit code 1 when anything is lost or doubled.
"""

import argparse
import os
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("messages", 1000), ("kills", 12), ("restarts", 2), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()

    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "icare_tom.settings.test"
    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    from tests.tools.broker import Broker
    from tests.tools.listener_soak import soak

    databases = setup_databases(verbosity=0, interactive=False)
    broker = Broker()
    try:
        outcome = soak(broker, options.messages, options.kills, options.restarts, options.seed)
    finally:
        broker.stop()
        teardown_databases(databases, verbosity=0)
    print(f"listener soak: {outcome}")
    whole = outcome.published == outcome.stored == outcome.queued
    return 0 if whole and not (outcome.lost or outcome.doubled) else 1


if __name__ == "__main__":
    sys.exit(main())
