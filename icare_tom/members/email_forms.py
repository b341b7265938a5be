"""Changing one's e-mail."""

from allauth.account.forms import AddEmailForm
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.http import HttpRequest


class ChangeEmailForm(AddEmailForm):
    """The old e-mail stays until the new one is confirmed; allauth takes one that was never confirmed away at once."""

    def save(self, request: HttpRequest) -> EmailAddress:
        """Write a mail to the new one."""
        kept = self.user.email
        address: EmailAddress = super().save(request)
        if User.objects.get(pk=self.user.pk).email != kept:
            self.user.email = kept
            self.user.save(update_fields=["email"])
        return address
