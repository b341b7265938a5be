"""A declared telescope as TOM Toolkit sees it."""

from __future__ import annotations

from typing import Any, ClassVar

from astropy import units as u
from django.forms import ValidationError
from django.utils import timezone
from tom_observations.facility import BaseRoboticObservationFacility
from tom_observations.models import ObservationRecord

from tom_grandma_facilities.forms import NOT_YET, TelescopeRequestForm
from tom_grandma_facilities.models import TelescopeStatus
from tom_grandma_facilities.strip import make_strip
from tom_grandma_facilities.telescope import Telescope
from tom_grandma_facilities.tonight import tonight

TERMINAL_STATES = ("done", "failed", "cancelled")


class GrandmaFacility(BaseRoboticObservationFacility):
    """Form, site and status of one telescope, all from its declared value.

    A subclass says which telescope it is: ``class Cfht(GrandmaFacility, telescope=TELESCOPE)``. Requests cannot be
    sent yet: the form checks them and says so.
    """

    telescope: ClassVar[Telescope]
    is_offered: ClassVar[bool]
    template_name = "tom_grandma_facilities/request_form.html"
    observation_forms: ClassVar[dict[str, type[TelescopeRequestForm]]]

    def __init_subclass__(cls, telescope: Telescope, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.telescope = telescope
        cls.name = telescope.name
        cls.button_tooltip = telescope.full_name
        cls.is_offered = not (telescope.retired or telescope.placeholder or telescope.space)
        form = type(f"{cls.__name__}RequestForm", (TelescopeRequestForm,), {"telescope": telescope})
        cls.observation_forms = {"IMAGING": form}

    def get_form(self, observation_type: str | None) -> type[TelescopeRequestForm]:
        """Return the one form there is; TOM asks with None too."""
        return self.observation_forms["IMAGING"]

    def get_template_form(self, observation_type: str | None) -> type[TelescopeRequestForm]:
        """Raise: templates of requests come with sending them."""
        raise NotImplementedError("Request templates do not exist yet.")

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
        """Refuse: no request leaves this site yet (the form never lets one come here; the API might)."""
        raise ValidationError(NOT_YET, code="not-yet")

    def validate_observation(self, observation_payload: dict[str, Any]) -> list[str]:
        """Return no complaint: the form has checked all that can be checked without the telescope."""
        return []

    def cancel_observation(self, observation_id: str) -> bool:
        """Refuse: what was never sent cannot be cancelled."""
        raise NotImplementedError("Requests are not sent from here yet, so there is nothing to cancel.")

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
        words = self.telescope.why_not_plannable() or (status.sentence if status else "Nothing was reported.")
        telescope = {"code": self.name, "status": words}
        return {"code": self.name, "sites": [{"code": self.telescope.full_name, "telescopes": [telescope]}]}

    def get_observation_status(self, observation_id: str) -> dict[str, Any]:
        """Return what the record itself says: there is no telescope to ask yet."""
        record = ObservationRecord.objects.filter(facility=self.name, observation_id=observation_id).first()
        if record is None:
            return {"state": "", "scheduled_start": None, "scheduled_end": None}
        return {
            "state": record.status,
            "scheduled_start": record.scheduled_start,
            "scheduled_end": record.scheduled_end,
        }

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
