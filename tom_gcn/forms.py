"""What people fill in: a plan by hand, a search to keep."""

from django import forms
from django.forms.boundfield import BoundWidget
from django.http import QueryDict

from tom_gcn.filters import list_query
from tom_grandma_facilities.registry import TELESCOPES


def plannable() -> list[tuple[str, str]]:
    """Telescopes that can be planned, as choices."""
    return [(name, name) for name, telescope in TELESCOPES.items() if not telescope.why_not_plannable()]


def asked_by_default() -> list[str]:
    """Telescopes a plan of the network asks."""
    return [name for name, telescope in TELESCOPES.items() if telescope.in_network]


class PlanRequestForm(forms.Form):
    """How long the plan is to reach, and for which telescopes; none chosen means those asked by default."""

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
        help_text=f"None ticked: the {len(asked_by_default())} asked by default.",
    )

    def telescopes_by_custom(self) -> list[tuple[str, list[BoundWidget]]]:
        """The boxes in two groups: those a plan asks by default, and those it asks only when told to."""
        usual = set(asked_by_default())
        boxes = list(self["telescopes"])
        asked = [box for box in boxes if box.data["value"] in usual]
        return [("Asked by default", asked), ("Only on request", [box for box in boxes if box not in asked])]


class SavedSearchForm(forms.Form):
    """A search of the event list and the name to keep it under."""

    name = forms.CharField(
        label="Keep this search as",
        max_length=60,
        widget=forms.TextInput(attrs={"class": "form-control form-control-sm", "placeholder": "name"}),
    )
    query = forms.CharField(max_length=1000, required=False, widget=forms.HiddenInput)

    def clean_query(self) -> str:
        """Keep only what chooses and sorts events: an address somebody made up leads nowhere else."""
        return list_query(QueryDict(self.cleaned_data["query"]))
