"""Forms: asking a telescope to observe a target, reporting a telescope's state."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import numpy as np
from astropy import units as u
from crispy_forms.layout import HTML, ButtonHolder, Column, Layout, Row, Submit
from django import forms
from django.utils import timezone
from tom_observations.facility import BaseRoboticObservationForm
from tom_targets.models import Target

from tom_grandma_facilities import almanac
from tom_grandma_facilities.choices import TelescopeState
from tom_grandma_facilities.telescope import Mode, Telescope, UsageClass
from tom_grandma_facilities.tonight import twilight_deg

NOT_YET = "Requests cannot be sent from here yet. Nothing was sent and nothing was stored."
MAX_EXPOSURE_S = 3600.0
MAX_EXPOSURES = 1000
MAX_WINDOW = timedelta(days=30)
SAMPLE_DAYS = 5.0 / 1440.0


class UtcDateTimeInput(forms.DateTimeInput):
    """The browser's own date and time picker; what is typed is UTC."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class TelescopeRequestForm(BaseRoboticObservationForm):
    """Ask one telescope for exposures of one target in a window of time.

    Everything is checked, down to whether the target is up in darkness. Sending is not possible yet, and a
    submission is answered with that sentence.
    """

    telescope: ClassVar[Telescope]

    filter = forms.ChoiceField(help_text="As the telescope's team names it.")
    exposure_time_s = forms.FloatField(
        label="Exposure [s]", min_value=0.001, max_value=MAX_EXPOSURE_S, help_text="One exposure, in seconds."
    )
    exposure_count = forms.IntegerField(label="Exposures", min_value=1, max_value=MAX_EXPOSURES, initial=1)
    window_start = forms.DateTimeField(label="Not before [UTC]", widget=UtcDateTimeInput)
    window_end = forms.DateTimeField(label="Not after [UTC]", widget=UtcDateTimeInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["filter"].choices = [(name, name) for name in filter_names(self.telescope)]
        now = timezone.now().replace(second=0, microsecond=0)
        self.fields["window_start"].initial = now
        self.fields["window_end"].initial = now + timedelta(days=1)
        exposure = self.telescope.default_exposure.value
        if exposure is not None:
            self.fields["exposure_time_s"].initial = float(exposure.to_value(u.s))
        if self.telescope.default_filter.known:
            self.fields["filter"].initial = self.telescope.default_filter.value
        self.validation_message = f"This request is sound for {self.telescope.name}. {NOT_YET}"

    def layout(self) -> Layout:
        """Two columns of fields."""
        return Layout(
            "filter",
            Row(Column("exposure_time_s"), Column("exposure_count")),
            Row(Column("window_start"), Column("window_end")),
        )

    def button_layout(self) -> ButtonHolder:
        """One button that checks; there is none that sends, since sending is not possible yet."""
        return ButtonHolder(
            HTML(f'<p class="form-text">{NOT_YET.split(".", maxsplit=1)[0]}; a request can be checked.</p>'),
            Submit("validate", "Check the request"),
        )

    def clean_window_start(self) -> datetime:
        """Refuse a window that begins in the past (an hour's grace for a form left open)."""
        start: datetime = self.cleaned_data["window_start"]
        if start < timezone.now() - timedelta(hours=1):
            raise forms.ValidationError("The window begins in the past.")
        return start

    def clean(self) -> dict[str, Any]:
        """Check the window as a whole, then the sky; refuse to pretend that a request was sent."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = cleaned.get("window_start"), cleaned.get("window_end")
        if start and end:
            self._check_window(start, end)
        if start and end and not self.errors:
            self._check_sky(start, end)
        if "validate" not in self.data and not self.errors:
            raise forms.ValidationError(f"This request is sound for {self.telescope.name}. {NOT_YET}", code="not-yet")
        return cleaned

    def _check_window(self, start: datetime, end: datetime) -> None:
        if end <= start:
            self.add_error("window_end", "The window ends before it begins.")
        elif end - start > MAX_WINDOW:
            self.add_error("window_end", f"The window is longer than {MAX_WINDOW.days} days.")
        elif (end - start).total_seconds() < self._programme_seconds():
            self.add_error("window_end", "The window is shorter than the exposures.")

    def _programme_seconds(self) -> float:
        return float(self.cleaned_data.get("exposure_time_s") or 0) * int(self.cleaned_data.get("exposure_count") or 0)

    def _check_sky(self, start: datetime, end: datetime) -> None:
        """Refuse a target that is never above the telescope's limit in darkness."""
        target = Target.objects.filter(pk=self.cleaned_data.get("target_id")).first()
        if target is None or target.ra is None or target.dec is None or not self.telescope.site.known:
            return
        if reason := why_never_up(self.telescope, float(target.ra), float(target.dec), start, end):
            self.add_error("window_end", reason)

    def serialize_parameters(self) -> dict[str, Any]:
        """Return the parameters as JSON can keep them, times as ISO 8601 UTC."""
        parameters: dict[str, Any] = super().serialize_parameters()
        for name in ("window_start", "window_end"):
            parameters[name] = parameters[name].astimezone(UTC).isoformat()
        return parameters


def filter_names(telescope: Telescope) -> list[str]:
    """Return the filters one may ask for; "any" when no source lists them."""
    default = telescope.default_filter.value
    names = dict.fromkeys([*telescope.filters, *([default] if default else [])])
    return list(names) or ["any"]


def why_never_up(telescope: Telescope, ra_deg: float, dec_deg: float, start: datetime, end: datetime) -> str:
    """Say why a position cannot be observed in a window, or nothing when it can (sampled every five minutes)."""
    begin, finish = almanac.mjd_of(start), almanac.mjd_of(end)
    times = np.linspace(begin, finish, max(2, int((finish - begin) / SAMPLE_DAYS) + 1))
    latitude, longitude = telescope.site.latitude_deg, telescope.site.longitude_deg
    dark = almanac.sun_altitude(times, latitude, longitude) < twilight_deg(telescope)
    if not dark.any():
        return f"It does not get dark at {telescope.name} in this window."
    limit = telescope.limits.min_altitude.value
    limit_deg = 0.0 if limit is None else float(limit.to_value(u.deg))
    altitude, _ = almanac.altitude_azimuth(ra_deg, dec_deg, times[dark], latitude, longitude)
    if altitude.max() < limit_deg:
        return (
            f"The target is never above {limit_deg:g} deg in darkness at {telescope.name} in this window; "
            f"its highest altitude there is {altitude.max():.0f} deg."
        )
    return ""


class TelescopeStatusForm(forms.Form):
    """Report the state of a telescope."""

    state = forms.ChoiceField(choices=TelescopeState.choices)
    reason = forms.CharField(max_length=300, required=False, help_text="Why, in a few words.")
    until = forms.DateTimeField(label="Until [UTC]", required=False, widget=UtcDateTimeInput)


class TelescopeFilterForm(forms.Form):
    """Search and filters of the list of telescopes; all optional, all in the address."""

    q = forms.CharField(label="Name", required=False, max_length=100)
    usage = forms.ChoiceField(
        label="Usage class",
        required=False,
        choices=[("", "all"), *((usage.value, usage.label) for usage in UsageClass)],
    )
    mode = forms.ChoiceField(required=False, choices=[("", "all"), *((mode.value, mode.value) for mode in Mode)])
    plan = forms.ChoiceField(
        label="Plans",
        required=False,
        choices=[
            ("", "all"),
            ("asked", "asked by default"),
            ("can", "can be planned"),
            ("cannot", "cannot be planned"),
        ],
    )
    hemisphere = forms.ChoiceField(required=False, choices=[("", "both"), ("north", "north"), ("south", "south")])
    dark = forms.ChoiceField(
        label="Darkness", required=False, choices=[("", "any"), ("now", "dark now"), ("not", "light now")]
    )
    sort = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            is_list = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select form-select-sm" if is_list else "form-control form-control-sm"
