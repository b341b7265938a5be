"""What is inconsistent, missing or doubted in the declaration of a telescope. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any

from astropy import units as u

from tom_grandma_facilities.telescope import NOT_FOUND, PROJECT_DEFAULT, Camera, Fact, Mode, Shape, Telescope

# The cookbook's own line between tiling and galaxy targeting (14_Transcripts.md l.240).
GALAXY_FIELD_DEG = 1.0
# Value, unit and what can be of every quantity, by the last part of its path.
_BOUNDS: Mapping[str, tuple[u.UnitBase, float, float]] = {
    "latitude": (u.deg, -90, 90),
    "longitude": (u.deg, -180, 180),
    "elevation": (u.m, -100, 6000),
    "aperture": (u.m, 0.03, 42),
    "width": (u.deg, 0.005, 90),
    "height": (u.deg, 0.005, 90),
    "readout": (u.s, 0, 600),
    "overhead": (u.s, 0, 600),
    "filter_change": (u.s, 0, 600),
    "min_altitude": (u.deg, 0, 80),
    "moon_separation": (u.deg, 0, 120),
    "declination_min": (u.deg, -90, 90),
    "declination_max": (u.deg, -90, 90),
    "twilight": (u.deg, -24, 0),
    "slew_rate": (u.deg / u.s, 0.01, 200),
    "default_exposure": (u.s, 0.01, 7200),
}
_MAGNITUDES = (8.0, 30.0)
_NEEDED = ("site.latitude", "site.longitude", "site.elevation", "aperture", "slew_rate", "default_exposure",
           "default_filter", "limiting_magnitude", "robotic", "membership")  # fmt: skip


class Kind(StrEnum):
    """How bad a finding is. Only the first makes the check fail."""

    INCONSISTENT = "inconsistent"
    MISSING = "missing"
    DOUBTED = "doubted"


@dataclass(frozen=True)
class Finding:
    """One thing about one telescope: where in its value (`path`), and a sentence."""

    telescope: str
    kind: Kind
    path: str
    message: str

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return {name: str(value) for name, value in asdict(self).items()}


def facts_of(value: Any, path: str = "") -> Iterator[tuple[str, Fact[Any]]]:
    """Every fact inside a declared value, with its path such as ``cameras[0].width``."""
    if isinstance(value, Fact):
        yield path, value
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from facts_of(item, f"{path}[{index}]")
    elif is_dataclass(value):
        for part in fields(value):
            yield from facts_of(getattr(value, part.name), f"{path}.{part.name}".removeprefix("."))


def check_telescope(telescope: Telescope) -> list[Finding]:
    """Everything that is inconsistent in a declaration, missing from it, or doubted by its own notes."""
    found = [*_of_facts(telescope), *_of_cameras(telescope), *_of_planning(telescope)]
    return sorted(
        (Finding(telescope.name, kind, path, message) for kind, path, message in found),
        key=lambda finding: (list(Kind).index(finding.kind), finding.path),
    )


def check_network(telescopes: Mapping[str, Telescope]) -> list[Finding]:
    """The findings of all telescopes, and names that mean two of them."""
    found = [finding for telescope in telescopes.values() for finding in check_telescope(telescope)]
    owners: dict[str, set[str]] = {}
    for telescope in telescopes.values():
        for alias in (telescope.name, telescope.full_name, *telescope.aliases):
            owners.setdefault(alias.casefold(), set()).add(telescope.name)
    for alias, names in owners.items():
        if len(names) > 1:
            message = f"The name {alias!r} stands for {' and '.join(sorted(names))}."
            found += [Finding(name, Kind.INCONSISTENT, "aliases", message) for name in sorted(names)]
    found += [
        Finding(telescope.name, Kind.INCONSISTENT, "name", f"It is registered as {name}.")
        for name, telescope in telescopes.items()
        if name != telescope.name
    ]
    return found


_Found = Iterable[tuple[Kind, str, str]]


def _of_facts(telescope: Telescope) -> _Found:
    for path, fact in facts_of(telescope):
        if not fact.source.strip():
            yield Kind.INCONSISTENT, path, "It has no source."
        if fact.known and fact.source == NOT_FOUND:
            if not isinstance(fact.value, StrEnum):
                yield Kind.INCONSISTENT, path, f"It is {fact.value}, from a source that says it was not found."
        elif fact.known:
            yield from _of_value(path, fact.value)
        if not fact.known and path in _NEEDED:
            where = "No public source gives it." if fact.source == NOT_FOUND else f"Not in {fact.source}."
            yield Kind.MISSING, path, f"{where} {fact.note}".strip()
        elif fact.known and fact.note and _is_doubt(fact.note):
            yield Kind.DOUBTED, path, fact.note


def _is_doubt(note: str) -> bool:
    """Whether a note casts doubt, rather than telling where in the source it stands."""
    words = ("rejected", "doubt", "may be", "taken as", "but ", "not credible", "names no", "away", "check")
    return any(word in note.casefold() for word in words)


def _of_value(path: str, value: Any) -> _Found:
    name = path.rpartition(".")[2]
    if name == "limiting_magnitude" and not _MAGNITUDES[0] <= value <= _MAGNITUDES[1]:
        yield Kind.INCONSISTENT, path, f"A limiting magnitude of {value} cannot be."
    if name not in _BOUNDS:
        return
    unit, low, high = _BOUNDS[name]
    try:
        number = float(u.Quantity(value).to_value(unit))
    except (u.UnitConversionError, TypeError):
        yield Kind.INCONSISTENT, path, f"{value} is not in a unit of {unit}."
        return
    if not low <= number <= high:
        yield Kind.INCONSISTENT, path, f"{value} lies outside {low:g} to {high:g} {unit}."


def _of_cameras(telescope: Telescope) -> _Found:
    if not telescope.cameras:
        yield Kind.MISSING, "cameras", "No camera is known."
    elif telescope.planning_camera is None:
        yield Kind.MISSING, "cameras.width", "No camera has a known field of view."
    if telescope.cameras and not telescope.filters:
        yield Kind.MISSING, "cameras.filters", "No filter is known."
    for index, camera in enumerate(telescope.cameras):
        for message in _of_field(camera):
            yield Kind.INCONSISTENT, f"cameras[{index}]", message


def _of_field(camera: Camera) -> Iterator[str]:
    if camera.width.known != camera.height.known:
        yield "Only one side of its field is known."
    if camera.has_field and camera.shape is Shape.UNKNOWN:
        yield "Its field has sizes and no shape."
    if camera.has_field and camera.shape in (Shape.SQUARE, Shape.CIRCLE) and camera.width.value != camera.height.value:
        yield f"It is a {camera.shape} of {camera.width.value} by {camera.height.value}."
    if not camera.has_field and camera.shape is not Shape.UNKNOWN and not camera.width.note:
        yield "It has a shape and no size."
    if camera.filters.value is not None and len(set(camera.filters.value)) != len(camera.filters.value):
        yield "It lists a filter twice."


def _of_planning(telescope: Telescope) -> _Found:
    limits, camera = telescope.limits, telescope.planning_camera
    low, high = limits.declination_min.value, limits.declination_max.value
    if low is not None and high is not None and low >= high:
        yield Kind.INCONSISTENT, "limits", f"Declinations from {low} to {high} leave nothing to observe."
    if camera is not None and camera.width.value is not None and telescope.mode.value is Mode.TILING:
        side = float(camera.width.value.to_value(u.deg))
        if side < GALAXY_FIELD_DEG / 2 and "named" not in telescope.mode.note.casefold():
            yield Kind.DOUBTED, "mode", f"It tiles with a field of {side:g} deg."
    if not telescope.why_not_plannable():
        for path, fact in facts_of(telescope):
            if path in ("default_exposure", "limits.min_altitude", "limits.twilight") and not fact.known:
                yield Kind.INCONSISTENT, path, "It can be planned, but this number is missing."
    if limits.min_altitude.source == PROJECT_DEFAULT and not telescope.why_not_plannable():
        yield Kind.MISSING, "limits.min_altitude", "The lowest altitude is the project's default, not the telescope's."
    if telescope.retired and telescope.in_network:
        yield Kind.INCONSISTENT, "retired", "It is retired and in the network."
