"""The photometry app."""

from django.apps import AppConfig


class PhotValidationConfig(AppConfig):
    """Holds its place in the house: the layering and the routes already know it."""

    name = "tom_photvalidation"
    verbose_name = "Photometry validation"
    default_auto_field = "django.db.models.BigAutoField"
