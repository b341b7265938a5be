"""Building blocks of the guarded views."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from icare_tom.guards.access import may_create_targets, members_or_404

View = Callable[..., HttpResponseBase]


class SignedIn(LoginRequiredMixin):
    """Needs a sign-in. A class of its own, so that it can stand before TOM views that have Django's mixin already."""


class MembersOnly(SignedIn):
    """A view that does not exist for those outside the network, nor for members whose role does not permit it."""

    # The permission that is asked for; none where all members may come.
    needs = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check who asks before anything else."""
        if request.user.is_authenticated:
            members_or_404(request.user, self.needs)
        return super().dispatch(request, *args, **kwargs)


class GroupMembersOnly(SignedIn):
    """A view that creates targets: only for those whose role in a group permits it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check who asks before anything else."""
        if request.user.is_authenticated and not may_create_targets(request.user):
            raise Http404
        return super().dispatch(request, *args, **kwargs)


def members_only(view: View) -> View:
    """Like `MembersOnly`, for function views."""

    @wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        members_or_404(request.user)
        return view(request, *args, **kwargs)

    return guarded


def closed(_request: HttpRequest, **_kwargs: object) -> HttpResponse:
    """Stand where a function of TOM would be that this site does not offer (docs/decisions say why)."""
    raise Http404
