"""An SSH server with a folder, as a telescope's computer has one: SFTP only, one user, and places one may not write."""

import io
import json
import os
import socket
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.tools.services.base import Case, Service, make_outgoing, make_pointings
from tom_grandma_facilities.transports.base import Exposure, Line, RemoteState
from tom_grandma_facilities.transports.registry import TRANSPORTS

USER, PASSWORD = "requests", "drop-it-here-1"


def make_key():
    """A new key, as OpenSSH writes private ones."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()


def read_key(text):
    return paramiko.Ed25519Key.from_private_key(io.StringIO(text))


USER_KEY_TEXT = make_key()
HOST_KEY, USER_KEY = read_key(make_key()), read_key(USER_KEY_TEXT)


class Door(paramiko.ServerInterface):
    """Lets one user in, by password or key."""

    def check_auth_password(self, username, password):
        return paramiko.AUTH_SUCCESSFUL if (username, password) == (USER, PASSWORD) else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL if username == USER and key == USER_KEY else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):
        return "password,publickey"

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED


class Folder(paramiko.SFTPServerInterface):
    """Files below the service's folder; nothing else of the computer."""

    def __init__(self, server, service):
        super().__init__(server)
        self.service = service

    def place(self, path):
        return self.service.root / path.lstrip("/")

    def stat(self, path):
        try:
            return paramiko.SFTPAttributes.from_stat(self.place(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    lstat = stat

    def open(self, path, flags, attr):
        place, writes = self.place(path), flags & (os.O_WRONLY | os.O_RDWR)
        self.service.log.append(path)
        fault = self.service.strike("error", "hang") if writes else ""
        if fault == "hang":
            self.service.over.wait(20)
        if fault:
            return paramiko.SFTP_FAILURE
        if writes and path.startswith("/closed/"):
            return paramiko.SFTP_PERMISSION_DENIED
        try:
            file = place.open("w+b" if writes else "rb")
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = handle.writefile = file
        return handle

    def posix_rename(self, oldpath, newpath):
        try:
            self.place(oldpath).rename(self.place(newpath))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        if self.service.strike("lost"):
            self.service.over.wait(20)
        return paramiko.SFTP_OK

    rename = posix_rename

    def remove(self, path):
        self.place(path).unlink()
        self.service.cancelled.append(path)
        return paramiko.SFTP_OK


class Computer(Service):
    """The server and its folder on the disk."""

    def __init__(self):
        super().__init__()
        self.folder = TemporaryDirectory(prefix="drop-")
        self.root = Path(self.folder.name)
        for name in ("inbox", "inbox/accepted", "inbox/observing", "inbox/done", "inbox/declined", "closed"):
            (self.root / name).mkdir()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.sessions = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with suppress(OSError):  # closed
            while True:
                connection, _ = self.socket.accept()
                session = paramiko.Transport(connection)
                session.add_server_key(HOST_KEY)
                session.set_subsystem_handler("sftp", paramiko.SFTPServer, Folder, self)
                self.sessions.append(session)
                with suppress(paramiko.SSHException, EOFError):
                    session.start_server(event=threading.Event(), server=Door())

    def strike(self, *faults):
        """The fault that is due here, once."""
        if self.fault not in faults:
            return ""
        fault, self.fault = self.fault, ""
        return fault

    def files(self):
        return [one for one in (self.root / "inbox").rglob("*.json") if one.is_file()]

    def count(self):
        return len(self.files())

    def advance(self, external_id, state):
        (file,) = self.files()
        file.rename(self.root / "inbox" / state / file.name)

    def close(self):
        super().close()
        # An accept that waits is woken by its socket's end on this side only.
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for session in self.sessions:
            session.close()
        self.folder.cleanup()


class Observatory(Computer):
    """COLIBRÍ's queue: blocks it cannot read would stop it, so the stub reads each."""

    def count(self):
        for one in self.files():
            block = json.loads(one.read_text())
            assert block["identifier"].isdigit()
            assert {"identifier", "name"} == set(block["project"])
            assert all(visit["command"].startswith("dithervisit ") for visit in block["visits"])
            assert block["visits"][0]["targetcoordinates"]["equinox"] == "2000"
        return super().count()


def line(**secret):
    def made(service):
        settings = {
            "host": service.address,
            "username": USER,
            "directory": "/inbox",
            "host_key": f"{HOST_KEY.get_name()} {HOST_KEY.get_base64()} anybody@computer",
            "project": "1000",
            "project_name": "Alerts",
        }
        return Line(settings, secret)

    return made


def closed(line):
    return Line({**line.settings, "directory": "/closed"}, line.secret)


STATES = (
    ("", RemoteState.RECEIVED),
    ("accepted", RemoteState.ACCEPTED),
    ("observing", RemoteState.OBSERVING),
    ("done", RemoteState.DONE),
    ("declined", RemoteState.DECLINED),
)
NO_PAGE = {"does_not_take_another_page_for_the_service": "The computer shows its key before anything is sent."}

CASES = (
    Case(
        TRANSPORTS["file-drop"],
        Computer,
        line(password=PASSWORD),
        refused_line=closed,
        refusal="it may not be written there",
        states=STATES,
        wrong_secret="password",
        not_asked=NO_PAGE,
    ),
    Case(
        TRANSPORTS["file-drop"],
        Computer,
        line(private_key=USER_KEY_TEXT),
        outgoing=make_outgoing(ra_deg=None, dec_deg=None, exposures=(), pointings=make_pointings()),
        refused_line=lambda line: Line({**line.settings, "directory": "/nowhere"}, line.secret),
        refusal="there is no such folder",
        states=STATES,
        not_asked=NO_PAGE,
        name="file-drop-key",
    ),
    Case(
        TRANSPORTS["colibri"],
        Observatory,
        line(password=PASSWORD),
        outgoing=make_outgoing(exposures=(Exposure("sdssr", 60.0, 4), Exposure("J", 30.0, 8))),
        refused=lambda outgoing: make_outgoing(exposures=(Exposure("bessellux", 60.0),)),
        refusal="COLIBRÍ has no filter 'bessellux'",
        states=STATES,
        wrong_secret="password",
        not_asked=NO_PAGE,
    ),
)
