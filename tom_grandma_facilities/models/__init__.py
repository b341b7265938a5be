"""What people report about telescopes, and what telescopes did."""

from tom_grandma_facilities.models.executed import ExecutedObservation, ObservationUpload, UploadedFile
from tom_grandma_facilities.models.status import TelescopeStatus

__all__ = ["ExecutedObservation", "ObservationUpload", "TelescopeStatus", "UploadedFile"]
