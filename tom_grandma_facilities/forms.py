"""Forms: reporting a telescope's state, filtering the list of telescopes."""

from typing import Any

from django import forms

from tom_grandma_facilities.choices import TelescopeState
from tom_grandma_facilities.telescope import Mode, UsageClass


class UtcDateTimeInput(forms.DateTimeInput):
    """The browser's own date and time picker; what is typed is UTC."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


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
