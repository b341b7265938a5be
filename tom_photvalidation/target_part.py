"""What pages about the photometry of one target have in common."""

from functools import cached_property
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.views.generic.base import View
from tom_targets.models import Target

from tom_grandma_facilities.targets_seen import visible_targets


class OfTarget(LoginRequiredMixin, View):
    """A page of a target one may see; not found for others."""

    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def target(self) -> Target:
        """The target of the address."""
        return get_object_or_404(visible_targets(self.request.user), pk=self.kwargs["pk"])

    @property
    def is_part(self) -> bool:
        """Whether htmx asks for a part of a page."""
        htmx = getattr(self.request, "htmx", None)
        return htmx is not None and bool(htmx) and not htmx.history_restore_request
