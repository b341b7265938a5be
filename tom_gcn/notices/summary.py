"""What a message says, as one flat record: the fields `manage.py ingest --json` prints, a stable interface.

See docs/using/ingest-json.md; fields may be added, none is renamed or dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from .base import Circular, HermesMessage, Notice, NoticeError, Parsed
from .parse import format_of
from .regions import Annulus, Cone, Ellipse, Region

_KINDS = {"igwn-json": "lvk_json", "igwn-avro": "lvk_avro", "json": "unknown", "": "unknown"}


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Fields of a message; None or empty where it does not say."""

    kind: str
    status: str
    notice_type: str = ""
    source: str = ""
    about: str = ""
    event_id: str = ""
    namespace: str = ""
    event_time: str | None = None
    time_created: str | None = None
    ra: float | None = None
    dec: float | None = None
    err_deg: float | tuple[float, ...] | None = None
    containment: float | None = None
    localization: str = "none"
    skymap_url: str = ""
    is_test: bool = False
    key: str = ""


def summarize(parsed: Parsed) -> Summary:
    """The record of a message that was read."""
    if isinstance(parsed, Notice):
        return _of_notice(parsed)
    if isinstance(parsed, Circular):
        return Summary(
            kind=parsed.format,
            status="circular",
            notice_type="circular",
            source="GCN",
            event_id=parsed.event_name,
            time_created=_text(parsed.created_at),
            key=parsed.key,
        )
    if isinstance(parsed, HermesMessage):
        return _of_hermes(parsed)
    time = _text(parsed.sent_at)
    return Summary(
        kind="heartbeat", status="heartbeat", notice_type="heartbeat", source=parsed.source, time_created=time
    )


def summarize_unread(raw: bytes, error: NoticeError) -> Summary:
    """The record of a message that could not be read: what it looks like, and nothing else."""
    form = format_of(raw)
    # Service packets and the like are sound; there is only nothing in them for us.
    return Summary(kind=_KINDS.get(form, form), status="other" if error.code == "not-an-alert" else "malformed")


def _of_notice(notice: Notice) -> Summary:
    ra, dec = _position(notice.region)
    return Summary(
        kind=_KINDS.get(notice.format, notice.format),
        status=notice.status.value,
        notice_type=notice.notice_type,
        source=notice.source,
        about=notice.kind.value,
        event_id=notice.event_id,
        namespace=notice.namespace,
        event_time=_text(notice.event_time),
        time_created=_text(notice.time_created),
        ra=ra,
        dec=dec,
        err_deg=_error(notice.region),
        containment=getattr(notice.region, "containment", None),
        localization=notice.localization,
        skymap_url=notice.skymap_url,
        is_test=notice.is_test,
        key=notice.key,
    )


def _of_hermes(message: HermesMessage) -> Summary:
    """With the place of the first target: most messages are about one."""
    region = message.targets[0].region if message.targets else None
    ra, dec = _position(region)
    return Summary(
        kind="hermes",
        status="message",
        notice_type="hermes",
        source="Hermes",
        event_id=message.event_id,
        time_created=_text(message.sent_at),
        ra=ra,
        dec=dec,
        err_deg=_error(region),
        localization=type(region).__name__.lower() if region else "none",
        is_test=message.is_test,
        key=message.key,
    )


def _position(region: Region | None) -> tuple[float | None, float | None]:
    return (region.ra_deg, region.dec_deg) if region else (None, None)


def _error(region: Region | None) -> float | tuple[float, ...] | None:
    if isinstance(region, Cone):
        return region.radius_deg
    if isinstance(region, Ellipse):
        return region.printed or (region.major_deg, region.minor_deg, region.position_angle_deg)
    return region.half_width_deg if isinstance(region, Annulus) else None


def _text(time: datetime | None) -> str | None:
    if time is None:
        return None
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
