"""A declared telescope as TOM Toolkit sees it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from astropy import units as u
from django.forms import ValidationError
from django.utils import timezone
from tom_observations.facility import BaseRoboticObservationFacility
from tom_observations.models import ObservationRecord
from tom_targets.models import Target

from tom_grandma_facilities.actions import ask, cancel_request
from tom_grandma_facilities.choices import OPEN_REQUESTS, RequestState
from tom_grandma_facilities.exceptions import FacilityError
from tom_grandma_facilities.in_use import in_use
from tom_grandma_facilities.models import FollowUpRequest, TelescopeStatus
from tom_grandma_facilities.registry import is_offered
from tom_grandma_facilities.request_forms import TelescopeRequestForm
from tom_grandma_facilities.strip import make_strip
from tom_grandma_facilities.telescope import Telescope
from tom_grandma_facilities.template_forms import TelescopeTemplateForm
from tom_grandma_facilities.tonight import tonight

TERMINAL_STATES = tuple(state.value for state in RequestState if state not in OPEN_REQUESTS)


class GrandmaFacility(BaseRoboticObservationFacility):
    """Form, site and status of one telescope, all from its declared value.

    A subclass says which telescope it is: ``class Cfht(GrandmaFacility, telescope=TELESCOPE)``. What is submitted
    becomes a `FollowUpRequest`, which is sent in the background.
    """

    telescope: ClassVar[Telescope]
    is_offered: ClassVar[bool]
    template_name = "tom_grandma_facilities/request_form.html"
    observation_forms: ClassVar[dict[str, type[TelescopeRequestForm]]]
    template_form: ClassVar[type[TelescopeTemplateForm]]

    def __init_subclass__(cls, telescope: Telescope, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.telescope = telescope
        cls.name = telescope.name
        cls.button_tooltip = telescope.full_name
        cls.is_offered = is_offered(telescope)
        form = type(f"{cls.__name__}RequestForm", (TelescopeRequestForm,), {"telescope": telescope})
        cls.observation_forms = {"IMAGING": form}
        cls.template_form = type(f"{cls.__name__}TemplateForm", (TelescopeTemplateForm,), {"telescope": telescope})

    def get_form(self, observation_type: str | None) -> type[TelescopeRequestForm]:
        """Return the one form there is; TOM asks with None too."""
        return self.observation_forms["IMAGING"]

    def get_template_form(self, observation_type: str | None) -> type[TelescopeTemplateForm]:
        """Return the form of what is asked for again and again."""
        return self.template_form

    def get_facility_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the telescope and its darkness to the page of the form."""
        night = tonight(self.telescope, timezone.now()) if self.telescope.site.known else None
        return {
            **kwargs,
            "telescope": self.telescope,
            "tonight": night,
            "strip": make_strip(night) if night else None,
        }

    def submit_observation(self, observation_payload: dict[str, Any]) -> list[str]:
        """Ask the telescope; return the number of the request, by which TOM calls the observation too.

        Raises
        ------
        django.forms.ValidationError
            With the sentence for the user when it cannot be asked.
        """
        if self.user is None:
            raise ValidationError("Nobody is signed in: nobody can be told who asks.", code="not-allowed")
        wished = observation_payload["params"]
        start, end = (datetime.fromisoformat(wished[name]) for name in ("window_start", "window_end"))
        try:
            request = ask(
                self.name,
                by=self.user,
                target=Target.objects.get(pk=observation_payload["target_id"]),
                exposures=wished["exposures"],
                window_start=start,
                window_end=end,
                constraints=wished["constraints"],
                priority=wished["priority"],
                note=wished["note"],
                makes_record=False,
            )
        except FacilityError as error:
            raise ValidationError(str(error), code=error.code) from error
        return [str(request.pk)]

    def validate_observation(self, observation_payload: dict[str, Any]) -> list[str]:
        """Return no complaint: the form has checked all that can be checked without the telescope."""
        return []

    def cancel_observation(self, observation_id: str) -> bool:
        """Cancel the request; the telescope's side is told in the background.

        Raises
        ------
        django.forms.ValidationError
            With the sentence for the user when it cannot be cancelled.
        """
        request = self._request(observation_id)
        if request is None or self.user is None:
            raise ValidationError("There is no request of this number that you may cancel.", code="not-allowed")
        try:
            cancel_request(request, by=self.user)
        except FacilityError as error:
            raise ValidationError(str(error), code=error.code) from error
        return True

    def _request(self, observation_id: str) -> FollowUpRequest | None:
        """The request by the number TOM knows it by."""
        if not (observation_id.isascii() and observation_id.isdigit()):
            return None
        return FollowUpRequest.objects.filter(telescope=self.name, pk=int(observation_id)).first()

    def get_terminal_observing_states(self) -> list[str]:
        """Return the states that do not change any more."""
        return list(TERMINAL_STATES)

    def get_observing_sites(self) -> dict[str, dict[str, Any]]:
        """Return TOM's dictionary of the one site, empty when it is unknown. The order of the keys matters to TOM."""
        site, telescope = self.telescope.site, self.telescope
        if not site.known:
            return {}
        elevation = site.elevation.value
        return {
            telescope.full_name: {
                "sitecode": telescope.name,
                "latitude": site.latitude_deg,
                "longitude": site.longitude_deg,
                "elevation": 0.0 if elevation is None else float(elevation.to_value(u.m)),
            }
        }

    def get_facility_status(self) -> dict[str, Any]:
        """Return the state that was reported, in TOM's nesting of sites and telescopes."""
        visible = TelescopeStatus.objects.visible_to(self.user) if self.user else TelescopeStatus.objects.none()
        status = visible.filter(telescope=self.name).first()
        reported = status.sentence if status else "Nothing was reported."
        words = in_use(self.telescope, status).why_not_plannable() or reported
        telescope = {"code": self.name, "status": words}
        return {"code": self.name, "sites": [{"code": self.telescope.full_name, "telescopes": [telescope]}]}

    def get_observation_status(self, observation_id: str) -> dict[str, Any]:
        """Return how far the request is; of what was observed in other ways, what its record says."""
        request = self._request(observation_id)
        if request is not None:
            state, start, end = request.state, request.window_start, request.window_end
            return {"state": state, "scheduled_start": start, "scheduled_end": end}
        record = ObservationRecord.objects.filter(facility=self.name, observation_id=observation_id).first()
        if record is None:
            return {"state": "", "scheduled_start": None, "scheduled_end": None}
        return {
            "state": record.status,
            "scheduled_start": record.scheduled_start,
            "scheduled_end": record.scheduled_end,
        }

    def update_observation_status(self, observation_id: str) -> None:
        """Write the state onto the record of this telescope only; TOM writes it onto others of the same number too."""
        status = self.get_observation_status(observation_id)
        ObservationRecord.objects.filter(facility=self.name, observation_id=observation_id).update(
            status=status["state"],
            scheduled_start=status["scheduled_start"],
            scheduled_end=status["scheduled_end"],
        )

    def get_observation_url(self, observation_id: str) -> str:
        """Return no address: these telescopes have no page per observation."""
        return ""

    def data_products(self, observation_id: str, product_id: str | None = None) -> list[dict[str, Any]]:
        """Return no files: none are fetched from these telescopes."""
        return []

    def get_flux_constant(self) -> u.Quantity:
        """Return the flux unit of spectra, as TOM's other facilities do."""
        return u.erg / u.cm**2 / u.s / u.angstrom

    def get_wavelength_units(self) -> u.UnitBase:
        """Return the wavelength unit of spectra."""
        return u.angstrom
