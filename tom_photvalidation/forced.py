"""Light curves that telescopes' services were asked for: kept like any other photometry, in the name of who asked."""

import logging
from typing import Any

from django.contrib.auth.models import Group
from django.dispatch import receiver

from tom_grandma_facilities.actions.journal import write
from tom_grandma_facilities.models import FollowUpRequest
from tom_grandma_facilities.signals import forced_photometry_received
from tom_photvalidation.actions.uploads import Sent, receive_photometry
from tom_photvalidation.audiences import groups_to_tell
from tom_photvalidation.choices import Channel
from tom_photvalidation.exceptions import NotAllowed, Unreadable

logger = logging.getLogger(__name__)

# What the services say of all their rows, not in each: ATLAS exposes for 30 s and tells when it began.
KNOWN = {"atlas-fp": {"exposure_s": "30", "time_reference": "start"}, "ztf-fp": {"time_reference": "start"}}


@receiver(forced_photometry_received, dispatch_uid="tom_photvalidation.forced_photometry")
def keep_light_curve(
    sender: type[FollowUpRequest], request: FollowUpRequest, text: str, service: str, **_: Any
) -> None:
    """Record a light curve in the transaction that notes its request as done; the log of the request says how it went.

    Whatever can be mended by trying again is raised: then the request is not done, and is asked after again.
    """
    by, target = request.created_by, request.target
    if by is None or target is None:
        logger.warning("%s: nobody asked for it, or its target is gone; its light curve is not kept", request)
        return
    sent = Sent(
        body=text.encode(),
        source=f"{service} {request.key}.txt",
        content_type="text/plain",
        channel=Channel.BROKER,
        defaults={"target": target.name, **KNOWN.get(service, {})},
        key=f"request-{request.key}",
    )
    try:
        received = receive_photometry(sent, by=by, groups=_groups(request))
    except (NotAllowed, Unreadable) as refusal:
        write(request, note=f"Its light curve could not be kept: {refusal}")
        return
    counts = ", ".join(f"{number} {word}" for word, number in received.counts.items() if number)
    write(request, note=f"Its light curve was kept: {counts or 'read in the background'}.")


def _groups(request: FollowUpRequest) -> list[Group] | None:
    """Who sees the request sees its light curve, as far as whoever asked may still tell them."""
    by = request.created_by
    mine = groups_to_tell(by).filter(pk__in=request.groups.values("pk")) if by is not None else Group.objects.none()
    return list(mine) or None
