"""Institutions people may sign in from, as a federation such as eduGAIN lists them."""

from django.db import models


class InstitutionQuerySet(models.QuerySet["Institution"]):
    """Institutions; everybody may see which there are."""

    def found(self, words: str) -> "InstitutionQuerySet":
        """Those whose name or address has all the words."""
        rows = self
        for word in words.split()[:6]:
            rows = rows.filter(models.Q(name__icontains=word) | models.Q(entity_id__icontains=word))
        return rows


class Institution(models.Model):
    """One identity provider of a federation. Written by `load_institutions` only, which workers call once a day."""

    entity_id = models.CharField(max_length=1024, unique=True, help_text="Its name among federations, an address.")
    name = models.CharField(max_length=300, help_text="What people know it by, in English where there is such a name.")
    sign_in_url = models.URLField(max_length=1024, help_text="Where its people sign in (SAML HTTP-Redirect).")
    certificates = models.JSONField(help_text="What its answers are signed with: X.509, base64 without lines.")
    seen_at = models.DateTimeField(help_text="When the federation's list last named it, UTC.")

    objects = InstitutionQuerySet.as_manager()

    class Meta:
        ordering = ["name", "entity_id"]

    def __str__(self) -> str:
        return self.name
