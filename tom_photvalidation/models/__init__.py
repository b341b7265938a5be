"""Photometry: how it came (`upload`), what it says (`point`), what is known beside it (`known`), what people made of it
(`review`)."""

from tom_photvalidation.models.known import InstrumentProfile, TargetEpoch
from tom_photvalidation.models.point import PhotometryPoint, PointFinding
from tom_photvalidation.models.review import PhotometryReview, ReviewCell
from tom_photvalidation.models.upload import Audience, ColumnMapping, PhotometryFile, PhotometryUpload

__all__ = [
    "Audience",
    "ColumnMapping",
    "InstrumentProfile",
    "PhotometryFile",
    "PhotometryPoint",
    "PhotometryReview",
    "PhotometryUpload",
    "PointFinding",
    "ReviewCell",
    "TargetEpoch",
]
