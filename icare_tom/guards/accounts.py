"""TOM's pages of people lead to ours: one's own profile, a request for an account, the administration."""

from typing import Any

from django.urls import reverse
from django.views.generic import RedirectView

from icare_tom.guards.access import one_or_404
from icare_tom.guards.mixins import SignedIn
from icare_tom.members.admission_models import AdmissionRequest


class UserLeadView(SignedIn, RedirectView):
    """One's own profile; for super admins the account of others in the administration."""

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str:
        """Return where an account is changed."""
        user, key = self.request.user, kwargs["pk"]
        if key != user.pk and user.is_superuser:
            return reverse("admin:auth_user_change", args=[key])
        return reverse("members:profile")


class ApprovalLeadView(SignedIn, RedirectView):
    """The request of an account that waits."""

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str:
        """Return the page on which it is decided; 404 when there is none one may decide."""
        rows = AdmissionRequest.objects.managed_by(self.request.user)
        row = rows.filter(user=kwargs["pk"]).values_list("pk", flat=True).first()
        return reverse("members:admission", args=[one_or_404(rows, row).pk])
