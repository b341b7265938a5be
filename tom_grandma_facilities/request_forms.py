"""TOM's form of an observation, built from a telescope's declared value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

import numpy as np
from astropy import units as u
from crispy_forms.layout import ButtonHolder, Layout, Submit
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from tom_observations.facility import BaseRoboticObservationForm
from tom_targets.models import Target

from tom_grandma_facilities import almanac
from tom_grandma_facilities.asking import Asked
from tom_grandma_facilities.asking_page import Place, lines_of
from tom_grandma_facilities.expected import expected_magnitude
from tom_grandma_facilities.telescope import Telescope
from tom_grandma_facilities.tonight import twilight_deg
from tom_grandma_facilities.wish_forms import ExposureLines, WishFields, as_row, default_window

SAMPLE_DAYS = 5.0 / 1440.0


class TelescopeRequestForm(ExposureLines, WishFields, BaseRoboticObservationForm):
    """Ask one telescope for exposures of one target in a window of time.

    Everything is checked, down to whether the target is up in darkness. Asking itself is the facility's.
    """

    telescope: ClassVar[Telescope]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.target = _target((kwargs.get("initial") or {}).get("target_id"))
        user = getattr(kwargs.get("facility"), "user", None) or AnonymousUser()
        super().__init__(*args, **kwargs)
        expected = expected_magnitude(self.target, user) if self.target else None
        magnitude = expected.magnitude if expected else None
        self.add_lines(self.telescope, magnitude)
        if not self.is_bound:
            self.begin_with(self._window(), magnitude)
        self.validation_message = f"This request is sound for {self.telescope.name}. Nothing was sent yet."

    def _window(self) -> tuple[datetime, datetime]:
        now = timezone.now()
        line = lines_of(place_of(self.target), now).get(self.telescope.name)
        return default_window(line.windows if line else (), now)

    def layout(self) -> Layout:
        """The fields in their order; the page of our telescopes has a template of its own."""
        return Layout(*self.fields)

    def button_layout(self) -> ButtonHolder:
        """Ask, or check only."""
        return ButtonHolder(Submit("submit", "Ask"), Submit("validate", "Check only"))

    def asked(self) -> Asked | None:
        """What is wished, for advice; None while the window cannot be read."""
        cleaned = getattr(self, "cleaned_data", {})
        start, end = cleaned.get("window_start"), cleaned.get("window_end")
        if start is None or end is None or end <= start:
            return None
        return Asked(start, end, self.exposures, cleaned.get("magnitude"))

    def wish(self) -> dict[str, Any]:
        """Return what the action takes, of a form that is sound."""
        plain = {name: self.cleaned_data[name] for name in ("window_start", "window_end", "priority", "note")}
        return plain | {"exposures": [as_row(one) for one in self.exposures], "constraints": self.constraints}

    def clean(self) -> dict[str, Any]:
        """Check the lines, the window as a whole, then the sky."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_lines()
        self.check_window()
        start, end = cleaned.get("window_start"), cleaned.get("window_end")
        if start and end and not self.errors:
            if (end - start).total_seconds() < sum(one.total_s for one in self.exposures):
                self.add_error("window_end", "The window is shorter than the exposures.")
            else:
                self._check_sky(start, end)
        return cleaned

    def _check_sky(self, start: datetime, end: datetime) -> None:
        """Refuse a target that is never above the telescope's limit in darkness."""
        place = place_of(_target(self.cleaned_data.get("target_id")))
        if place is None or not self.telescope.site.known:
            return
        if reason := why_never_up(self.telescope, *place, start, end):
            self.add_error("window_end", reason)

    def serialize_parameters(self) -> dict[str, Any]:
        """Return the parameters as JSON can keep them, times as ISO 8601 UTC."""
        wish = self.wish()
        times = {name: wish[name].astimezone(UTC).isoformat() for name in ("window_start", "window_end")}
        return wish | times


def _target(pk: object) -> Target | None:
    try:
        return Target.objects.filter(pk=pk).first() if pk else None
    except (TypeError, ValueError):
        return None


def place_of(target: Target | None) -> Place | None:
    """Return the position of a target, degrees ICRS; None when it has none."""
    if target is None or target.ra is None or target.dec is None:
        return None
    return float(target.ra) % 360.0, float(target.dec)


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
