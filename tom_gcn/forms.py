"""Asking for a plan by hand."""

from django import forms

from tom_grandma_facilities.registry import TELESCOPES


def plannable() -> list[tuple[str, str]]:
    """Telescopes that can be planned, as choices."""
    return [(name, name) for name, telescope in TELESCOPES.items() if not telescope.why_not_plannable()]


class PlanRequestForm(forms.Form):
    """How long the plan is to reach, and for which telescopes; none chosen means the whole network."""

    hours = forms.FloatField(
        label="Hours from now",
        min_value=1,
        max_value=240,
        initial=24,
        widget=forms.NumberInput(attrs={"class": "form-control", "step": "any", "inputmode": "decimal"}),
    )
    telescopes = forms.MultipleChoiceField(
        label="Telescopes",
        required=False,
        choices=plannable,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: every telescope of the network.",
    )
