"""Tags people set on events."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect

from tom_gcn.actions.tags import add_tag, remove_tag
from tom_gcn.event_part import EventPart
from tom_gcn.exceptions import GcnError


class AddTagView(EventPart):
    """Set a tag."""

    def post(self, request: HttpRequest, name: str) -> HttpResponseRedirect:
        """Set it, or say why not, and go back to the event."""
        try:
            row = add_tag(self.event, request.POST.get("tag", ""), by=request.user)
        except GcnError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{self.event} is tagged {row.tag}.")
        return redirect(self.event)


class RemoveTagView(EventPart):
    """Remove a tag somebody set."""

    def post(self, request: HttpRequest, name: str) -> HttpResponseRedirect:
        """Remove it, or say why not, and go back to the event."""
        tag = request.POST.get("tag", "")
        try:
            removed = remove_tag(self.event, tag, by=request.user)
        except GcnError as error:
            messages.error(request, str(error))
        else:
            words = f"The tag {tag} is gone." if removed else "Nobody set this tag by hand."
            (messages.success if removed else messages.warning)(request, words)
        return redirect(self.event)
