"""What people fill in: a search to keep."""

from django import forms
from django.http import QueryDict

from tom_gcn.filters import list_query


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
