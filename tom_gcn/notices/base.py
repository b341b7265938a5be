"""What a message says, whatever format it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .errors import NoticeError
from .regions import Region


class SourceKind(StrEnum):
    """What the notice is about, in the field's broad families."""

    GW = "gw"
    GRB = "grb"
    NEUTRINO = "neutrino"
    XRAY = "xray"
    FRB = "frb"
    OPTICAL = "optical"
    OTHER = "other"


class Status(StrEnum):
    """Where a notice stands in the life of its event."""

    EARLYWARNING = "earlywarning"
    PRELIMINARY = "preliminary"
    INITIAL = "initial"
    SUBSEQUENT = "subsequent"
    UPDATE = "update"
    RETRACTION = "retraction"


@dataclass(frozen=True)
class ExternalCoincidence:
    """A signal of another observatory near in time, as the notice reports it."""

    gcn_notice_id: int | None = None
    ivorn: str = ""
    observatory: str = ""
    search: str = ""
    time_difference_s: float | None = None
    time_coincidence_far_hz: float | None = None
    time_sky_position_coincidence_far_hz: float | None = None
    combined_skymap: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Citation:
    """A notice this one refers to.

    Attributes
    ----------
    ivorn : str
        Name of the other notice.
    cite : str
        ``"followup"``, ``"supersedes"`` or ``"retraction"``.
    """

    ivorn: str
    cite: str


@dataclass(frozen=True)
class Measure:
    """A value a notice gives under a name of its own, as it was printed, and its unit."""

    value: str | float | bool
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One message about one event.

    Attributes
    ----------
    format : str
        ``"igwn-json"``, ``"igwn-avro"``, ``"voevent"``, ``"gcn_json"`` or ``"gcn_text"``.
    source : str
        Who sent it, e.g. ``"LVK"``, ``"Swift"``, ``"SVOM"``.
    notice_type : str
        As the sender calls it: ``"EARLYWARNING"`` ... ``"RETRACTION"`` for LVK, ``"SWIFT_XRT_POSITION"`` and so on in
        GCN's list of VOEvents, the topic for GCN's JSON.
    status : Status
        The same in words all senders share.
    kind : SourceKind
        What it is about.
    event_id : str
        Name of the event as its sender writes it: superevent, trigger or burst id; empty when the notice names none.
    namespace : str
        Within which `event_id` is unique, e.g. ``"lvk"``, ``"swift"``, ``"fermi-gbm"``; bare trigger numbers of two
        missions may be equal. All notices of one event share `namespace` and `event_id`, in whatever format.
    key : str
        The same for the same notice whatever way it came. For LVK ``superevent_id|time_created|alert_type``.
    event_time : datetime or None
        Time of the event (aware, UTC); None in LVK's retractions. It moves between notices and is that of the exposure
        in later ones of Swift and SVOM, so it identifies nothing.
    time_created : datetime or None
        When the notice was made (aware, UTC); None when it does not say.
    is_test : bool
        A mock, test or drill.
    is_significant : bool or None
        None where the notice does not say.
    far_hz : float or None
        False alarm rate [Hz].
    classification, properties : mapping of str to float
        Probabilities, 0 to 1.
    duration_s, central_frequency_hz : float or None
        Of burst events [s, Hz].
    urls : mapping of str to str
        Only http and https addresses.
    region : Region or None
        The localization in figures; None when there is none or it is a sky map alone.
    skymap : bytes or None
        The sky map's FITS file as it came, not yet read.
    skymap_url : str
        Where the sky map will be, perhaps only minutes to a day later; empty when there is none. Not to be trusted:
        an address in a message may lead anywhere.
    aliases : tuple of str
        Other names of the same event, e.g. ``("GRB 230409B",)``.
    related : tuple of str
        Other events this one answers to, as the sender names them, e.g. ``("S230914ak",)`` or ``("Fermi 694215970",)``.
    ivorn : str
        Name of the notice in VOEvent.
    citations : tuple of Citation
        Notices this one refers to.
    record_number : int or None
        Serial number of the notice within its event.
    parameters : mapping of str to Measure
        Everything else the notice says, under the sender's names.
    drill_of : str
        Name of the event this drill replays; empty when this is no drill.
    opens_event : bool
        False for notices that only add to an event that is known: slews and images of where a satellite looks.
    """

    format: str
    source: str
    notice_type: str
    status: Status
    kind: SourceKind
    event_id: str
    namespace: str
    key: str
    event_time: datetime | None
    time_created: datetime | None
    is_test: bool
    is_retraction: bool
    is_significant: bool | None = None
    far_hz: float | None = None
    instruments: tuple[str, ...] = ()
    group: str = ""
    pipeline: str = ""
    search: str = ""
    classification: Mapping[str, float] = field(default_factory=dict)
    properties: Mapping[str, float] = field(default_factory=dict)
    duration_s: float | None = None
    central_frequency_hz: float | None = None
    urls: Mapping[str, str] = field(default_factory=dict)
    region: Region | None = None
    skymap: bytes | None = field(default=None, repr=False)
    skymap_url: str = ""
    external: ExternalCoincidence | None = None
    aliases: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    ivorn: str = ""
    citations: tuple[Citation, ...] = ()
    record_number: int | None = None
    parameters: Mapping[str, Measure] = field(default_factory=dict)
    drill_of: str = ""
    opens_event: bool = True

    @property
    def localization(self) -> str:
        """In one word what says where: ``none``, ``point``, ``cone``, ``skymap``, ``cone+url`` and so on.

        In GCN's JSON an address is declared to be a sky map, so it counts as one; elsewhere it is a ``url``.
        """
        has_url = bool(self.skymap_url)
        has_map = self.skymap is not None or (has_url and self.format == "gcn_json")
        sky = "skymap" if has_map else "url" if has_url else ""
        words = [type(self.region).__name__.lower() if self.region else "", sky]
        return "+".join(filter(None, words)) or "none"


@dataclass(frozen=True, kw_only=True)
class Circular:
    """A text written by people for people, sent through GCN.

    Attributes
    ----------
    format : str
        ``"circular"`` (JSON) or ``"circular_text"``.
    key : str
        ``circular|id|version``. A circular that was edited comes again with a higher version.
    event_name : str
        As the archive gives it, e.g. ``"GRB 230802A"``; empty when it gives none.
    created_at : datetime or None
        Aware, UTC.
    submitter : str
        Name and institute, without the address.
    body_format : str
        ``"text/plain"`` or ``"text/markdown"``; to be shown escaped.
    """

    format: str
    key: str
    circular_id: int
    version: int
    subject: str
    body: str
    event_name: str
    created_at: datetime | None
    submitter: str
    body_format: str = "text/plain"
    is_test: bool = False


@dataclass(frozen=True)
class Heartbeat:
    """A sign of life of a cluster.

    Attributes
    ----------
    source : str
        ``"gcn"`` or ``"hopskotch"``.
    sent_at : datetime or None
        Aware, UTC.
    """

    source: str
    sent_at: datetime | None
    format: str = "heartbeat"
    is_test: bool = False


@dataclass(frozen=True)
class HermesTarget:
    """An object a Hermes message is about; its region is a point when it has no error."""

    name: str
    region: Region | None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HermesMessage:
    """A message of people and brokers, with targets and photometry, sent through Hermes.

    Attributes
    ----------
    key : str
        ``hermes|uuid``, or the digest of the message when it has no uuid.
    event_id : str
        Event it is about, as its author wrote it; empty when not said.
    text : str
        To be shown escaped.
    n_photometry : int
        Number of rows of photometry in the message.
    """

    key: str
    topic: str
    title: str
    submitter: str
    authors: str
    text: str
    event_id: str
    targets: tuple[HermesTarget, ...]
    n_photometry: int
    sent_at: datetime | None
    is_test: bool
    format: str = "hermes"


__all__ = [
    "Circular",
    "Citation",
    "ExternalCoincidence",
    "Heartbeat",
    "HermesMessage",
    "HermesTarget",
    "Measure",
    "Notice",
    "NoticeError",
    "Parsed",
    "SourceKind",
    "Status",
]

Parsed = Notice | Circular | HermesMessage | Heartbeat
