"""The form on which several telescopes are asked at once: what they have in common, and a line for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict

from tom_grandma_facilities.asking import Advice, Asked, Exposures
from tom_grandma_facilities.models import FollowUpRequest
from tom_grandma_facilities.registry import ASKABLE, is_offered
from tom_grandma_facilities.telescope import Telescope
from tom_grandma_facilities.wish_forms import MAX_EXPOSURE_S, MAX_EXPOSURES, WishFields, default_wish, filter_names

TICKED = "telescopes"
OFFERED: tuple[Telescope, ...] = tuple(one for one in ASKABLE.values() if is_offered(one))
NUMBERS: Mapping[str, int] = {name: number for number, name in enumerate(ASKABLE)}


class ManyForm(WishFields):
    """What is asked of all of them."""

    def clean(self) -> dict[str, Any]:
        """Check the window."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_window()
        return cleaned

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        """The window, when it could be read."""
        cleaned = getattr(self, "cleaned_data", {})
        start, end = cleaned.get("window_start"), cleaned.get("window_end")
        return (start, end) if start and end and start < end else None

    @property
    def magnitude_given(self) -> float | None:
        """The magnitude, when it could be read."""
        value: float | None = getattr(self, "cleaned_data", {}).get("magnitude")
        return value


@dataclass
class TelescopeLine:
    """One telescope of the form: what is ticked, typed and wrong, whether it would work, what it was asked already."""

    telescope: Telescope
    is_ticked: bool = False
    filters: Sequence[str] = ()
    exposure: str = ""
    count: str = ""
    problems: list[str] = field(default_factory=list)
    advice: Advice | None = None
    already: FollowUpRequest | None = None

    @property
    def number(self) -> int:
        """Its place in the registry: names hold dots, which ids in a page should not."""
        return NUMBERS[self.telescope.name]

    @property
    def choices(self) -> list[tuple[str, bool]]:
        """Its filters, and whether each is wished."""
        return [(name, name in self.filters) for name in filter_names(self.telescope)]

    @property
    def exposures(self) -> tuple[Exposures, ...]:
        """What is wished of it; nothing while it cannot be read."""
        exposure, count = _number(self.exposure), _number(self.count)
        if exposure is None or count is None or count != int(count):
            return ()
        if not (0 < exposure <= MAX_EXPOSURE_S and 1 <= count <= MAX_EXPOSURES):
            return ()
        return tuple(Exposures(name, exposure, int(count)) for name in self.filters)

    def check(self) -> None:
        """Say what is wrong with a ticked line."""
        exposure, count = _number(self.exposure), _number(self.count)
        if not self.filters:
            self.problems.append("Choose a filter.")
        if exposure is None or not 0 < exposure <= MAX_EXPOSURE_S:
            self.problems.append(f"The exposure is a number of seconds, {MAX_EXPOSURE_S:g} at most.")
        if count is None or count != int(count) or not 1 <= count <= MAX_EXPOSURES:
            self.problems.append(f"The number of exposures is a whole number from 1 to {MAX_EXPOSURES}.")

    def asked(self, window: tuple[datetime, datetime], magnitude: float | None) -> Asked:
        """What is wished, for advice."""
        return Asked(*window, self.exposures, magnitude)


def fresh_lines(magnitude: float | None) -> list[TelescopeLine]:
    """Return a line for every telescope one may ask, filled in from its value and the magnitude."""
    lines = []
    for telescope in OFFERED:
        wish = default_wish(telescope, magnitude)
        lines.append(TelescopeLine(telescope, False, (wish.filter,), f"{wish.exposure_s:g}", str(wish.count)))
    return lines


def posted_lines(posted: QueryDict) -> list[TelescopeLine]:
    """Return the lines as they were filled in. What is not offered is not taken."""
    ticked = set(posted.getlist(TICKED))
    lines = []
    for telescope in OFFERED:
        name = telescope.name
        wished = set(posted.getlist(f"{name}-filters"))
        filters = [one for one in filter_names(telescope) if one in wished]
        exposure, count = posted.get(f"{name}-exposure", "")[:12].strip(), posted.get(f"{name}-count", "")[:12].strip()
        lines.append(TelescopeLine(telescope, name in ticked, filters, exposure, count))
    return lines


def _number(text: str) -> float | None:
    """Read a positive number as a person types it; None when it is none."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if 0 < value < 1e9 else None
