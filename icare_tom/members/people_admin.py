"""The administration's page of people: accounts are closed and opened here, and never deleted."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from tom_common.admin import UserAdmin

from icare_tom.members.closing import close_account, open_account
from icare_tom.members.rights import holds_all
from icare_tom.members.who import person

admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(UserAdmin):
    """TOM's page; whoever is made inactive here also loses their sessions and tokens."""

    actions = ("close_accounts", "open_accounts")
    list_display = ("username", "email", "first_name", "last_name", "is_active", "is_superuser", "last_login")

    def has_close_permission(self, request: HttpRequest) -> bool:
        """Super admins."""
        return holds_all(person(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what people did for science names them. People delete what is about them on their profile."""
        return False

    @admin.action(description="Close the accounts: sessions and tokens end now", permissions=["close"])
    def close_accounts(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Close them, but not one's own."""
        chosen = list(queryset)
        others = [user for user in chosen if user != person(request)]
        for user in others:
            close_account(user, by=person(request))
        if len(others) < len(chosen):
            messages.warning(request, "You chose your own account; it stays open.")
        if others:
            messages.success(request, f"{_counted(others)} closed; sessions and tokens have ended.")

    @admin.action(description="Open the accounts again", permissions=["close"])
    def open_accounts(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Open them, but not those that were never let in."""
        opened = []
        for user in queryset.filter(is_active=False):
            try:
                open_account(user, by=person(request))
                opened.append(user)
            except ValidationError as refused:
                messages.error(request, " ".join(refused.messages))
        if opened:
            messages.success(request, f"{_counted(opened, 'is', 'are')} open again. Tokens are made anew.")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Close the account whole when it is made inactive."""
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data and not obj.is_active:
            close_account(obj, by=person(request))


def _counted(people: Iterable[User], one: str = "was", several: str = "were") -> str:
    number = len(list(people))
    return f"1 account {one}" if number == 1 else f"{number} accounts {several}"
