"""Taking an identity away."""

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.forms import DisconnectForm
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.signals import social_account_removed


class TakeAwayForm(DisconnectForm):
    """Takes away identities of providers that are switched off too; allauth asks those for their name."""

    def save(self) -> None:
        """Take it away, once the owner has shown that it is they."""
        identity: SocialAccount = self.cleaned_data["account"]
        if any(identity.provider in (app.provider_id, app.provider) for app in get_adapter().list_apps(None)):
            super().save()
            return
        raise_if_reauthentication_required(self.request, app="allauth.socialaccount")
        identity.delete()
        social_account_removed.send(sender=SocialAccount, request=self.request, socialaccount=identity)
