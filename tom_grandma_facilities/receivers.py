"""What this app does when TOM writes rows of its own."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver
from tom_observations.models import ObservationRecord

from tom_grandma_facilities.actions.records import attach_record
from tom_grandma_facilities.registry import ASKABLE


@receiver(post_save, sender=ObservationRecord, dispatch_uid="attach-record-to-request")
def attach(sender: type[ObservationRecord], instance: ObservationRecord, created: bool, raw: bool, **_: Any) -> None:
    """TOM makes the record of a request that was asked through its own pages and API."""
    if created and not raw and instance.facility in ASKABLE:
        attach_record(instance)
