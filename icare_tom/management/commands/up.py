"""``manage.py up``: everything ``./run`` does once the virtual environment is there."""

import contextlib
import logging
import os
import secrets
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from icare_tom.db.embedded.errors import EmbeddedServerError
from icare_tom.members.mails import mail_place
from icare_tom.members.memberships import found_network
from icare_tom.settings.paths import make_private
from icare_tom.settings.queue import CLUSTERS, environment
from icare_tom.workers.supervisor import Supervisor, python_program
from tom_gcn.listening.clusters import clusters
from tom_gcn.models import Event, ObservationPlan

if TYPE_CHECKING:
    from icare_tom.workers.drill import DrillStream

SETUP_LOCK = 7199
PORTS_TRIED = 50
PLAN_WITHIN_S = 240.0
WEB_WITHIN_S = 90.0
WEB_STARTS = 3


class Stopped(BaseException):
    """Ctrl-C, or a signal that means the same."""


class Command(BaseCommand):
    """Brings the site up and keeps it up until Ctrl-C."""

    # They take seconds and are for developers: ./test runs them.
    requires_system_checks = []
    help = "Start the database, web server and background workers; ingest and plan the bundled alert as a drill."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen, and whether to drill."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
        parser.add_argument(
            "--port", type=int, default=8000, help="port, or the first free one after it (default 8000)"
        )
        parser.add_argument("--no-drill", action="store_true", help="do not ingest the bundled alert")
        parser.add_argument(
            "--drill", action="store_true", help="let drill alerts come in through a Kafka broker of its own instead"
        )
        parser.add_argument("--started-at", type=float, help="when the person typed ./run (seconds since 1970)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring up, keep up, take down."""
        self.began = options["started_at"] or time.time()
        self.credentials = ""
        self.supervisor = Supervisor(self.say)
        self.drill: DrillStream | None = None
        # What it does it says itself; the rest is in the log files.
        logging.disable(logging.INFO)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _stop)
        try:
            self._bring_up(options)
            while True:
                self.supervisor.look()
                if self.drill is not None:
                    self.drill.look()
                time.sleep(0.5)
        except Stopped:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            self.say("Stopping ...")
        except OperationalError as error:
            raise CommandError(_in_words(error)) from error
        finally:
            if self.credentials:
                self.say(self.credentials)
            self._take_down()

    def say(self, text: str) -> None:
        """Tell the person, with the seconds since the start."""
        # A closed terminal is a reason to stop, not to fail half way through stopping.
        with contextlib.suppress(OSError):
            self.stdout.write(f"[{time.time() - self.began:5.0f} s] {text}")
            self.stdout.flush()

    # -- up -----------------------------------------------------------------------------------------------------------

    def _bring_up(self, options: dict[str, Any]) -> None:
        port = self._free_port(options["host"], options["port"])
        self._start_database()
        with _only_one_sets_up():
            self._migrate()
            self._start_programs(options["host"], port)
            self._load_network()
            self._load_galaxies()
            self._make_administrator()
        event = None if options["no_drill"] or options["drill"] else self._drill()
        if event is not None:
            self._await_plan(event)
        site = f"http://{_shown(options['host'])}:{port}"
        self._await_web(site)
        self._announce(site, event)
        if options["drill"]:
            self._start_stream(site)

    def _start_database(self) -> None:
        if "EMBEDDED" in connection.settings_dict:
            self.say("Starting the embedded PostgreSQL, or attaching to it ...")
        else:
            self.say("Connecting to the database of DATABASE_URL ...")
        connection.ensure_connection()

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if not waiting:
            self.say("The database is up to date.")
            return
        self.say(f"Bringing the database up to date ({len(waiting)} migrations) ...")
        call_command("migrate", verbosity=0, interactive=False)

    def _start_programs(self, host: str, port: int) -> None:
        logs = make_private(settings.DATA_DIR / "log")
        make_private(Path(settings.MEDIA_ROOT))
        if place := mail_place():
            make_private(place)
        us = str(os.getpid())
        # Links that telescope teams get lead to where this site is.
        os.environ.setdefault("ICARE_SITE_URL", f"http://{_shown(host)}:{port}")
        self.say(f"Starting web server and background workers (logs in {logs}) ...")
        # The server forks the processes that answer with no connection of ours open.
        self.supervisor.start(
            python_program(
                "web",
                [
                    *("-m", "gunicorn", "icare_tom.wsgi:application", "--config", "python:icare_tom.workers.web"),
                    *("--bind", f"{_in_url(host)}:{port}", "--access-logfile", str(logs / "access.log")),
                ],
                logs / "web.log",
                stop_within_s=4.0,
            )
        )
        for cluster in CLUSTERS:
            self.supervisor.start(
                python_program(
                    f"worker {cluster}",
                    [sys.argv[0], "worker", cluster, "--parent", us],
                    logs / f"worker-{cluster}.log",
                    environment=environment(cluster),
                )
            )
        self._start_listeners(logs, us)

    def _start_listeners(self, logs: Path, us: str) -> None:
        """One for each cluster we have credentials for; they read nothing else than those from the environment."""
        for cluster in (cluster for cluster in clusters() if cluster.is_configured):
            self.say(f"Listening to {cluster.title} ...")
            command = [sys.argv[0], "listen", "--cluster", cluster.name, "--parent", us]
            self.supervisor.start(
                python_program(f"listener {cluster.name}", command, logs / f"listener-{cluster.name}.log")
            )

    def _start_stream(self, site: str) -> None:
        """Alerts from a broker of our own, to a listener like that of a real one."""
        from icare_tom.workers.drill import DrillStream
        from tom_gcn.listening.drill_broker import NoDrillBroker

        try:
            self.drill = DrillStream(self.say)
        except NoDrillBroker as error:
            self.say(str(error))
            return
        command = [sys.argv[0], "listen", "--cluster", "drill", "--parent", str(os.getpid())]
        log = settings.DATA_DIR / "log" / "listener-drill.log"
        self.supervisor.start(python_program("listener drill", command, log, environment=self.drill.environment()))
        self.say(f"Drill alerts come in through Kafka now: watch {site}/events/?tests=on")

    def _free_port(self, host: str, wanted: int) -> int:
        for port in range(wanted, wanted + PORTS_TRIED):
            refusal = _refusal(host, port)
            if refusal is None:
                if port != wanted:
                    self.say(f"Port {wanted} is taken; using {port}.")
                return port
            if refusal == "address":
                raise CommandError(f"{host} is not an address of this machine. Use --host 127.0.0.1 or 0.0.0.0.")
        raise CommandError(f"No free port from {wanted} to {wanted + PORTS_TRIED - 1}. Name another with --port.")

    def _load_network(self) -> None:
        story = StringIO()
        call_command("load_network", stdout=story)
        self.say(story.getvalue().split("\n")[0])

    def _load_galaxies(self) -> None:
        story = StringIO()
        try:
            call_command("load_galaxies", nearby=True, if_missing=True, stdout=story)
        except CommandError as error:
            # Plans are made without galaxies too.
            self.say(str(error))
        else:
            self.say(f"Galaxies of {story.getvalue().strip()}")

    def _make_administrator(self) -> None:
        users = get_user_model()
        if users.objects.filter(is_superuser=True).exists():
            return
        password = secrets.token_urlsafe(12)
        administrator = users.objects.create_superuser(
            "admin", "admin@localhost", password, first_name="Local", last_name="Administrator"
        )
        # Without a group nobody could ask to join one, and nothing could be shared.
        found_network(by=administrator)
        self.credentials = f"User: admin   Password: {password}   (shown this once)"

    def _drill(self) -> Event | None:
        self.say("Ingesting the bundled LVK alert as a drill for tonight ...")
        story = StringIO()
        try:
            call_command("ingest", drill=True, stdout=story, stderr=story)
        except CommandError as error:
            self.say(f"{story.getvalue().strip()} {error}")
        else:
            self.say(story.getvalue().strip())
        return Event.objects.exclude(drill_of="").order_by("-created_at").first()

    def _await_plan(self, event: Event) -> None:
        plan = ObservationPlan.objects.filter(event=event).order_by("-version").first()
        if plan is None:
            self.say(f"{event.name} has no localization to plan with.")
            return
        deadline, told = time.monotonic() + PLAN_WITHIN_S, ""
        while plan.is_unfinished and time.monotonic() < deadline:
            doing = f"Planning {event.name}: {plan.doing or plan.get_state_display()} ({plan.progress:.0%})"
            if doing != told:
                self.say(doing)
            told = doing
            self.supervisor.look()
            time.sleep(0.4)
            plan.refresh_from_db()
        if plan.is_unfinished:
            self.say("The plan is not ready yet; it appears on the event page when it is.")
        elif plan.reason:
            self.say(f"The plan failed: {plan.reason}")
        else:
            self.say(f"Plan: {plan.n_pointings} pointings cover {plan.covered_probability or 0:.1%}.")

    def _await_web(self, site: str) -> None:
        deadline = time.monotonic() + WEB_WITHIN_S
        while not _answers(f"{site}/healthz"):
            self.supervisor.look()
            if time.monotonic() > deadline or self.supervisor.young_deaths("web") >= WEB_STARTS:
                log = settings.DATA_DIR / "log" / "web.log"
                last_words = "\n".join(log.read_text(errors="replace").splitlines()[-3:])
                raise CommandError(f"The web server does not answer. Its last words, from {log}:\n{last_words}")
            time.sleep(0.2)

    def _announce(self, site: str, event: Event | None) -> None:
        page = event.get_absolute_url() if event else "/"
        python = (
            os.path.relpath(sys.executable) if sys.executable.startswith(str(settings.BASE_DIR)) else sys.executable
        )
        lost = f"Password lost? {python} manage.py changepassword admin"
        self.say("ICARE-TOM is up.")
        self.stdout.write(
            "\n".join(
                [
                    "",
                    f"    {site}{page}",
                    *self._login_lines(),
                    f"    {lost}",
                    *_mail_lines(),
                    "    Ctrl-C stops it.",
                    "",
                ]
            )
        )
        self.stdout.flush()

    def _login_lines(self) -> list[str]:
        shown, self.credentials = self.credentials, ""
        return [f"    {shown}"] if shown else ["    Log in as before."]

    # -- down ---------------------------------------------------------------------------------------------------------

    def _take_down(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        self.supervisor.stop()
        if self.drill is not None:
            self.drill.stop()
        connections.close_all()
        if "EMBEDDED" not in connection.settings_dict:
            return
        from icare_tom.db.embedded.base import server_of

        try:
            stopped = server_of(connection.settings_dict).stop()
        except EmbeddedServerError as error:
            self.say(str(error))
        else:
            self.say("Stopped." if stopped else "Stopped; the database runs on, others are attached to it.")


class _only_one_sets_up:  # noqa: N801  used like a function
    """Two starters at once would both migrate: the second waits here until the first is done."""

    def __enter__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [SETUP_LOCK])

    def __exit__(self, *ignored: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [SETUP_LOCK])


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise Stopped


def _mail_lines() -> list[str]:
    """Where mails are, on a site that sends none."""
    place = mail_place()
    return [f"    No mail is sent from here: mails are files in {place}"] if place else []


def _refusal(host: str, port: int) -> str | None:
    """Why a port cannot be listened on: "taken", "address", or None when it can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        return "address"
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            return "address" if error.errno in {99, 49} else "taken"
    return None


def _shown(host: str) -> str:
    """The address to type into a browser on this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, _in_url(host))  # noqa: S104


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310  always our own http address
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _in_words(error: OperationalError) -> str:
    text = str(error).strip()
    if "EMBEDDED" in connection.settings_dict:
        return text
    return f"The database of DATABASE_URL cannot be reached: {text} Check the address and that the server runs."
