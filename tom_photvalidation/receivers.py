"""What changes elsewhere and concerns points: rows of other TOM apps, targets, who may see them, T0, instruments."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from guardian.models import GroupObjectPermission, UserObjectPermission
from tom_dataproducts.models import PhotometryReducedDatum
from tom_targets.models import Target

from tom_photvalidation.actions.projection import project_target
from tom_photvalidation.choices import CURRENT
from tom_photvalidation.models import InstrumentProfile, PhotometryPoint, PhotometryUpload, TargetEpoch
from tom_photvalidation.signals import checks_requested, photometry_stored, pull_requested


@receiver(post_save, sender=PhotometryReducedDatum, dispatch_uid="tom_photvalidation.pull_in")
def pull_in_new(sender: type[PhotometryReducedDatum], created: bool, raw: bool = False, **_: Any) -> None:
    """Have what another TOM app wrote taken in, once it is committed."""
    if created and not raw:
        transaction.on_commit(lambda: pull_requested.send(sender), robust=True)


@receiver(post_save, sender=Target, dispatch_uid="tom_photvalidation.target_changed")
def follow_target(sender: type[Target], instance: Target, created: bool, raw: bool = False, **_: Any) -> None:
    """Check the points of a target that changed again, and show them in TOM to nobody new."""
    if not (created or raw) and PhotometryPoint.objects.filter(target=instance.pk).exists():
        project_target(instance.pk)
        checks_requested.send(sender, targets=(instance.pk,))


def follow_permission(sender: type[Any], instance: Any, **_: Any) -> None:
    """Keep what TOM shows of a target in step with who may see the target."""
    permission = instance.permission
    if permission.codename == "view_target" and str(instance.object_pk).isdecimal():
        target = int(instance.object_pk)
        if PhotometryPoint.objects.filter(target=target).exists():
            project_target(target)


for _model in (GroupObjectPermission, UserObjectPermission):
    for _signal in (post_save, post_delete):
        _signal.connect(follow_permission, sender=_model, dispatch_uid=f"tom_photvalidation.{_model.__name__}")


@receiver(post_save, sender=TargetEpoch, dispatch_uid="tom_photvalidation.epoch_changed")
def follow_epoch(sender: type[TargetEpoch], instance: TargetEpoch, raw: bool = False, **_: Any) -> None:
    """Check the points of a target with another T0 again."""
    if not raw and PhotometryPoint.objects.filter(target=instance.pk).exists():
        checks_requested.send(sender, targets=(instance.pk,))


@receiver(post_save, sender=InstrumentProfile, dispatch_uid="tom_photvalidation.profile_changed")
def follow_profile(sender: type[InstrumentProfile], instance: InstrumentProfile, raw: bool = False, **_: Any) -> None:
    """Check the points of a telescope again of whose instruments something else is known."""
    if raw:
        return
    targets = PhotometryPoint.objects.filter(telescope=instance.telescope).order_by().values_list("target", flat=True)
    if found := tuple(targets.distinct()):
        checks_requested.send(sender, targets=found)


@receiver(photometry_stored, dispatch_uid="tom_photvalidation.neighbours_changed")
def follow_neighbours(
    sender: Any, upload: PhotometryUpload, targets: tuple[int, ...], has_all_checks: bool, **_: Any
) -> None:
    """Check the other points of targets that got new ones again, and new ones that were not looked at in full."""
    if not has_all_checks:
        checks_requested.send(sender, targets=targets)
        return
    others = PhotometryPoint.objects.filter(target__in=targets, status__in=CURRENT).exclude(upload=upload)
    if found := tuple(others.order_by().values_list("target", flat=True).distinct()):
        checks_requested.send(sender, targets=found)
