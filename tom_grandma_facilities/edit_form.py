"""The form on which an open request is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.forms import BoundField

from tom_grandma_facilities.choices import RequestKind
from tom_grandma_facilities.models import FollowUpRequest
from tom_grandma_facilities.registry import ASKABLE
from tom_grandma_facilities.wish_forms import (
    N_LINES,
    WishFields,
    as_row,
    default_wish,
    exposures_of,
    filter_names,
    line_fields,
    line_names,
)

PLAIN = ("window_start", "window_end", "priority", "note")
CONSTRAINTS = ("min_altitude_deg", "airmass_max", "moon_separation_min_deg")


class EditForm(WishFields):
    """What of a request may be changed: exposures (of a target), window, constraints, priority, note."""

    row: FollowUpRequest

    @classmethod
    def of(cls, row: FollowUpRequest, posted: Mapping[str, Any] | None = None) -> EditForm:
        """Return the form of a request, filled in as it is."""
        form = cls(posted, initial={name: getattr(row, name) for name in PLAIN} | row.constraints, auto_id="edit-%s")
        form.row = row
        del form.fields["magnitude"]
        if row.kind == RequestKind.TARGET and row.telescope in ASKABLE:
            form.add_lines()
        return form

    @property
    def n_lines(self) -> int:
        """Lines of exposures: as many as were asked for, and at least what a new request offers."""
        return max(N_LINES, len(self.row.exposures))

    def add_lines(self) -> None:
        """Add the lines of the exposures."""
        telescope = ASKABLE[self.row.telescope]
        for number in range(1, self.n_lines + 1):
            self.fields |= line_fields(number, filter_names(telescope), default_wish(telescope))
            if number <= len(self.row.exposures):
                asked = self.row.exposures[number - 1]
                values = (asked["filter"], asked["exposure_s"], asked["count"])
                self.initial = {**self.initial, **dict(zip(line_names(number), values, strict=True))}

    @property
    def lines(self) -> Iterator[tuple[BoundField, BoundField, BoundField]]:
        """The fields of the exposures; none for a plan's part."""
        for number in range(1, self.n_lines + 1):
            name, exposure, count = line_names(number)
            if name in self.fields:
                yield self[name], self[exposure], self[count]

    def clean_window_start(self) -> datetime:
        """A window that has begun may stay as it is."""
        start: datetime = self.cleaned_data["window_start"]
        asked = self.row.window_start.replace(second=0, microsecond=0)
        return self.row.window_start if start == asked else super().clean_window_start()

    def clean(self) -> dict[str, Any]:
        """Check the window."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_window()
        return cleaned

    def changes(self) -> dict[str, Any]:
        """Return what differs from what was asked, as the action takes it: seconds that the form hides are none."""
        given = self.cleaned_data
        wished: dict[str, Any] = {name: given[name] for name in PLAIN} | {"constraints": self.constraints}
        if given["window_end"] == self.row.window_end.replace(second=0, microsecond=0):
            wished["window_end"] = self.row.window_end
        if line_names(1)[0] in self.fields:
            wished["exposures"] = [as_row(one) for one in exposures_of(given, self.n_lines)]
        return {name: value for name, value in wished.items() if value != getattr(self.row, name)}
