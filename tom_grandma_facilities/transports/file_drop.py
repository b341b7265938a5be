"""A file put into a folder of the telescope's computer over SSH (SFTP), as one would with scp.

The file appears under its final name only when it is whole: it is written beside it and renamed. Its name is the
request's key, so that a repetition finds the first one. The telescope's side tells how far it is by moving the file
into one of the folders `accepted`, `observing`, `done`, `declined` beside it, and may lay a text of the same name
(`<key>.txt`) next to it; docs/operating/transports.md says so to those who set up a telescope. The server must show the
key that the channel names: a name that leads elsewhere gets nothing.
"""

from __future__ import annotations

import errno
import io
import json
import logging
import posixpath
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings

from tom_grandma_facilities.transports import guarded
from tom_grandma_facilities.transports.base import (
    Down,
    Line,
    Outgoing,
    Refused,
    Remote,
    RemoteState,
    Repeat,
    Sent,
    Setting,
    Transport,
)
from tom_grandma_facilities.transports.message import as_json

if TYPE_CHECKING:
    from paramiko import PKey, SFTPClient
    from paramiko import Transport as Ssh

_FOLDERS = (RemoteState.ACCEPTED, RemoteState.OBSERVING, RemoteState.DONE, RemoteState.DECLINED)
_LONGEST_NOTE = 2000
_REFUSALS = {errno.EACCES: "it may not be written there", errno.ENOENT: "there is no such folder"}
# The library tells every refused password and cut line as an error with its trace; here they are sentences for users.
logging.getLogger("paramiko.transport").setLevel(logging.CRITICAL)


class FileDrop(Transport):
    """A folder on another computer."""

    name = "file-drop"
    label = "File by SFTP"
    about = "The request is laid as a JSON file into a folder of the telescope's computer."
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting("host", "Computer", required=True, help="Its name; with another port than 22: name:port."),
        Setting("username", "User name", required=True),
        Setting("directory", "Folder", required=True, help="Requests are laid there as <key>.json."),
        Setting("host_key", "Public key of the computer", required=True, help="As in known_hosts: ssh-ed25519 AAAA…"),
        Setting("password", "Password", secret=True, help="This or a private key."),
        Setting("private_key", "Private key", secret=True, help="In OpenSSH's form, without a passphrase."),
    )
    can_cancel = can_status = True
    takes_pointings = True

    def repeat(self, line: Line) -> Repeat:
        """Return that the file is looked for by its name."""
        return Repeat.FIND

    def check(self, line: Line) -> None:
        """Refuse a line without a means to sign in."""
        super().check(line)
        if not (line.get("password") or line.get("private_key")):
            raise Refused(
                "The channel is not complete: Password or Private key missing. An administrator must fill it in."
            )

    def content(self, outgoing: Outgoing, line: Line) -> str:
        """Return what lies in the file."""
        return json.dumps(as_json(outgoing), indent=2)

    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        name, text = _file_name(outgoing.key), self.content(outgoing, line)
        with _connected(line) as sftp:
            whole = posixpath.join(line.get("directory"), name)
            with _understood(line, maybe_sent=False), sftp.open(f"{whole}.part", "w") as part:
                part.write(text)
            with _understood(line, maybe_sent=True):
                sftp.posix_rename(f"{whole}.part", whole)
        return Sent(outgoing.key, text, f"The file lies at {whole}.")

    def _status(self, external_id: str, line: Line) -> Remote:
        with _connected(line) as sftp, _understood(line, maybe_sent=False):
            folder = _folder_of(sftp, external_id, line)
            note = _note(sftp, folder, external_id, line) if folder else ""
        if folder is None:
            return Remote(RemoteState.UNKNOWN, "The file is not there any more.")
        return Remote(RemoteState(folder) if folder else RemoteState.RECEIVED, note or "The file waits to be taken.")

    def _cancel(self, external_id: str, line: Line, outgoing: Outgoing | None) -> Sent:
        name = _file_name(external_id)
        with _connected(line) as sftp, _understood(line, maybe_sent=True):
            waiting = posixpath.join(line.get("directory"), name)
            if _is_there(sftp, waiting):
                sftp.remove(waiting)
                return Sent(external_id, f"remove {waiting}", "The file was still waiting and was taken away.")
            notice = posixpath.join(line.get("directory"), f"{external_id}.cancel")
            with sftp.open(notice, "w") as file:
                file.write(json.dumps({"key": external_id, "is_cancelled": True}))
        return Sent(external_id, f"write {notice}", "The file had been taken; a note of the cancellation lies there.")

    def _find(self, key: str, line: Line) -> str | None:
        with _connected(line) as sftp, _understood(line, maybe_sent=False):
            return key if _folder_of(sftp, key, line) is not None else None


def _file_name(key: str) -> str:
    return f"{re.sub(r'[^A-Za-z0-9._-]', '_', key)}.json"


def _folder_of(sftp: SFTPClient, key: str, line: Line) -> str | None:
    """Return the folder the file lies in: "" for the one it was laid into, None when it is nowhere."""
    places = ("", *_FOLDERS)
    return next(
        (str(one) for one in places if _is_there(sftp, posixpath.join(line.get("directory"), one, _file_name(key)))),
        None,
    )


def _note(sftp: SFTPClient, folder: str, key: str, line: Line) -> str:
    path = posixpath.join(line.get("directory"), folder, _file_name(key).removesuffix(".json") + ".txt")
    if not _is_there(sftp, path):
        return f"The file lies in {folder}."
    with sftp.open(path) as file:
        return file.read(_LONGEST_NOTE).decode("utf-8", "replace").strip()


def _is_there(sftp: SFTPClient, path: str) -> bool:
    try:
        sftp.stat(path)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _connected(line: Line) -> Iterator[SFTPClient]:
    # A library of cryptography that only those who send need.
    import paramiko

    sock = _socket(line)
    ssh = paramiko.Transport(sock)
    try:
        try:
            _sign_in(ssh, line)
            sftp = ssh.open_sftp_client()
            sftp.get_channel().settimeout(settings.ICARE_TRANSPORT_S)
        except paramiko.AuthenticationException as error:
            raise Refused("The computer does not accept the channel's user name with its password or key.") from error
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise Down(f"The computer does not speak SFTP with us ({type(error).__name__}: {error}).") from error
        yield sftp
    finally:
        ssh.close()
        sock.close()


def _socket(line: Line) -> socket.socket:
    host, _, port = line.get("host").partition(":")
    try:
        private = host in settings.ICARE_TRANSPORT_PRIVATE_HOSTS
        address = guarded.resolve(host, int(port or 22), private_addresses=private)
        return socket.create_connection(address, settings.ICARE_TRANSPORT_S)
    except ValueError as error:
        raise Refused(f"The channel's computer {line.get('host')!r} is not a name, or a name and a port.") from error
    except guarded.Refused as error:
        raise Refused(f"The channel's computer cannot be used: {error.message}") from error
    except (guarded.Away, OSError) as error:
        raise Down(f"{host} cannot be reached ({error}).") from error


def _sign_in(ssh: Ssh, line: Line) -> None:
    seconds = settings.ICARE_TRANSPORT_S
    ssh.banner_timeout = ssh.handshake_timeout = ssh.auth_timeout = ssh.channel_timeout = seconds
    kind, _, known = line.get("host_key").partition(" ")
    ssh.get_security_options().key_types = _algorithms(kind, ssh)
    ssh.start_client(timeout=seconds)
    if ssh.get_remote_server_key().get_base64() != known.split(" ")[0]:
        raise Refused("The computer shows another key than the channel names; nothing was sent. Ask its administrator.")
    if line.get("private_key"):
        ssh.auth_publickey(line.get("username"), _private_key(line))
    else:
        ssh.auth_password(line.get("username"), line.get("password"))


def _algorithms(kind: str, ssh: Ssh) -> list[str]:
    """Ask for the kind of key we know; a server may have several."""
    wanted = ["rsa-sha2-512", "rsa-sha2-256"] if kind == "ssh-rsa" else [kind]
    offered = [one for one in wanted if one in ssh.get_security_options().key_types]
    if not offered:
        raise Refused(f"The channel's public key of the computer is of a kind that cannot be used: {kind!r}.")
    return offered


def _private_key(line: Line) -> PKey:
    import paramiko

    text = _in_lines(line.get("private_key"))
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text))
        except (paramiko.SSHException, ValueError):
            continue
    raise Refused("The channel's private key cannot be read; it must be in OpenSSH's form, without a passphrase.")


def _in_lines(key: str) -> str:
    """A key in lines again: fields of forms lose the ends of lines."""
    parts = re.fullmatch(r"(-----BEGIN [A-Z ]+-----)(.+)(-----END [A-Z ]+-----)", key, re.DOTALL)
    if parts is None:
        return key
    body = "".join(parts[2].split())
    return "\n".join([parts[1], *(body[i : i + 64] for i in range(0, len(body), 64)), parts[3], ""])


@contextmanager
def _understood(line: Line, *, maybe_sent: bool) -> Iterator[None]:
    import paramiko

    try:
        yield
    except OSError as error:
        if error.errno in _REFUSALS:
            raise Refused(f"The file cannot be laid into {line.get('directory')}: {_REFUSALS[error.errno]}.") from error
        lost = maybe_sent and isinstance(error, TimeoutError | ConnectionError)
        raise Down(f"The computer did not take the file ({type(error).__name__}: {error}).", lost) from error
    except (paramiko.SSHException, EOFError) as error:
        raise Down(f"The connection broke ({type(error).__name__}).", maybe_sent) from error


TRANSPORTS = (FileDrop(),)
