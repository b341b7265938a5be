"""What can be chosen for a plan, in words, and the inputs that stand for it on a page."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

from tom_gcn.planning.options import MOON_RULES, USAGE_CLASSES, PlanOptions
from tom_grandma_facilities.telescope import UsageClass

# What can be set for one telescope: name, words, unit, whether it is a whole number or text.
SETTINGS: tuple[tuple[str, str, str, type], ...] = (
    ("exposure_s", "Exposure", "s", float),
    ("n_exposures", "Exposures", "", int),
    ("filter", "Filter", "", str),
    ("max_pointings", "Most fields", "", int),
    ("min_altitude_deg", "Lowest alt.", "°", float),
    ("moon_separation_deg", "From the Moon", "°", float),
)


@dataclass(frozen=True)
class Option:
    """One choice for the plan as a whole: a field of `PlanOptions` in words."""

    name: str
    label: str
    kind: type = float
    unit: str = ""
    help: str = ""
    choices: Sequence[tuple[str, str]] = ()


OPTIONS: tuple[tuple[str, tuple[Option, ...]], ...] = (
    (
        "Fields",
        (
            Option("max_pointings", "Most fields of a telescope", int, help="empty: as many as fit"),
            Option("min_new_probability", "Least probability a field adds", help="0.0001 is 0.01%"),
            Option("min_share_of_best", "Least share of the best field", help="leaves crumbs out"),
            Option("level", "Region in which fields are looked for", help="credible level, 0 to 1"),
            Option("galactic_latitude_min_deg", "Away from the Galactic plane", unit="°"),
            Option("galaxies", "Narrow telescopes point at galaxies", bool),
            Option(
                "rarest_usage",
                "Ask telescopes at least of class",
                str,
                help="by GRANDMA's usage classes",
                choices=(("", "however rarely"), *((name, UsageClass(name).label) for name in USAGE_CLASSES)),
            ),
            Option(
                "depth_min_mag", "Ask telescopes that reach at least", unit="mag", help="empty: whatever they reach"
            ),
        ),
    ),
    (
        "When",
        (
            Option("epochs", "Visits of each field", int),
            Option("revisit_gap_h", "Between two visits at least", unit="h"),
            Option("epoch_filters", "Filters of the visits", tuple, help="in turn, such as: g, r"),
            Option("airmass_max", "Highest airmass", help="empty: the telescope's altitude alone"),
            Option("hour_angle_max_h", "Largest hour angle", unit="h", help="empty: no limit"),
            Option(
                "moon",
                "Distance from the Moon",
                str,
                choices=tuple(zip(MOON_RULES, ("less when the Moon is thin", "always as declared"), strict=True)),
            ),
        ),
    ),
    (
        "Weights",
        (
            Option("earliness", "Weight of being early", help="share of its value a field loses by the end, 0 to 1"),
            Option(
                "weigh",
                "Fields are weighed by",
                str,
                choices=(("probability", "probability"), ("detection", "probability × being deep enough")),
            ),
            Option("source_absolute_mag", "Absolute magnitude of the source", help="for being deep enough"),
            Option("stability", "Least gain for which fields change", help="0.01 is 1% of the probability"),
            Option("refine_s", "Look on for a better plan", unit="s", help="0: take the first"),
        ),
    ),
)


@dataclass
class Entry:
    """One input: its name in the form, what stands in it, and what is wrong with that."""

    name: str
    label: str
    value: str = ""
    unit: str = ""
    help: str = ""
    usual: str = ""
    choices: Sequence[tuple[str, str]] = ()
    is_check: bool = False
    is_number: bool = True
    errors: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Its id on the page."""
        return "plan-" + self.name.replace(".", "-")


@dataclass
class TelescopeEntries:
    """One telescope: whether it takes part, and its own settings."""

    name: str
    is_on: bool
    entries: list[Entry]
    errors: list[str] = field(default_factory=list)

    @property
    def is_set(self) -> bool:
        """Whether something is set for it, or wrong with it."""
        return bool(self.errors) or any(entry.value or entry.errors for entry in self.entries)


def known_options() -> list[Option]:
    """The choices of the form, all of them fields of `PlanOptions`."""
    names = {one.name for one in fields(PlanOptions)}
    return [option for _, options in OPTIONS for option in options if option.name in names]
