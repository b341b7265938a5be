"""What one asks a site and sends to it. Times are UTC, angles degrees ICRS, exposures seconds, magnitudes AB."""

from __future__ import annotations

import csv
import io
import json
import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import requests

from icare_client.answers import Upload, upload_of
from icare_client.errors import IcareError, NotFound, NothingStored, UploadFailed, error_of
from icare_client.sending import Sender, json_of

# A table: a file's path, its bytes, its text, or rows with a value for each column.
Table = Path | bytes | str | Iterable[Mapping[str, Any]]
Rows = Iterator[dict[str, Any]]

_TYPES = {
    ".csv": "text/csv", ".txt": "text/csv", ".dat": "text/csv", ".json": "application/json",
    ".ndjson": "application/x-ndjson", ".parquet": "application/vnd.apache.parquet",
    ".xml": "application/x-votable+xml", ".vot": "application/x-votable+xml",
    ".fits": "image/fits", ".fit": "image/fits", ".fz": "image/fits",
}  # fmt: skip
_WAITING = frozenset({"queued", "running"})


class Client:
    """One site, seen as the owner of a token sees it.

    Parameters
    ----------
    site, token
        Its address and a token of your profile page. `from_environment` takes them from ICARE_URL and ICARE_TOKEN, so
        that the token stands in no script.
    timeout_s, attempts
        How long to wait for an answer, s, and how often to try while the site is away.
    """

    def __init__(
        self,
        site: str,
        token: str,
        *,
        timeout_s: float = 60.0,
        attempts: int = 5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sender = Sender(site, token, timeout_s=timeout_s, attempts=attempts, sleep=sleep)
        self._sleep = sleep

    @classmethod
    def from_environment(cls, **options: Any) -> Self:
        """Take the site's address from ICARE_URL and the token from ICARE_TOKEN."""
        missing = [name for name in ("ICARE_URL", "ICARE_TOKEN") if not os.environ.get(name)]
        if missing:
            raise ValueError(f"Set {' and '.join(missing)} in the environment.")
        return cls(os.environ["ICARE_URL"], os.environ["ICARE_TOKEN"], **options)

    def __repr__(self) -> str:
        return f"Client({self._sender.site!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._sender.close()

    # --- anything ---------------------------------------------------------------------------------------------------
    def get(self, path: str, **params: Any) -> Any:
        """Return what any route of the API answers, such as ``get("/api/telescopes/CFHT/")``."""
        return json_of(self._sender.get(path, params))

    def rows(self, path: str, **params: Any) -> Rows:
        """Yield the rows of any list of the API, page after page."""
        return self._sender.rows(path, params)

    def download(self, path: str, to: str | Path | None = None, **params: Any) -> bytes:
        """Return the bytes of any file of the API, and keep them in a file if one is named."""
        content = self._sender.get(path, params).content
        if to is not None:
            Path(to).write_bytes(content)
        return content

    # --- events and plans -------------------------------------------------------------------------------------------
    def events(self, **filters: Any) -> Rows:
        """Yield events: ``kind="grb"``, ``t0_after="2026-11-01T00:00:00Z"``, ``tag=``, ``at="RA,Dec"``, ..."""
        return self.rows("/api/events/", **filters)

    def event(self, name: str) -> dict[str, Any]:
        """Return one event by its name; other names of it are looked up."""
        try:
            return dict(self.get(f"/api/events/{quote(name, safe='')}/"))
        except NotFound:
            for found in self.events(alias=name):
                return dict(self.get(f"/api/events/{quote(found['name'], safe='')}/"))
            raise

    def localizations(self, event: str, **filters: Any) -> Rows:
        """Yield the localizations of an event; ``is_current=True`` for the one that counts."""
        return self.rows("/api/localizations/", event=event, **filters)

    def skymap(self, event: str, to: str | Path | None = None) -> bytes:
        """Return the current sky map of an event as multi-order FITS."""
        for localization in self.localizations(event, is_current=True):
            return self.download(f"/api/localizations/{localization['id']}/fits/", to)
        raise NotFound(f"{event} has no sky map.", status=404)

    def plans(self, event: str, **filters: Any) -> Rows:
        """Yield the plans of an event, the newest first; ``is_of_record=True`` for the one the network goes by."""
        return self.rows("/api/plans/", event=event, **filters)

    def plan(self, plan_id: int) -> dict[str, Any]:
        """Return a plan with every telescope and pointing."""
        return dict(self.get(f"/api/plans/{int(plan_id)}/"))

    def plan_file(self, plan_id: int, form: str = "csv", *, telescope: str = "", to: str | Path | None = None) -> bytes:
        """Return a plan as a file: csv, json, text, ecsv, geojson, moc, moc-fits, calendar or treasure-map."""
        return self.download(f"/api/plans/{int(plan_id)}/{quote(form, safe='')}/", to, telescope=telescope)

    def make_plan(self, event: str, *, wait_s: float = 600.0, **wish: Any) -> dict[str, Any]:
        """Ask for a plan, and return it when it is made.

        Parameters
        ----------
        wait_s
            How long to wait for it, s; 0: return at once what is known of it.
        wish
            ``telescopes``, ``without``, ``start``, ``hours``, ``settings``, ``options``, ``engine``.
        """
        answer = self._sender.send("POST", "/api/plans/", json={"event": event, **_plain(wish)})
        made = dict(json_of(answer))
        if wait_s <= 0:
            return made
        told = self._wait(f"/api/plans/{made['id']}/progress/", wait_s)
        if told["state"] not in ("done", "planned"):
            raise IcareError(str(told.get("reason") or f"The plan {made['id']} is {told['state']}."), body=told)
        return self.plan(made["id"])

    # --- photometry -------------------------------------------------------------------------------------------------
    def photometry(self, **filters: Any) -> Rows:
        """Yield points: ``target=``, ``accepted=True``, ``filter=``, ``after=``, ``columns="mjd,filter,mag"``, ..."""
        return self.rows("/api/photometry/", **filters)

    def upload_photometry(
        self,
        table: Table,
        *,
        key: str = "",
        wait_s: float = 600.0,
        content_type: str = "",
        mapping: Mapping[str, str] | None = None,
        groups: Sequence[str] = (),
        **options: Any,
    ) -> Upload:
        """Store photometry; every row is answered.

        Parameters
        ----------
        table
            A path, bytes, text, or rows such as ``{"target": "AT2024abc", "mjd": 60617.8, "filter": "r", ...}``.
        key
            Names this delivery: the same table with the same key counts once. One is made up if you give none, so that
            trying again after a failure stores nothing twice.
        wait_s
            How long to wait for a table that is read in the background, s.
        mapping
            Our column for each of yours.
        groups
            Who sees the points: names of your groups; none: the network.
        options
            ``telescope``, ``target``, ``filter``, ``magsys``, ``mode="atomic"``, ``dry_run=True``, ``source``, ...

        Raises
        ------
        NothingStored
            When no row can be stored; its `upload` says why, row by row.
        """
        said = options | {"groups": ",".join(groups), "mapping": json.dumps(mapping) if mapping else ""}
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return self._upload("/api/photometry/", table, said, content_type, wait_s, headers)

    # --- executed observations --------------------------------------------------------------------------------------
    def observations(self, **filters: Any) -> Rows:
        """Yield executed observations: ``telescope=``, ``after=``, ``before=``, ..."""
        return self.rows("/api/executed-observations/", **filters)

    def upload_observations(
        self,
        table: Table,
        *,
        wait_s: float = 600.0,
        content_type: str = "",
        groups: Sequence[str] = (),
        **options: Any,
    ) -> Upload:
        """Tell what a telescope did; every row is answered, and telling it again changes nothing.

        Parameters
        ----------
        table
            A path (CSV, JSON, one FITS image), bytes, text, or rows with observation_id, RA, Dec, obstime, filter,
            exposure_time, limmag, ...
        options
            ``telescope``, ``dry_run=True``, ``source``.
        """
        said = options | {"groups": ",".join(groups)}
        return self._upload("/api/executed-observations/", table, said, content_type, wait_s, {})

    # --- requests ---------------------------------------------------------------------------------------------------
    def requests(self, **filters: Any) -> Rows:
        """Yield what telescopes were asked for: ``telescope=``, ``target=``, ``open=True``, ``silent=True``, ..."""
        return self.rows("/api/requests/", **filters)

    def request(self, request_id: int) -> dict[str, Any]:
        """Return one request with its log."""
        return dict(self.get(f"/api/requests/{int(request_id)}/"))

    def ask(
        self,
        telescope: str,
        target: int | str,
        exposures: Sequence[Mapping[str, Any]],
        window_start: datetime | str,
        window_end: datetime | str,
        **wish: Any,
    ) -> dict[str, Any]:
        """Ask a telescope to observe a target; the same wish again, while it is open, is the same request.

        Parameters
        ----------
        target
            Its key or its name.
        exposures
            Such as ``[{"filter": "sdssr", "exposure_s": 60, "count": 3}]``.
        wish
            ``constraints``, ``priority``, ``note``, ``groups``, ``allocation``.
        """
        asked = {
            "telescope": telescope,
            "target": self._target(target),
            "exposures": list(exposures),
            "window_start": window_start,
            "window_end": window_end,
            **wish,
        }
        return dict(json_of(self._sender.send("POST", "/api/requests/", json=_plain(asked), is_repeatable=True)))

    def cancel(self, request_id: int, reason: str = "") -> dict[str, Any]:
        """Take a request back; the telescope's side is told."""
        answer = self._sender.send("POST", f"/api/requests/{int(request_id)}/cancel/", json={"reason": reason})
        return dict(json_of(answer))

    # --- targets ----------------------------------------------------------------------------------------------------
    def targets(self, **filters: Any) -> Rows:
        """Yield targets: ``name=``, ..."""
        return self.rows("/api/targets/", **filters)

    def _target(self, target: int | str) -> int:
        if isinstance(target, int):
            return target
        found = list(self.targets(name=target))
        exact = [row for row in found if row["name"] == target] or found
        if len(exact) != 1:
            raise NotFound(f"{len(exact)} targets are called {target}. Give the key of one.", status=404)
        return int(exact[0]["id"])

    # --- how uploads go ---------------------------------------------------------------------------------------------
    def _upload(
        self,
        path: str,
        table: Table,
        options: dict[str, Any],
        content_type: str,
        wait_s: float,
        headers: dict[str, str],
    ) -> Upload:
        body, usual_type, source = _body(table)
        answer = self._sender.send(
            "POST",
            path,
            params={"source": source} | _plain(options),
            headers=headers | {"Content-Type": content_type or usual_type},
            data=body,
            is_repeatable=True,
            refusals=frozenset({400}),
        )
        if answer.status_code == requests.codes.accepted:
            return self._wait_for_upload(json_of(answer), wait_s)
        return _stored(answer)

    def _wait_for_upload(self, told: dict[str, Any], wait_s: float) -> Upload:
        if wait_s <= 0:
            return upload_of(told)
        done = self._wait(told["address"], wait_s)
        if done["state"] != "done":
            raise UploadFailed(str(done.get("reason") or f"The upload {done['id']} is {done['state']}."), body=done)
        return upload_of(done)

    def _wait(self, path: str, wait_s: float) -> dict[str, Any]:
        """Ask until something is no longer queued or running."""
        end, pause = time.monotonic() + wait_s, 0.25
        while (told := dict(self.get(path)))["state"] in _WAITING:
            if time.monotonic() > end:
                raise IcareError(
                    f"{path} is still {told['state']} after {wait_s:.0f} s.", code="still-waiting", body=told
                )
            self._sleep(pause)
            pause = min(5.0, pause * 1.5)
        return told


def _stored(answer: requests.Response) -> Upload:
    """Read the answer to a table, or raise what is wrong with it."""
    body = json_of(answer)
    upload = upload_of(body, is_replayed=answer.headers.get("Idempotent-Replayed") == "true")
    if answer.ok:
        return upload
    if not upload.rows:
        raise error_of(answer.status_code, body, answer.text)
    first = next((row for row in upload.rows if row.problems), None)
    why = f" The first, row {first.number}: {first.problems[0]}" if first else ""
    raise NothingStored(
        upload, f"Nothing was stored: {len(upload.rejected)} of {len(upload.rows)} rows are refused.{why}",
        status=answer.status_code, body=body,
    )  # fmt: skip


def _body(table: Table) -> tuple[bytes, str, str]:
    """Return a table's bytes, its type and a name for it."""
    if isinstance(table, Path):
        suffixes = [suffix.lower() for suffix in table.suffixes if suffix.lower() != ".gz"]
        return table.read_bytes(), _TYPES.get(suffixes[-1] if suffixes else "", "application/octet-stream"), table.name
    if isinstance(table, bytes):
        return table, "text/csv", ""
    if isinstance(table, str):
        return table.encode(), "text/csv", ""
    return _csv(table), "text/csv", ""


def _csv(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Write rows as CSV with all columns that any of them has; nothing is written where a row has none."""
    held = [_plain(row) for row in rows]
    columns = list(dict.fromkeys(name for row in held for name in row))
    if not columns:
        raise ValueError("There are no rows to send.")
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in held)
    return text.getvalue().encode()


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Write times as the site reads them; those without a zone are UTC, as everywhere."""
    return {name: _utc(value) if isinstance(value, datetime) else value for name, value in values.items()}


def _utc(moment: datetime) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
