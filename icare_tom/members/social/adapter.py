"""The rules that hold for whoever signs in through somebody else."""

import logging
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect

logger = logging.getLogger(__name__)
LAST_WAY = (
    "This is the last way you can sign in. Set a password first, or connect another identity, then take this one away."
)


class SocialAdapter(DefaultSocialAccountAdapter):
    """Identities come from settings, belong to one person, and are never found by an e-mail."""

    error_messages = {
        **DefaultSocialAccountAdapter.error_messages,
        "email_taken": (
            "There is an account with this e-mail already. If it is yours, sign in to it first, then connect %s on "
            "your profile. Otherwise use another e-mail."
        ),
        "no_password": LAST_WAY,
        "disconnect_last": LAST_WAY,
        "connected_other": "This identity belongs to another account here. Sign in to that one and take it away there.",
    }

    def list_apps(
        self, request: HttpRequest | None, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Return the providers of the settings; rows of the database make none, and no secret lies there."""
        apps: list[SocialApp] = super().list_apps(request, provider=provider, client_id=client_id)
        return [app for app in apps if app.pk is None]

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Return False: nobody comes in without saying where they work, and without being approved."""
        return False

    def authenticate_by_email(self, sociallogin: SocialLogin) -> None:
        """Find nobody: the same e-mail is not the same person."""

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        """Return False, whatever the settings of a provider say."""
        return False

    def is_email_verified(self, provider: Any, email: str) -> bool:
        """Return False: an e-mail is verified when the provider says so of this one, or by our own mail."""
        return False

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Make the closed account with its identity, both or neither, and with the e-mail the applicant wrote."""
        chosen = form.cleaned_data["email"].casefold()
        sociallogin.email_addresses = [row for row in sociallogin.email_addresses if row.email.casefold() == chosen]
        try:
            with transaction.atomic():
                user: User = super().save_user(request, sociallogin, form)
        except IntegrityError:
            messages.error(request, "This identity, name or e-mail has been taken meanwhile. Please start again.")
            raise ImmediateHttpResponse(redirect("account_login")) from None
        return user

    def validate_disconnect(self, account: SocialAccount, accounts: QuerySet[SocialAccount]) -> None:
        """Refuse to take away the last way to sign in; a provider that is switched off is none."""
        on = {app.provider_id or app.provider for app in self.list_apps(None)}
        others = accounts.exclude(pk=account.pk).filter(provider__in=on)
        if not account.user.has_usable_password() and not others.exists():
            raise ValidationError(LAST_WAY)

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """Write down why a sign-in was refused; the page does not say, since it may be an attacker's."""
        logger.warning("sign-in through %s refused: %s %r", getattr(provider, "name", provider), error, exception)
