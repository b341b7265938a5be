"""What a notice says, whatever format it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


class NoticeError(ValueError):
    """A message that cannot be read as a notice.

    Attributes
    ----------
    code : str
        Short, stable name of the fault, e.g. ``"missing-field"``.
    message : str
        What is wrong with this message, in one sentence.
    fix : str
        What the reader can do about it, in one sentence.
    """

    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(f"{message} {fix}".strip())
        self.code = code
        self.message = message
        self.fix = fix


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
class Notice:
    """One message about one event.

    Attributes
    ----------
    format : str
        ``"igwn-json"`` or ``"igwn-avro"``.
    source : str
        Who sent it, e.g. ``"LVK"``.
    notice_type : str
        ``"EARLYWARNING"``, ``"PRELIMINARY"``, ``"INITIAL"``, ``"UPDATE"`` or ``"RETRACTION"``.
    event_id : str
        Name of the event; for LVK the superevent id.
    key : str
        The same for the same notice whatever way it came: ``superevent_id|time_created|alert_type``.
    event_time : datetime or None
        Time of the event (aware, UTC); None in retractions. It moves between notices, so it identifies nothing.
    time_created : datetime
        When the notice was made (aware, UTC).
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
    skymap : bytes or None
        The sky map's FITS file as it came, not yet read; None when there is no localization.
    drill_of : str
        Name of the event this drill replays; empty when this is no drill.
    """

    format: str
    source: str
    notice_type: str
    event_id: str
    key: str
    event_time: datetime | None
    time_created: datetime
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
    skymap: bytes | None = field(default=None, repr=False)
    external: ExternalCoincidence | None = None
    drill_of: str = ""
