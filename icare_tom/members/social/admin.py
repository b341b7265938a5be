"""Admin pages of identities and institutions. Providers and their secrets have none: they come from the settings."""

from typing import Any

from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.http import HttpRequest

from icare_tom.members.social.institution_models import Institution
from tom_grandma_facilities.read_only_admin import ReadOnlyAdmin

for unused in (SocialApp, SocialToken, SocialAccount):
    admin.site.unregister(unused)


@admin.register(SocialAccount)
class IdentityAdmin(ReadOnlyAdmin):
    """Who signs in by what. Taken away here when somebody has lost it; connected only by its owner."""

    list_display = ["user", "provider", "uid", "date_joined", "last_login"]
    list_filter = ["provider"]
    search_fields = ["user__username", "uid", "extra_data"]
    list_select_related = ["user"]
    fields = ["user", "provider", "uid", "date_joined", "last_login", "extra_data"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Super admins, one at a time."""
        return bool(request.user.is_superuser)


@admin.register(Institution)
class InstitutionAdmin(ReadOnlyAdmin):
    """What the federation's list says; `manage.py load_institutions` writes it."""

    list_display = ["name", "entity_id", "seen_at"]
    search_fields = ["name", "entity_id"]
