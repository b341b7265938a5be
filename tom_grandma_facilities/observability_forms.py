"""What one asks of a night: telescope, day, targets."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from tom_grandma_facilities.observability import network

MOST_TARGETS = 60


class NightForm(forms.Form):
    """A telescope, its night, and the targets: a list, or names and positions line by line, or both."""

    telescope = forms.ChoiceField(label="Telescope")
    night = forms.DateField(
        label="Night of",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The day on which it begins at the telescope; empty for tonight.",
    )
    target_list = forms.ChoiceField(label="Target list", required=False)
    targets = forms.CharField(
        label="Targets",
        required=False,
        max_length=6000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=f"Names or positions, one a line, at most {MOST_TARGETS} with those of the list.",
    )

    def __init__(self, *args: Any, lists: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [telescope.name for telescope in network().telescopes]
        choices = {
            "telescope": [(name, name) for name in names],
            "target_list": [("", "none"), *((str(key), name) for key, name in lists)],
        }
        for name, offered in choices.items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = offered
        for field in self.fields.values():
            is_list = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select form-select-sm" if is_list else "form-control form-control-sm"

    def clean_night(self) -> date | None:
        """Refuse days for which the almanac was not checked."""
        night: date | None = self.cleaned_data["night"]
        if night is not None and not 2000 <= night.year <= 2040:
            raise forms.ValidationError("Nights from 2000 to 2040 can be computed.")
        return night

    @property
    def entries(self) -> list[str]:
        """The lines of the text, each once."""
        lines = (line.strip() for line in self.cleaned_data["targets"].splitlines())
        return list(dict.fromkeys(line for line in lines if line))
