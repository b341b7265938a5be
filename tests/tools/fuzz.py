"""Asks every route of the API what nobody would ask: no answer may be a 500 or a status that the schema does not name.

    python tests/tools/fuzz.py [--seconds 300] [--seed 1] [further options of `schemathesis run`]

Each route is asked by itself (examples, the edges of its fields, at random), then one after another, with what one
answered put into the next (stateful); each half takes half of the time.

A server of its own with a throwaway database is planted with one row of everything; schemathesis reads the schema and
asks in the name of a group admin, by a token. It is installed in an environment of its own (`make fuzz`): what it needs
does not fit what the site needs.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test.testcases import LiveServerThread

ROOT = Path(__file__).resolve().parents[2]
CHECKS = "not_a_server_error,status_code_conformance"
PHASES = ("examples,coverage,fuzzing", "stateful")


def main() -> int:
    """Serve, fuzz, tidy up; the exit status is that of schemathesis."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=int, default=300, help="how long to go on")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--command", default=os.environ.get("SCHEMATHESIS", "schemathesis"))
    asked, further = options.parse_known_args()

    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "icare_tom.settings.test"
    import django

    django.setup()
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    server = _server()
    try:
        key = _key()
        return max(_fuzz(asked, f"http://127.0.0.1:{server.port}", key, phases, further) for phases in PHASES)
    finally:
        server.terminate()
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def _server() -> "LiveServerThread":
    from django.core.handlers.wsgi import WSGIHandler
    from django.test.testcases import LiveServerThread

    # The API needs no static files.
    server = LiveServerThread("127.0.0.1", lambda _handler: WSGIHandler())
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    return server


def _key() -> str:
    """Plant the world; a token of its owner that may do everything a group admin may."""
    from icare_tom.members.models import Membership
    from icare_tom.members.tokens import make_token
    from tests.factories import make_group, make_world

    world = make_world(make_group())
    Membership.objects.filter(user=world.owner).update(role="group-admin")
    return make_token(world.owner, "fuzz", has_all_rights=True, is_read_only=False).key


def _fuzz(asked: argparse.Namespace, url: str, key: str, phases: str, further: list[str]) -> int:
    command = [
        asked.command, "run", f"{url}/api/schema/", "--header", f"Authorization: token {key}", "--checks", CHECKS,
        "--phases", phases, "--max-time", str(max(asked.seconds // len(PHASES), 1)), "--request-timeout", "60",
        "--seed", str(asked.seed), "--continue-on-failure", *further,
    ]  # fmt: skip
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
