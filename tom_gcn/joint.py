"""Two events taken together: how well their maps agree, how often chance makes such a pair, what LVK sent about it."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings

from tom_gcn.choices import EventKind
from tom_gcn.models import Event, Localization
from tom_gcn.skymaps import SkyMap
from tom_gcn.skymaps.crossmatch import chance_rate_hz, joint_false_alarm_rate_hz, overlap_integral, product
from tom_gcn.wording import SECONDS_A_YEAR

LONGEST_WINDOW_S = 30 * 86400.0
# Where maps agree by less than this much of chance, pages say 0.00: they exclude each other.
LEAST_OVERLAP = 0.005


@dataclass(frozen=True)
class Search:
    """Two kinds of events, and how much later than the first the second may come.

    `group` narrows gravitational waves to "CBC" or "Burst" searches.
    """

    first: str
    second: str
    before_s: float
    after_s: float
    group: str = ""

    @property
    def window_s(self) -> float:
        """Its length."""
        return self.before_s + self.after_s

    def holds(self, one: Event, other: Event) -> bool:
        """Whether two events fit it, in their kinds and times, whichever is the first."""
        return any(self._takes(*pair) for pair in ((one, other), (other, one)))

    def _takes(self, first: Event, second: Event) -> bool:
        if first.t0 is None or second.t0 is None or (first.kind, second.kind) != (self.first, self.second):
            return False
        later_s = (second.t0 - first.t0).total_seconds()
        return -self.before_s <= later_s <= self.after_s and is_of_group(first, self.group)


def searches() -> list[Search]:
    """The searches of the settings."""
    return [Search(**entry) for entry in settings.ICARE_COINCIDENCES]


def is_of_group(event: Event, group: str) -> bool:
    """Whether a gravitational wave is of a group of searches, or does not say."""
    if not group:
        return True
    said = event.notices.exclude(group="").order_by("-time_created").values_list("group", flat=True).first()
    return said in (None, group)


def search_of(one: Event, other: Event) -> Search | None:
    """The first search whose window holds two events."""
    return next((search for search in searches() if search.holds(one, other)), None)


def read_window(text: str, one: Event, other: Event) -> float | None:
    """The length of a window [s] as somebody wrote it; failing that, of the search two events fit."""
    try:
        asked = float(text)
    except ValueError:
        asked = 0.0
    if 0 < asked <= LONGEST_WINDOW_S:
        return asked
    search = search_of(one, other)
    return search.window_s if search else None


@dataclass(frozen=True)
class Rates:
    """How often chance makes a pair [Hz]; None where a rate is not known.

    `false_alarm_hz` takes the gravitational wave for noise, at its false alarm rate; `chance_hz` takes both for real
    and unrelated, at the rates at which such events are announced.
    """

    false_alarm_hz: float | None = None
    chance_hz: float | None = None


def rates(one: Event, other: Event, window_s: float, overlap: float | None) -> Rates:
    """The rates of a pair within a window; without two maps the sky is left aside."""
    agreement = 1.0 if overlap is None else overlap
    announced = [_announced_hz(event.kind) for event in (one, other)]
    chance = None
    if announced[0] is not None and announced[1] is not None:
        chance = chance_rate_hz(announced[0], announced[1], window_s, agreement)
    return Rates(_false_alarm_hz(one, other, window_s, agreement), chance)


def _announced_hz(kind: str) -> float | None:
    per_year: float | None = settings.ICARE_EVENTS_PER_YEAR.get(kind)
    return None if per_year is None else per_year / SECONDS_A_YEAR


def _false_alarm_hz(one: Event, other: Event, window_s: float, overlap: float) -> float | None:
    """RAVEN's untargeted search: for a gravitational wave and a partner that is none."""
    wave, partner = (one, other) if one.kind == EventKind.GW else (other, one)
    rate_hz = _announced_hz(partner.kind)
    if wave.kind != EventKind.GW or partner.kind == EventKind.GW or rate_hz is None:
        return None
    notices = wave.notices.filter(far_hz__isnull=False).order_by("-time_created")
    far_hz = notices.values_list("far_hz", flat=True).first()
    return None if far_hz is None else joint_false_alarm_rate_hz(far_hz, rate_hz, window_s, overlap)


@dataclass(frozen=True)
class Sent:
    """What LVK's RAVEN says of a coincidence, in the newest notice that speaks of it."""

    observatory: str
    search: str
    time_difference_s: float | None
    time_far_hz: float | None
    sky_far_hz: float | None


def sent_about(one: Event, other: Event) -> Sent | None:
    """What the notices of one event say of its coincidence with the other."""
    for wave, partner in ((one, other), (other, one)):
        if wave.kind != EventKind.GW:
            continue
        said = wave.notices.exclude(external=None).order_by("-time_created", "-pk").values_list("external", flat=True)
        ivorns = set(partner.notices.exclude(ivorn="").values_list("ivorn", flat=True))
        for external in said:
            if _is_about(external, partner, ivorns):
                return _sent(external)
    return None


def _is_about(external: dict[str, Any], partner: Event, ivorns: Collection[str]) -> bool:
    """By the name of the notice, or by the number of the trigger."""
    number = external.get("gcn_notice_id")
    return external.get("ivorn") in ivorns or (number is not None and str(number) == partner.event_id)


def _sent(external: dict[str, Any]) -> Sent:
    return Sent(
        str(external.get("observatory") or ""),
        str(external.get("search") or ""),
        external.get("time_difference_s"),
        external.get("time_coincidence_far_hz"),
        external.get("time_sky_position_coincidence_far_hz"),
    )


@dataclass(frozen=True)
class Pair:
    """Two localizations of two events, compared when asked; `window_s` is None where no search fits."""

    one: Localization
    other: Localization
    window_s: float | None = None

    @cached_property
    def delay_s(self) -> float | None:
        """How much later the other event came."""
        times = self.one.event.t0, self.other.event.t0
        return (times[1] - times[0]).total_seconds() if times[0] and times[1] else None

    @cached_property
    def overlap(self) -> float:
        """Above 1 the maps agree, 1 is chance, 0: they exclude each other."""
        return overlap_integral(self.one.skymap.data, self.other.skymap.data)

    @cached_property
    def both(self) -> SkyMap | None:
        """The map of a source both are about; None where they exclude each other."""
        # Far tails that meet by a hair are no agreement: a product of them would name a place neither map believes in.
        return product(self.one.skymap.data, self.other.skymap.data) if self.overlap >= LEAST_OVERLAP else None

    @cached_property
    def area_50_deg2(self) -> float | None:
        """The 50 % area of both together."""
        return self.both.area_deg2(0.5) if self.both else None

    @cached_property
    def area_90_deg2(self) -> float | None:
        """The 90 % area of both together."""
        return self.both.area_deg2(0.9) if self.both else None

    @cached_property
    def peak(self) -> tuple[float, float] | None:
        """The most probable position of both together (ra, dec) [deg]."""
        return self.both.peak() if self.both else None

    @cached_property
    def distance_mpc(self) -> tuple[float, float] | None:
        """Mean and standard deviation of the distance, with what the other map says of the place."""
        return self.both.distance() if self.both else None

    @cached_property
    def rates(self) -> Rates:
        """How often chance does the same; nothing without a window."""
        if not self.window_s:
            return Rates()
        return rates(self.one.event, self.other.event, self.window_s, self.overlap)

    @cached_property
    def sent(self) -> Sent | None:
        """What LVK sent about it."""
        return sent_about(self.one.event, self.other.event)
