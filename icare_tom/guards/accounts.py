"""User pages: who and which groups are listed. Approval and editing keep TOM's own superuser checks."""

from typing import Any

from tom_common.views import UserListView

from icare_tom.guards.access import own_groups
from icare_tom.guards.mixins import SignedIn


class GuardedUserListView(SignedIn, UserListView):
    """People one may see, and the groups one belongs to."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add one's groups; TOM's template lists all of them to superusers only."""
        return super().get_context_data(**kwargs) | {"own_groups": own_groups(self.request.user)}
