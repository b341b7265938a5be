"""Galaxies of published catalogues, found by their place on the sky."""

from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models


class PublicQuerySet(models.QuerySet[Any]):
    """Public facts, for everyone who has an account."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return all rows to whoever is signed in."""
        return self if user.is_authenticated and user.is_active else self.none()


class GalaxyCatalogue(models.Model):
    """A catalogue as it was loaded from a file."""

    name = models.CharField(max_length=40, unique=True, help_text="E.g. GLADE+.")
    reference = models.TextField(help_text="Where it is published.")
    completeness = models.TextField(help_text="How complete its authors say it is.")
    is_sample = models.BooleanField(default=False, help_text="Invented galaxies for drills and tests.")
    file_name = models.CharField(max_length=255)
    n_galaxies = models.PositiveIntegerField(default=0)
    n_skipped = models.PositiveIntegerField(default=0, help_text="Rows without a usable position or distance.")
    luminosity_shells = models.JSONField(
        default=list, blank=True, help_text="[[from, to, sum of B luminosities], ...]: Mpc, Mpc, solar luminosities."
    )
    loaded_at = models.DateTimeField(auto_now=True)

    objects = PublicQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Galaxy(models.Model):
    """A galaxy with the figures the ranking uses."""

    catalogue = models.ForeignKey(GalaxyCatalogue, on_delete=models.CASCADE, related_name="galaxies", db_index=False)
    name = models.CharField(max_length=80)
    hpx29 = models.BigIntegerField(help_text="Nested HEALPix cell of order 29.")
    ra_deg = models.FloatField(help_text="deg, ICRS")
    dec_deg = models.FloatField(help_text="deg, ICRS")
    distance_mpc = models.FloatField(help_text="Luminosity distance, Mpc")
    distance_error_mpc = models.FloatField(null=True, help_text="Mpc")
    mass_msun = models.FloatField("stellar mass", null=True, help_text="solar masses")
    luminosity_b_lsun = models.FloatField("B luminosity", null=True, help_text="solar luminosities in B")

    objects = PublicQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "galaxies"
        indexes = [models.Index(fields=["catalogue", "hpx29"], name="galaxy_place")]

    def __str__(self) -> str:
        return self.name
