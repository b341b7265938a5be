"""TOM's form of an observation template, for one telescope: what is asked for often, without target and time."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, ClassVar

from django import forms
from tom_observations.models import ObservationTemplate
from tom_observations.observation_template import GenericTemplateForm

from tom_grandma_facilities.telescope import Telescope
from tom_grandma_facilities.wish_forms import ExposureLines, WishFields

KEPT = ("priority", "note", "min_altitude_deg", "airmass_max", "moon_separation_min_deg")
"""What of a request is kept beside its exposures. The names are those of the request's form, which it fills in."""


class TelescopeTemplateForm(ExposureLines, GenericTemplateForm):
    """Keep exposures, constraints, priority and a note under a name."""

    telescope: ClassVar[Telescope]
    facility = forms.CharField(required=False, widget=forms.HiddenInput)
    # TOM's name of the field, which Django takes for the name of a file.
    template_name = forms.CharField(  # type: ignore[assignment]
        label="Name", max_length=ObservationTemplate._meta.get_field("name").max_length
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_lines(self.telescope)
        self.fields |= {name: deepcopy(WishFields.base_fields[name]) for name in KEPT}

    def clean_facility(self) -> str:
        """Return the telescope this form is of, whatever was sent."""
        return self.telescope.name

    def clean(self) -> dict[str, Any]:
        """Check the lines of exposures."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_lines()
        return cleaned

    def save(self, template_id: int | None = None) -> ObservationTemplate:
        """Keep what was filled in: TOM writes what is empty into addresses as the word None."""
        self.cleaned_data = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        return super().save(template_id)
