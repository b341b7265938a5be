"""From the words of a command line to a wish; whatever is wrong with them is one `WishError`."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

from tom_gcn.planning.telescopes import RANGES
from tom_gcn.planning.wish import ALL, Objection, PlanWish, WishError
from tom_grandma_facilities.in_use import telescopes_in_use
from tom_grandma_facilities.registry import UnknownTelescope, get_telescope

# What of a wish has an option of its own on the command line.
PLACES = {
    "telescopes": "--telescopes",
    "without": "--without",
    "start": "--start",
    "hours": "--hours",
    "engine": "--engine",
    "options.max_pointings": "--max-pointings",
}
MOST_TOLD = 4


def wish_of_words(words: Mapping[str, Any], read: Callable[[object], PlanWish] = PlanWish.from_json) -> PlanWish:
    """Read a wish from the options of the command.

    Parameters
    ----------
    words : mapping
        Texts or None: ``telescopes``, ``without`` (names with commas), ``start``, ``end``, ``hours``, ``exposure``,
        ``exposures``, ``max_pointings``, ``engine``; lists of NAME=VALUE: ``engine_option``, ``option``; ``wish``, the
        path of a wish in JSON that the others change.
    read : callable
        Reads the wish in JSON; what is left out in it takes the defaults of this.

    Raises
    ------
    WishError
    """
    data = _from_file(words.get("wish"))
    for name in ("telescopes", "without"):
        if words.get(name) is not None:
            data[name] = _names(f"--{name}", words[name])
    if words.get("start") is not None:
        data["start"] = _moment("--start", words["start"]).isoformat()
    if words.get("hours") is not None:
        if words.get("end") is not None:
            raise _refuse("--hours", "It and --end exclude each other.", "Give one of the two.")
        data["hours"] = _number("--hours", words["hours"])
    if words.get("end") is not None:
        data["hours"] = _hours_until(words["end"], data.get("start"))
    if words.get("engine") is not None:
        data["engine"] = words["engine"]
    if words.get("engine_option"):
        data["engine_options"] = {**data.get("engine_options", {}), **_pairs("--engine-option", words["engine_option"])}
    options = {name: _value(text) for name, text in _pairs("--option", words.get("option") or []).items()}
    if words.get("max_pointings") is not None:
        options["max_pointings"] = _number("--max-pointings", words["max_pointings"])
    if options:
        data["options"] = {**data.get("options", {}), **options}
    if settings := _exposures(words):
        data["settings"] = _with_settings(data, settings)
    return read(data)


def told(error: WishError) -> str:
    """Return what is wrong in one line, with the command's names."""
    sentences = []
    for problem in error.problems[:MOST_TOLD]:
        place = PLACES.get(problem.where, problem.where)
        sentences.append(f"{place}: {problem.what} {problem.mend}".strip(": "))
    more = len(error.problems) - MOST_TOLD
    rest = [f"({more} more.)"] if more > 0 else []
    return " ".join([*sentences, *rest]).replace("\n", " ")


def _refuse(where: str, what: str, mend: str) -> WishError:
    return WishError((Objection(where, what, mend),))


def _from_file(path: str | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        data = json.loads(Path(path).read_text())
    except OSError as error:
        raise _refuse("--wish", f"{path} cannot be read: {error.strerror}.", "") from error
    except (ValueError, RecursionError) as error:
        raise _refuse("--wish", f"{path} holds no JSON.", "Write an object with named fields.") from error
    if not isinstance(data, dict):
        raise _refuse("--wish", f"{path} holds no wish.", "Write an object with named fields.")
    return data


def _names(place: str, text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if "" in names:
        raise _refuse(place, f"{text!r} holds an empty name.", "Give names with commas between them, or leave it out.")
    return list(ALL) if [name.casefold() for name in names] == list(ALL) else names


def _number(place: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise _refuse(place, f"{text!r} is not a number.", "Give a number.")
    return number


def _moment(place: str, text: str) -> datetime:
    """A time; one without a zone is UTC, as all times here are."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _refuse(place, f"{text!r} is not a time.", "Write it like 2026-11-20T21:00:00Z.") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _hours_until(end: str, start: object) -> float:
    if not isinstance(start, str):
        raise _refuse("--end", "An end needs a start.", "Give --start too, or --hours.")
    hours = (_moment("--end", end) - _moment("--start", start)).total_seconds() / 3600.0
    if hours <= 0.0:
        raise _refuse("--end", f"It lies {'at' if hours == 0 else 'before'} the start.", "Give a later end.")
    return hours


def _pairs(place: str, words: Sequence[str]) -> dict[str, str]:
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise _refuse(place, f"{word!r} is no pair.", "Write NAME=VALUE.")
        found[name.strip()] = value.strip()
    return found


def _value(text: str) -> Any:
    """A number, true, false, null, names with commas, or the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return [part.strip() for part in text.split(",")] if "," in text else text


def _exposures(words: Mapping[str, Any]) -> dict[str, float]:
    """The programme of every telescope, if one was given."""
    found: dict[str, float] = {}
    for place, name, key in (("--exposure", "exposure", "exposure_s"), ("--exposures", "exposures", "n_exposures")):
        if words.get(name) is not None:
            number, (low, high) = _number(place, words[name]), RANGES[key]
            if not low <= number <= high or (key == "n_exposures" and number != int(number)):
                raise _refuse(place, f"{words[name]} is impossible.", f"Give {low:g} to {high:g}.")
            found[key] = number
    return found


def _with_settings(data: Mapping[str, Any], settings: Mapping[str, float]) -> dict[str, Any]:
    """Settings of every telescope that may take part; what a wish in JSON says of one goes first."""
    asked = data.get("telescopes") or []
    if asked == list(ALL):
        names = [one.name for one in telescopes_in_use().values() if not one.why_not_plannable()]
    elif asked:
        names = [name for name in map(_known, asked) if name]
    else:
        names = [one.name for one in telescopes_in_use().values() if not one.why_not_in_network()]
    own = data.get("settings") or {}
    return {**own, **{name: {**settings, **own.get(name, {})} for name in names}}


def _known(name: str) -> str:
    """The telescope's own name; nothing for one that is unknown, which is told with the telescopes."""
    try:
        return get_telescope(name).name
    except UnknownTelescope:
        return ""
