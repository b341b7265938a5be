"""Forms: reporting a telescope's state, filtering the list of telescopes."""

from datetime import datetime
from typing import Any

from django import forms

from tom_grandma_facilities.choices import USAGE_SET_HERE, TelescopeState
from tom_grandma_facilities.exceptions import InvalidRequest
from tom_grandma_facilities.executed.times import BadTime, parse_time
from tom_grandma_facilities.models import TelescopeStatus
from tom_grandma_facilities.telescope import Mode, UsageClass
from tom_grandma_facilities.typed_times import CLOCK, read_utc


class UtcDateTimeInput(forms.DateTimeInput):
    """A line for a time in UTC. The pickers of browsers show months first, and AM and PM, as the device is set."""

    def __init__(self) -> None:
        attributes = {"placeholder": "2026-01-31 21:30", "autocomplete": "off", "spellcheck": "false"}
        super().__init__(attrs=attributes, format="%Y-%m-%d %H:%M")


class UtcDateTimeField(forms.DateTimeField):
    """A time in UTC as people of this field write it: ISO 8601, MJD, JD, or 21:30 of the coming day."""

    widget = UtcDateTimeInput
    default_error_messages = {"invalid": "This is no time. Write 2026-01-31 21:30, 21:30, an MJD or a JD, in UTC."}

    def to_python(self, value: Any) -> datetime | None:
        """Read what was typed."""
        if value in self.empty_values or isinstance(value, datetime):
            return value or None
        text = str(value).strip().removesuffix("UTC").strip()
        try:
            return read_utc(text, "") if CLOCK.fullmatch(text) and ":" in text else parse_time(text)
        except (BadTime, InvalidRequest, OverflowError) as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error


class TelescopeStatusForm(forms.Form):
    """Report the state of a telescope."""

    state = forms.ChoiceField(choices=TelescopeState.choices)
    reason = forms.CharField(max_length=300, required=False, help_text="Why, in a few words.")
    until = UtcDateTimeField(label="Until [UTC]", required=False)
    usage = forms.ChoiceField(
        label="May be asked",
        required=False,
        choices=[("", "as declared"), *USAGE_SET_HERE],
        help_text="Plans and forms go by it; what is declared stays below.",
    )

    @classmethod
    def of(cls, status: TelescopeStatus | None) -> "TelescopeStatusForm":
        """Return the form with what is reported now: whoever changes one thing leaves the others."""
        names = ("state", "reason", "until", "usage")
        return cls(initial={name: getattr(status, name) for name in names} if status else None)

    def clean_usage(self) -> str | None:
        """None where a program or an old page does not say."""
        return self.cleaned_data["usage"] if "usage" in self.data else None


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
