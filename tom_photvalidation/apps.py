"""The photometry app."""

from django.apps import AppConfig


class PhotValidationConfig(AppConfig):
    """Photometry in, checked, reviewed, out."""

    name = "tom_photvalidation"
    verbose_name = "Photometry"
    default_auto_field = "django.db.models.BigAutoField"
