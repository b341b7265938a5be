"""Setting a new password by a link in a mail."""

from allauth.account.forms import ResetPasswordForm, UserTokenForm
from django import forms
from django.contrib.auth.models import User

UNKNOWN = "This link is not good."


class LostPasswordForm(ResetPasswordForm):
    """Asks where to send the link; whether it goes out is not told.

    It goes to the e-mail an account has now, not to one it was to be changed to, and only to open accounts that have a
    password: those of others sign in through whom they came by.
    """

    users: list[User]

    def clean_email(self) -> str:
        """Keep the accounts that may have a link."""
        email: str = super().clean_email()
        self.users = [user for user in self.users if has_password(user) and user.email.casefold() == email.casefold()]
        return email


class LinkForm(UserTokenForm):
    """Knows whom a link is for, while their account is open."""

    def clean(self) -> dict[str, str]:
        """Refuse links of accounts that were closed since."""
        cleaned: dict[str, str] = super().clean()
        if not has_password(self.reset_user):
            raise forms.ValidationError(UNKNOWN)
        return cleaned


def has_password(user: User) -> bool:
    """Whether somebody could sign in with a password."""
    return user.is_active and user.has_usable_password()
