"""What people fill in: a plan by hand, a search to keep."""

from django import forms
from django.http import QueryDict

from tom_gcn.filters import list_query
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
