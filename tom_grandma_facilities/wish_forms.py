"""Fields of what one asks a telescope for: exposures, window of time, constraints, priority and a note.

The form of one telescope and the form of many have them in common. Angles are in degrees, times UTC, exposures seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils import timezone

from tom_grandma_facilities.asking import Exposures, exposures_for
from tom_grandma_facilities.forms import UtcDateTimeField
from tom_grandma_facilities.observability.sight import Interval
from tom_grandma_facilities.telescope import Telescope

MAX_EXPOSURE_S = 3600.0
MAX_EXPOSURES = 1000
MAX_WINDOW = timedelta(days=30)
GRACE = timedelta(hours=1)
"""A form that was left open for a while is still taken."""
N_LINES = 4
"""Lines of exposures in the form of one telescope: a filter each."""
LONGEST_NOTE = 2000
PRIORITIES = ((1, "1 – highest"), (2, "2 – high"), (3, "3 – normal"), (4, "4 – low"), (5, "5 – lowest"))
USUAL = 3
FAINTEST, BRIGHTEST = 30.0, -5.0


class WishFields(forms.Form):
    """Window, constraints, priority, note, and the magnitude that is expected."""

    window_start = UtcDateTimeField(label="Not before [UTC]")
    window_end = UtcDateTimeField(label="Not after [UTC]")
    magnitude = forms.FloatField(
        label="Expected magnitude [AB]",
        required=False,
        min_value=BRIGHTEST,
        max_value=FAINTEST,
        help_text="Depths are weighed against it. Empty: not known.",
    )
    priority = forms.TypedChoiceField(choices=PRIORITIES, coerce=int, initial=USUAL, required=False)
    note = forms.CharField(
        label="Note for those who observe",
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    min_altitude_deg = forms.FloatField(
        label="Lowest altitude [deg]", required=False, min_value=0, max_value=89, help_text="Empty: the telescope's."
    )
    airmass_max = forms.FloatField(label="Greatest airmass", required=False, min_value=1, max_value=20)
    moon_separation_min_deg = forms.FloatField(
        label="Distance from the Moon [deg]", required=False, min_value=0, max_value=180, help_text="At least."
    )

    def begin_with(self, window: tuple[datetime, datetime], magnitude: float | None = None) -> None:
        """Fill the window and the magnitude in, where the person has not."""
        self.fields["window_start"].initial, self.fields["window_end"].initial = window
        if magnitude is not None:
            self.fields["magnitude"].initial = round(magnitude, 1)

    def clean_window_start(self) -> datetime:
        """Refuse a window that begins in the past (an hour's grace for a form left open)."""
        start: datetime = self.cleaned_data["window_start"]
        if start < timezone.now() - GRACE:
            raise forms.ValidationError("The window begins in the past.")
        return start

    def clean_priority(self) -> int:
        """Nothing said is the usual one."""
        return int(self.cleaned_data["priority"] or USUAL)

    def check_window(self) -> None:
        """Put a complaint at the end of the window when the two do not fit."""
        start, end = self.cleaned_data.get("window_start"), self.cleaned_data.get("window_end")
        if not (start and end):
            return
        if end <= start:
            self.add_error("window_end", "The window ends before it begins.")
        elif end - start > MAX_WINDOW:
            self.add_error("window_end", f"The window is longer than {MAX_WINDOW.days} days.")

    @property
    def constraints(self) -> dict[str, float]:
        """The constraints that were given."""
        names = ("min_altitude_deg", "airmass_max", "moon_separation_min_deg")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data.get(name) is not None}


class ExposureLines(forms.Form):
    """Lines of exposures of one telescope, a filter each; only the first one must be filled in."""

    def add_lines(self, telescope: Telescope, magnitude: float | None = None) -> None:
        """Add the fields, filled in with what the telescope usually does."""
        wish = default_wish(telescope, magnitude)
        for number in range(1, N_LINES + 1):
            self.fields |= line_fields(number, filter_names(telescope), wish)

    @property
    def lines(self) -> Iterator[tuple[BoundField, BoundField, BoundField]]:
        """The fields of the exposures, a filter each."""
        for number in range(1, N_LINES + 1):
            name, exposure, count = line_names(number)
            yield self[name], self[exposure], self[count]

    @property
    def exposures(self) -> tuple[Exposures, ...]:
        """What is wished, as far as it could be read."""
        return exposures_of(getattr(self, "cleaned_data", {}))

    def check_lines(self) -> None:
        """A line that names a filter must say how long and how often."""
        for number in range(2, N_LINES + 1):
            name, *numbers = line_names(number)
            if not self.cleaned_data.get(name):
                continue
            for missing in numbers:
                if self.cleaned_data.get(missing) is None and missing not in self.errors:
                    self.add_error(missing, "Say it for this filter too, or choose no filter.")


def line_names(number: int) -> tuple[str, str, str]:
    """Names of the fields of a line of exposures; the first has no number."""
    suffix = "" if number == 1 else f"_{number}"
    return f"filter{suffix}", f"exposure_time_s{suffix}", f"exposure_count{suffix}"


def line_fields(number: int, filters: Sequence[str], wish: Exposures) -> dict[str, forms.Field]:
    """Fields of a line of exposures; only the first one must be filled in."""
    first = number == 1
    choices = [(name, name) for name in filters]
    name, exposure, count = line_names(number)
    return {
        name: forms.ChoiceField(
            label="Filter", choices=choices if first else [("", "–"), *choices], required=first,
            initial=wish.filter if first else "",
        ),
        exposure: forms.FloatField(
            label="Exposure [s]", min_value=0.001, max_value=MAX_EXPOSURE_S, required=first, initial=wish.exposure_s
        ),
        count: forms.IntegerField(
            label="Exposures", min_value=1, max_value=MAX_EXPOSURES, required=first, initial=wish.count
        ),
    }  # fmt: skip


def exposures_of(cleaned: Mapping[str, Any], n_lines: int = N_LINES) -> tuple[Exposures, ...]:
    """Return the lines that name a filter, as far as they are complete."""
    lines = (line_names(number) for number in range(1, n_lines + 1))
    given = ((cleaned.get(name), cleaned.get(exposure), cleaned.get(count)) for name, exposure, count in lines)
    return tuple(Exposures(name, float(exposure), int(n)) for name, exposure, n in given if name and exposure and n)


def default_window(windows: Sequence[Interval], now: datetime) -> tuple[datetime, datetime]:
    """Return when one asks unless one says otherwise: from when it can first be observed to when it last can.

    Where it cannot be observed in the coming day, the day itself. Never in the past, and to whole minutes.
    """
    begin = max(windows[0][0], now) if windows else now
    end = windows[-1][1] if windows else now + timedelta(days=1)
    start = begin.replace(second=0, microsecond=0)
    return start, max(end.replace(second=0, microsecond=0), start + timedelta(minutes=1))


def filter_names(telescope: Telescope) -> list[str]:
    """Return the filters one may ask for: those of its cameras, else the one plans use, else "any"."""
    default = telescope.default_filter.value
    return list(telescope.filters) or [default or "any"]


def usual_filter(telescope: Telescope) -> str:
    """Return the filter plans use, by the name its camera gives it: plans say r where a camera has sdssr."""
    names, default = filter_names(telescope), telescope.default_filter.value or ""
    alike = (name for name in names if default and name.endswith(default))
    return default if default in names else next(alike, names[0])


def default_wish(telescope: Telescope, magnitude: float | None = None) -> Exposures:
    """Return the exposures a form begins with: in the telescope's usual filter, as many as the magnitude needs."""
    wished = exposures_for(telescope, usual_filter(telescope), magnitude)
    return Exposures(wished.filter, min(wished.exposure_s, MAX_EXPOSURE_S), min(wished.count, MAX_EXPOSURES))


def as_row(exposures: Exposures) -> dict[str, Any]:
    """Return exposures as a request keeps them."""
    return {"filter": exposures.filter, "exposure_s": exposures.exposure_s, "count": exposures.count}
