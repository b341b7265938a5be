"""What an upload is called, and to whom: names of files tell of targets that not everybody who sees points may see."""

from django.contrib.auth.models import AnonymousUser, Group, User
from django.db.models import QuerySet

from tom_grandma_facilities.sharing import groups_of
from tom_grandma_facilities.targets_seen import visible_targets
from tom_photvalidation.models import PhotometryPoint, PhotometryUpload

Person = User | AnonymousUser


def may_know_title(user: Person, upload: PhotometryUpload) -> bool:
    """Say whether somebody may know what came: who sent it, and who sees the target of every point of it."""
    if PhotometryUpload.objects.of(user).filter(pk=upload.pk).exists():
        return True
    points = PhotometryPoint.objects.filter(upload=upload).order_by()
    unseen = points.exclude(target__in=visible_targets(user).values("pk"))
    return points.exists() and not unseen.exists()


def title_of(upload: PhotometryUpload, user: Person) -> str:
    """Return the name of the file, or what came; to those who may not know it the upload's number."""
    return str(upload) if may_know_title(user, upload) else f"upload {upload.pk}"


def groups_told(upload: PhotometryUpload, user: Person) -> tuple[QuerySet[Group], int]:
    """Return those of somebody's own groups that see an upload, and how many others do."""
    own = upload.groups.filter(pk__in=groups_of(user).values("pk"))
    return own, upload.groups.count() - own.count()
