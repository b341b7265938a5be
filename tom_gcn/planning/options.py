"""What can be chosen for a plan as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

MOON_RULES = ("phase", "fixed")
WEIGHTS = ("probability", "detection")
USAGE_CLASSES = ("VF", "F", "O", "R", "VR")
"""How often a telescope may be asked, most often first (GRANDMA cookbook)."""
MOST_EPOCHS = 6


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """Settings of a plan.

    Attributes
    ----------
    max_pointings : int or None
        Pointings per telescope; a telescope's own number goes first. None: as many as fit.
    min_new_probability : float
        Least probability that a pointing must add to the network.
    min_share_of_best : float
        The same as a share of what the widest field could hold at best: where one field takes most of a small map,
        crumbs are not worth asking people for.
    level : float
        Credible level of the region in which fields are looked for.
    earliness : float
        Share of its value that a field loses when it can first be taken at the end of the span; decides between
        telescopes and fields that are otherwise nearly equal.
    epochs : int
        How often every field is taken; each visit counts against the number of pointings.
    revisit_gap_h : float
        Hours from the end of a visit to the start of the next visit of the same field, at least.
    epoch_filters : tuple of str
        Filters of the visits in turn, begun again from the first when there are more visits; a telescope without the
        filter of a visit takes its own. Empty: every telescope its own filter.
    galactic_latitude_min_deg : float
        Fields nearer to the Galactic plane than this are left out.
    airmass_max : float or None
        Highest airmass of a pointing; besides it, every telescope keeps its own limit in altitude.
    hour_angle_max_h : float or None
        Largest hour angle of a pointing, east or west.
    moon : str
        ``phase``: the declared distance from the Moon holds at full Moon and shrinks with the phase; ``fixed``: it
        always holds.
    rarest_usage : str
        Telescopes that may be asked more rarely than this class (one of `USAGE_CLASSES`) are left out; empty: none.
    depth_min_mag : float or None
        Telescopes known to be shallower than this are left out.
    galaxies : bool
        Whether telescopes with narrow fields point at galaxies where a catalogue is given.
    weigh : str
        ``probability``: the sky map counts as it is; ``detection``: times the probability that the telescope sees a
        source of ``source_absolute_mag`` at the map's distance.
    source_absolute_mag : float
        AB magnitude at 10 pc.
    stability : float
        Least gain in covered probability for which a standing plan is reshuffled.
    refine_s : float
        Seconds that may be spent on making the finished plan better; 0: none.
    """

    max_pointings: int | None = 20
    min_new_probability: float = 1e-5
    min_share_of_best: float = 1e-4
    level: float = 0.999
    earliness: float = 0.02
    epochs: int = 1
    revisit_gap_h: float = 1.0
    epoch_filters: tuple[str, ...] = ()
    galactic_latitude_min_deg: float = 0.0
    airmass_max: float | None = None
    hour_angle_max_h: float | None = None
    moon: str = "phase"
    rarest_usage: str = ""
    depth_min_mag: float | None = None
    galaxies: bool = True
    weigh: str = "probability"
    source_absolute_mag: float = -16.0
    stability: float = 0.01
    refine_s: float = 0.0

    def __post_init__(self) -> None:
        if wrong := [f"{name} {what}" for name, what in self.faults()]:
            raise ValueError("; ".join(wrong) + ".")

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield the name of every impossible setting with what it must be."""
        for name, (allowed, words) in _RULES.items():
            value = getattr(self, name)
            if not allowed(value):
                yield name, f"{words}, not {value!r}"

    def for_best(self, best: float) -> PlanOptions:
        """Return the options with the least new probability raised to its share of the best field's probability."""
        return replace(self, min_new_probability=max(self.min_new_probability, self.min_share_of_best * best))


Rule = tuple[Callable[..., bool], str]


def _between(low: float, high: float, *, none: bool = False) -> Rule:
    words = f"must lie between {low:g} and {high:g}"
    return lambda value: (value is None and none) or (value is not None and low <= value <= high), words


def _inside(low: float, high: float) -> Rule:
    return lambda value: low < value < high, f"must lie between {low:g} and {high:g}, both left out"


_RULES: dict[str, Rule] = {
    "max_pointings": _between(0, 100_000, none=True),
    "min_new_probability": _inside(0.0, 1.0),
    "min_share_of_best": (lambda value: 0.0 <= value < 1.0, "must be at least 0 and below 1"),
    "level": _inside(0.0, 1.0),
    "earliness": (lambda value: 0.0 <= value < 1.0, "must be at least 0 and below 1"),
    "epochs": _between(1, MOST_EPOCHS),
    "revisit_gap_h": _between(0.0, 240.0),
    "epoch_filters": (lambda value: len(value) <= MOST_EPOCHS, f"may name at most {MOST_EPOCHS} filters"),
    "galactic_latitude_min_deg": _between(0.0, 89.0),
    "airmass_max": _between(1.0, 38.0, none=True),
    "hour_angle_max_h": _between(0.1, 12.0, none=True),
    "moon": (lambda value: value in MOON_RULES, f"must be one of {', '.join(MOON_RULES)}"),
    "rarest_usage": (lambda value: value in ("", *USAGE_CLASSES), f"must be one of {', '.join(USAGE_CLASSES)}"),
    "depth_min_mag": _between(-5.0, 35.0, none=True),
    "weigh": (lambda value: value in WEIGHTS, f"must be one of {', '.join(WEIGHTS)}"),
    "source_absolute_mag": _between(-35.0, 5.0),
    "stability": (lambda value: 0.0 <= value < 1.0, "must be at least 0 and below 1"),
    "refine_s": _between(0.0, 3600.0),
}
