"""Names that people write, as the rows they mean: targets one may see, and telescopes."""

import difflib
from collections.abc import Collection, Mapping

from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.functions import Lower
from tom_targets.models import Target, TargetName

from tom_grandma_facilities.registry import TELESCOPES, UnknownTelescope, get_telescope
from tom_grandma_facilities.targets_seen import visible_targets
from tom_photvalidation.audiences import Person
from tom_photvalidation.models import InstrumentProfile
from tom_photvalidation.sites import place_of

# What TOM's rule for equal names leaves out, besides case.
_IGNORED = " -_()"
_DROP = str.maketrans("", "", _IGNORED)
GENERIC = "Generic-Telescope"
LONGEST_TELESCOPE = 64
# Looking for names that are like an unknown one takes time: done for the first few, among so many.
_MOST_GUESSED, _MOST_COMPARED = 5, 5000


def simple(name: str) -> str:
    """Return a name without what makes no difference to a reader."""
    return name.lower().translate(_DROP)


def _simple_name() -> Func:
    return Func(
        Lower(F("name")), Value(_IGNORED), Value(""), function="translate", output_field=TextField()
    )  # fmt: skip


def find_targets(names: Collection[str], by: Person | None) -> dict[str, int]:
    """Return the keys of targets under these names, aliases or keys, of those that `by` may see; others are left out.

    None is the system, which sees all.
    """
    wanted: dict[str, list[str]] = {}
    for name in names:
        wanted.setdefault(simple(name), []).append(name)
    seen = _seen(by)
    found: dict[str, int] = {}
    exact: set[str] = set()
    for pk, name in _named(seen, wanted):
        for asked in wanted[simple(name)]:
            if asked not in found or (asked == name and asked not in exact):
                found[asked] = pk
            if asked == name:
                exact.add(asked)
    return found | _by_key([name for name in names if name not in found], seen)


def _seen(by: Person | None) -> QuerySet[Target]:
    return Target.objects.all() if by is None else visible_targets(by)


def _named(seen: QuerySet[Target], wanted: Collection[str]) -> list[tuple[int, str]]:
    keys = list(wanted)
    own = seen.annotate(simple=_simple_name()).filter(simple__in=keys).values_list("pk", "name")
    aliases = TargetName.objects.annotate(simple=_simple_name()).filter(simple__in=keys, target__in=seen.values("pk"))
    return [*own.order_by("pk"), *aliases.order_by("target", "pk").values_list("target", "name")]


def _by_key(names: Collection[str], seen: QuerySet[Target]) -> dict[str, int]:
    keys = {int(name): name for name in names if name.isdecimal() and name.isascii() and len(name) < 10}
    return {keys[pk]: pk for pk in seen.filter(pk__in=keys).values_list("pk", flat=True)} if keys else {}


def nearest_targets(names: Collection[str], by: Person | None) -> dict[str, list[str]]:
    """Return for unknown names those of visible targets that look like them."""
    known = list(_seen(by).order_by("-created").values_list("name", flat=True)[:_MOST_COMPARED])
    return {name: difflib.get_close_matches(name, known, n=3, cutoff=0.6) for name in list(names)[:_MOST_GUESSED]}


def find_telescopes(names: Collection[str]) -> dict[str, str]:
    """Return our names of telescopes: of the registry, of instruments' profiles, or of observatories as published.

    Others are left out.
    """
    found: dict[str, str] = {}
    profiles: Mapping[str, str] | None = None
    for name in names:
        try:
            found[name] = get_telescope(name).name
        except UnknownTelescope:
            if profiles is None:
                profiles = {t.casefold(): t for t in InstrumentProfile.objects.values_list("telescope", flat=True)}
            if name.casefold() in profiles:
                found[name] = profiles[name.casefold()]
            elif "/" in name and len(name) <= LONGEST_TELESCOPE and place_of(name) is not None:
                found[name] = name
    return found


def telescope_of_camera(name: str) -> str:
    """Return the one telescope with a camera of this name, if there is one."""
    text = name.strip().casefold()
    having = [
        telescope.name
        for telescope in TELESCOPES.values()
        if any(text in (one.name.casefold(), one.name.casefold().rpartition("/")[2]) for one in telescope.cameras)
    ]
    return having[0] if text and len(having) == 1 else ""


def nearest_telescopes(name: str) -> tuple[str, ...]:
    """Return names of telescopes that look like an unknown one."""
    try:
        return (get_telescope(name).name,)
    except UnknownTelescope as unknown:
        return unknown.nearest
