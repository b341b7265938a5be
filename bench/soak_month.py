"""A whole month of real traffic (October 2022: 13,442 VOEvents) through `ingest` into an empty database, and again.

    python bench/soak_month.py [--archive PATH] [--most N] [--profile]

Prints what became of the messages, by state and reason, how long it took, and that the same month again adds nothing.
Works in a test database of its own. Exit code 1 when a message is lost, left unread, or adds something a second time.
"""

import argparse
import cProfile
import itertools
import os
import pstats
import sys
import time
from collections import Counter
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[1]
MONTH = ROOT / "tests" / "data" / "alerts" / "soak"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", default=str(MONTH), help="a tar archive or a folder of them")
    parser.add_argument("--most", type=int, help="stop after so many messages")
    parser.add_argument("--profile", action="store_true", help="print where the time of the first pass goes")
    options = parser.parse_args()

    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "icare_tom.settings.test"
    os.environ.setdefault("ICARE_LOG_LEVEL", "ERROR")
    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    databases = setup_databases(verbosity=0, interactive=False)
    try:
        return soak(options.archive, options.most, profiled=options.profile)
    finally:
        teardown_databases(databases, verbosity=0)


def soak(archive: str, most: int | None, *, profiled: bool) -> int:
    """Both passes, with their figures."""
    from tom_gcn.choices import MessageState
    from tom_gcn.models import Message

    profile = cProfile.Profile() if profiled else None
    first, digests = ingest(archive, most, profile)
    rows = count_rows()
    print(f"rows: {rows}")
    again, _ = ingest(archive, most)
    added = {name: count - rows[name] for name, count in count_rows().items() if count != rows[name]}
    unread = Message.objects.filter(state=MessageState.RECEIVED).count()
    lost = len(digests) - rows["messages"]
    print(f"the same again: {again:.1f} s, adds {added or 'nothing'}")
    print(f"first pass: {first:.1f} s; lost {lost}, left unread {unread}")
    if profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
    return 1 if lost or unread or added else 0


def ingest(archive: str, most: int | None, profile: cProfile.Profile | None = None) -> tuple[float, set[str]]:
    """Seconds the messages took, and the digests of them all."""
    from tom_gcn.actions import read_message, receive_message
    from tom_gcn.message_files import messages_in

    counts: Counter[str] = Counter()
    digests: set[str] = set()
    began, began_cpu = time.perf_counter(), time.process_time()
    if profile:
        profile.enable()
    for found in itertools.islice(messages_in([archive]), most):
        if found.trouble:
            raise SystemExit(f"{found.path}: {found.trouble}")
        message, is_new = receive_message(found.body, source=found.source)
        digests.add(message.sha256)
        result = read_message(message)
        state = result.message.get_state_display() if is_new else "here before"
        counts[f"{state} [{result.message.reason_code}]" if result.message.reason_code else state] += 1
    if profile:
        profile.disable()
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    each = f"{1000 * seconds / counts.total():.1f} ms each; {cpu:.1f} s of this process on a CPU"
    print(f"{counts.total():,} messages in {seconds:.1f} s, {each}", flush=True)
    for outcome, count in counts.most_common():
        print(f"{count:>8,}  {outcome}")
    return seconds, digests


def count_rows() -> dict[str, int]:
    """Rows of everything messages lead to."""
    from tom_gcn import models

    kept = (
        "Message",
        "Event",
        "EventAlias",
        "Notice",
        "Localization",
        "StoredSkyMap",
        "SkyMapFetch",
        "ObservationPlan",
    )
    return {f"{name.lower()}s": getattr(models, name).objects.count() for name in kept}


if __name__ == "__main__":
    sys.exit(main())
