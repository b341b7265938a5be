"""VOEvent packets to notices: GCN's missions, LVC (until 2026), SVOM, KM3NeT, Gaia, and whoever else sends one."""

from __future__ import annotations

import re
from datetime import datetime

from .base import Notice, NoticeError, SourceKind, Status
from .errors import NotAnAlert
from .fields import bounded_key, read_line, read_time
from .packet import Packet, read_packet
from .regions import Cone, Point, Region, read_position
from .senders import AUTHORITIES, GECAM, INTEGRAL, LVK, OTHERS, SWIFT, PacketType, Sender

_IVORN = re.compile(r"ivo://(?P<authority>[^/#?]+)(?P<rest>[/#?].*)?", re.IGNORECASE)
_NOT_IDS = {"", "-1"}
# An identity in GCN's packets that says only that there is none, or that many tests share.
_NO_IDENTITY = {"0", "-1"}
_NO_PLACE = {"pointing_direction", "unavailable/inappropriate", "unavailable", "inappropriate"}
_TEST_FLAGS = ("Test", "InternalTest", "Test_Notice", "Test_Submission", "HardwareInj")
_MAP_PARAMS = ("skymap_fits", "HealPix_URL", "healpix_url", "SKYMAP_URL_FITS_BASIC", "LocationMap_URL")
_MAP_FILE = re.compile(r"https?://[^\s<>\"']+/[^\s<>\"'/]+\.fits?(\.gz)?(,\d+)?", re.IGNORECASE)
_GBM_PICTURE = re.compile(r"(?P<folder>https?://.+/)glg_locplot_all_(?P<burst>bn\d{9})[^/]*\.png")
_SECONDS_PER_YEAR = 365.25 * 86400.0
_CLASSES = ("BNS", "NSBH", "BBH", "MassGap", "Terrestrial")
_PROPERTIES = ("HasNS", "HasRemnant", "HasMassGap", "HasSSM")
_GECAM_FIRST_TEST = 100_000_000
_TEST_IDS = {"99999", "099999"}


def parse_voevent(raw: bytes) -> Notice:
    """Read a packet in XML.

    Raises
    ------
    NoticeError
        As `read_packet` and `notice_of_packet`.
    """
    return notice_of_packet(read_packet(raw))


def notice_of_packet(packet: Packet) -> Notice:
    """Say what a packet means.

    Raises
    ------
    NoticeError
        As `read_time`; ``missing-field`` without a name; ``not-an-alert`` for packets that are about no event, such as
        pointing directions of satellites; ``bad-position`` for a place not on the sky.
    """
    if not packet.ivorn:
        raise NoticeError("missing-field", "The packet has no ivorn.", "Every VOEvent has one.")
    kind = _type(packet)
    sender = kind.sender
    event_id, event_time = _event_id(packet, sender), _time(packet.event_time, "ISOTime")
    _refuse_if_no_event(packet, kind, event_id, event_time)
    status = _status(packet, kind)
    return Notice(
        format="voevent",
        source=sender.source,
        notice_type=kind.name,
        status=status,
        kind=sender.kind,
        event_id=event_id,
        namespace="" if event_id in _NO_IDENTITY or not event_id else sender.namespace,
        key=bounded_key(packet.ivorn),
        event_time=event_time,
        time_created=_time(packet.created, "Date"),
        is_test=_is_test(packet, sender, event_id),
        is_retraction=status is Status.RETRACTION,
        is_significant=_flag(packet, "Significant"),
        far_hz=_far_hz(packet),
        instruments=tuple(filter(None, packet.value("Instruments", "Instrument").split(",")))[:20],
        group=packet.value("Group")[:20],
        pipeline=packet.value("Pipeline")[:40],
        search=packet.value("Search")[:40],
        classification=_probabilities(packet, _CLASSES) if sender is LVK else {},
        properties=_probabilities(packet, _PROPERTIES) if sender is LVK else {},
        urls=_links(packet),
        region=None if status is Status.RETRACTION else _region(packet, sender),
        skymap_url="" if status is Status.RETRACTION else _skymap_url(packet),
        aliases=tuple(filter(None, {packet.value("event_name", "Event_Name")[:64]} - {event_id})),
        ivorn=packet.ivorn,
        citations=packet.citations,
        record_number=_record_number(packet),
        parameters=packet.params,
        opens_event=kind.opens_event and not _is_of_a_pointing(packet, sender),
    )


def _type(packet: Packet) -> PacketType:
    """The row of the table this packet belongs to; one made up for senders nobody knows."""
    authority = _authority(packet.ivorn)
    number = packet.number("Packet_Type")
    known = AUTHORITIES.get(authority, {}).get(int(number)) if number is not None else None
    if known := known or OTHERS.get(authority):
        return known
    stream = packet.ivorn[len("ivo://") :].partition("#")[0].lower()
    source = stream.rpartition("/")[2] if authority in AUTHORITIES else authority.split(".")[0]
    name = f"TYPE_{int(number)}"[:30] if number is not None else "VOEVENT"
    return PacketType(name, Sender(source.upper()[:20] or "unknown", f"voevent:{stream}"[:40], SourceKind.OTHER))


def _authority(ivorn: str) -> str:
    found = _IVORN.match(ivorn)
    if not found:
        raise NoticeError("bad-name", "The packet's name is not an ivorn.", "Names begin with ivo://.")
    return found["authority"].lower()


def _event_id(packet: Packet, sender: Sender) -> str:
    if "run_id" in sender.id_params:
        parts = [packet.value(name) for name in sender.id_params]
        event_id = "_".join(parts) if all(parts) else ""
    else:
        event_id = packet.value(*sender.id_params) if sender.id_params else ""
    if sender is INTEGRAL and event_id.isdecimal():
        # The upper half counts the revisions (https://gcn.gsfc.nasa.gov/integral.html).
        event_id = str(int(event_id[:18]) & 0xFFFF)
    if event_id in _NOT_IDS:
        return ""
    return read_line(event_id, "the event's id", 64)


def _refuse_if_no_event(packet: Packet, kind: PacketType, event_id: str, event_time: datetime | None) -> None:
    if packet.role == "utility" or kind.name.endswith("POINTDIR"):
        raise NotAnAlert("The packet is of service and about no event.")
    if not event_id and event_time is None:
        raise NotAnAlert("The packet names neither an event nor a time.")


def _is_of_a_pointing(packet: Packet, sender: Sender) -> bool:
    """Swift's images, spectra and light curves give where the satellite looks; a burst begins with its BAT."""
    return sender is SWIFT and packet.value("Coords_String").lower() == "pointing_direction"


def _time(text: str, name: str) -> datetime | None:
    return read_time(text, name) if text else None


def _status(packet: Packet, kind: PacketType) -> Status:
    # AMON writes false, GCN's BALROG and others a flag; a citation is what the standard has for it.
    if packet.is_true("Retraction") or any(citation.cite == "retraction" for citation in packet.citations):
        return Status.RETRACTION
    stated = packet.value("Alert_Type").lower()
    if kind.status is Status.INITIAL and stated in set(Status):
        return Status(stated)
    if kind.status is Status.INITIAL and _record_number(packet, "Rev", "rev"):
        return Status.UPDATE
    return kind.status


def _record_number(packet: Packet, *names: str) -> int | None:
    number = packet.number(*(names or ("record_number", "Rev", "rev")))
    return int(number) if number is not None and 0 <= number < 1_000_000 else None


def _is_test(packet: Packet, sender: Sender, event_id: str) -> bool:
    if packet.role == "test" or packet.is_true(*_TEST_FLAGS):
        return True
    # AMON's early tests have a trigger number only, and neither role nor flag.
    if {event_id, packet.value("TrigID")} & _TEST_IDS:
        return True
    if sender is LVK:
        return event_id[:1] in ("M", "T")
    if sender is GECAM:
        return event_id.isdecimal() and int(event_id[:18]) >= _GECAM_FIRST_TEST
    return packet.value("Alert_Tense").lower() in ("test", "injection", "commanded")


def _flag(packet: Packet, name: str) -> bool | None:
    return packet.is_true(name) if packet.value(name) else None


def _far_hz(packet: Packet) -> float | None:
    far = packet.number("FAR", "far")
    if far is None or far < 0:
        return None
    unit = next(packet.params[name].unit for name in ("FAR", "far") if name in packet.params)
    return far / _SECONDS_PER_YEAR if re.search(r"y(ea)?r", unit, re.IGNORECASE) else far


def _probabilities(packet: Packet, names: tuple[str, ...]) -> dict[str, float]:
    found = {name: packet.number(name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _links(packet: Packet) -> dict[str, str]:
    texts = {name: str(measure.value) for name, measure in packet.params.items()}
    links = {name: text for name, text in texts.items() if text.startswith(("https://", "http://"))}
    return {name: link for name, link in list(links.items())[:20] if len(link) <= 500}


def _region(packet: Packet, sender: Sender) -> Region | None:
    """Where the source may be; None where the packet gives a direction that is no localization of it."""
    if packet.position is None or packet.value("Coords_String").lower() in _NO_PLACE:
        return None
    if sender is INTEGRAL and packet.is_true("Def_NOT_a_GRB"):
        return None
    ra, dec, error = packet.position
    radius = packet.number(sender.radius_param) if sender.radius_param else _radius(error)
    if _is_placeholder(ra, dec, radius):
        return None
    ra_deg, dec_deg = read_position(ra, dec)
    if radius:
        return Cone(ra_deg, dec_deg, radius, sender.containment)
    # GCN's packets repeat the position with the error 0 in what is no localization: images, spectra, slews.
    return None if _authority(packet.ivorn) == "nasa.gsfc.gcn" else Point(ra_deg, dec_deg)


def _radius(error: str) -> float | None:
    if not error:
        return None
    try:
        return float(error)
    except ValueError:
        raise NoticeError("bad-position", f"The error is {error[:40]!r}.", "It is a number of degrees.") from None


def _is_placeholder(ra: str, dec: str, radius: float | None) -> bool:
    """What senders write who have no position: (-1, -1, -1), (0, 0) with no error, the whole sky, a negative error."""
    if radius is not None and not 0 <= radius < 180:
        return True
    return not radius and bool(re.fullmatch(r"[+-]?0*\.?0*", ra) and re.fullmatch(r"[+-]?0*\.?0*", dec))


def _skymap_url(packet: Packet) -> str:
    """Address of a HEALPix map. GBM links a picture, beside which the map will stand within a quarter of an hour."""
    for name in _MAP_PARAMS:
        link = packet.value(name)
        if picture := _GBM_PICTURE.fullmatch(link):
            folder = picture["folder"].replace("http://", "https://", 1)
            return f"{folder}glg_healpix_all_{picture['burst']}.fit"
        # GBM's gbm_gnd_loc_map_*.fits is a table of contours, not a HEALPix map.
        if name != "LocationMap_URL" and _MAP_FILE.fullmatch(link) and len(link) <= 500:
            return link
    return ""
