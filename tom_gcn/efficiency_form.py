"""What somebody asks of the efficiency, checked once for the page and the API, and its answer."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django import forms

from tom_gcn.covered import Exposure
from tom_gcn.drawings import efficiency_curve
from tom_gcn.efficiency import LAWS, Efficiency, Law, NoDistance, Source, efficiency
from tom_gcn.efficiency.efficiency import MOST_TIMES
from tom_gcn.executed import DEFAULT_DAYS, Depths, beginning, depths_of, exposures_since, planned_exposures
from tom_gcn.models import Event, Localization, ObservationPlan
from tom_gcn.querysets import User

WHAT = (("plan", "the plan"), ("executed", "what was observed"), ("both", "what was observed and the plan"))
# Kasliwal et al. 2020: -16.6 mag fading by 1 mag a day stands for what GW170817 did.
DEFAULT_MAGNITUDE, DEFAULT_RATE = -16.6, 1.0
GRID = tuple(np.round(np.arange(-24.0, -7.99, 0.25), 2).tolist())


class EfficiencyForm(forms.Form):
    """A source, how often it is to be seen, and by what; everything has a default."""

    what = forms.ChoiceField(choices=WHAT, required=False, label="Seen by")
    magnitude = forms.FloatField(
        required=False, min_value=-30, max_value=0, initial=DEFAULT_MAGNITUDE, label="Absolute magnitude"
    )
    law = forms.ChoiceField(choices=[(law.value, words) for law, words in LAWS.items()], required=False, label="Fading")
    rate = forms.FloatField(required=False, min_value=-10, max_value=10, initial=DEFAULT_RATE, label="Rate or index")
    times = forms.IntegerField(required=False, min_value=1, max_value=MOST_TIMES, initial=1, label="At least times")
    distance = forms.FloatField(required=False, min_value=0.001, max_value=100_000, label="Distance [Mpc]")
    distance_error = forms.FloatField(required=False, min_value=0, max_value=100_000, label="± [Mpc]")

    def __init__(self, *args: Any, has_plan: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_plan = has_plan
        for field in self.fields.values():
            is_list = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select form-select-sm" if is_list else "form-control form-control-sm"
            if not is_list:
                field.widget.attrs |= {"step": "any", "inputmode": "decimal"}

    def clean(self) -> dict[str, Any]:
        """Fill in what was left open; a plan cannot be asked where there is none."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        defaults = {"magnitude": DEFAULT_MAGNITUDE, "rate": DEFAULT_RATE, "times": 1}
        cleaned |= {name: value for name, value in defaults.items() if cleaned.get(name) is None}
        cleaned["law"] = Law(cleaned.get("law") or Law.LINEAR)
        cleaned["what"] = cleaned.get("what") or ("plan" if self.has_plan else "executed")
        if cleaned["what"] != "executed" and not self.has_plan:
            self.add_error("what", "There is no finished plan.")
        if cleaned.get("distance_error") is not None and cleaned.get("distance") is None:
            self.add_error("distance", "An error needs a distance.")
        return cleaned


@dataclass(frozen=True)
class Answered:
    """The efficiency and what it rests on."""

    found: Efficiency
    source: Source
    magnitude: float
    times: int
    what: str
    depths: Depths
    distance_mpc: tuple[float, float] | None

    @property
    def probability(self) -> float:
        """At the magnitude that was asked for."""
        return float(self.found.at(self.magnitude))

    @property
    def error(self) -> float:
        """Its standard error."""
        return self.found.error_at(self.magnitude)

    @property
    def half(self) -> float | None:
        """The faintest absolute magnitude that is seen with 50 %."""
        return self.found.magnitude_at(0.5)

    @property
    def curve(self) -> list[float]:
        """Probability on `GRID`."""
        values: list[float] = self.found.at(np.array(GRID)).tolist()
        return values

    @property
    def drawing(self) -> str:
        """The curve as SVG."""
        return efficiency_curve(list(zip(GRID, self.curve, strict=True)), self.magnitude)


def answer(
    event: Event, localization: Localization, plan: ObservationPlan | None, user: User, asked: dict[str, Any]
) -> Answered:
    """Inject and count.

    Raises
    ------
    NoDistance
        When neither the map nor the form tells a distance.
    """
    exposures: list[Exposure] = []
    if plan is not None and asked["what"] != "executed":
        exposures += planned_exposures(plan, only_open=asked["what"] == "both")
    if asked["what"] != "plan":
        exposures += exposures_since(event, localization, user, DEFAULT_DAYS)
    distance = (asked["distance"], asked.get("distance_error") or 0.0) if asked.get("distance") else None
    source = Source(asked["law"], asked["rate"])
    depths = depths_of(exposures, beginning(event))
    found = efficiency(localization.skymap.data, depths.looks, source, times=asked["times"], distance_mpc=distance)
    given = distance or localization.skymap.data.distance()
    return Answered(found, source, asked["magnitude"], asked["times"], asked["what"], depths, given)


__all__ = ["GRID", "Answered", "EfficiencyForm", "NoDistance", "answer"]
