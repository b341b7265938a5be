"""What an upload is called, and to whom: names of files tell of targets that not everybody who sees points may see."""

from django.contrib.auth.models import AnonymousUser, Group, User
from django.db.models import QuerySet
from tom_targets.models import Target

from tom_grandma_facilities.sharing import groups_of
from tom_grandma_facilities.targets_seen import visible_targets
from tom_photvalidation.models import PhotometryPoint, PhotometryUpload

Person = User | AnonymousUser
MOST_NAMED = 2


def may_know_title(user: Person, upload: PhotometryUpload) -> bool:
    """Say whether somebody may know what came: who sent it, and who sees the target of every point of it."""
    if PhotometryUpload.objects.of(user).filter(pk=upload.pk).exists():
        return True
    points = PhotometryPoint.objects.filter(upload=upload).order_by()
    unseen = points.exclude(target__in=visible_targets(user).values("pk"))
    return points.exists() and not unseen.exists()


def title_of(upload: PhotometryUpload, user: Person) -> str:
    """Return the name of the file, or what came; else, and to those who may not know it, how and when it came, and of
    which targets, as far as they see these.
    """
    if upload.source and may_know_title(user, upload):
        return upload.source
    points = PhotometryPoint.objects.visible_to(user).filter(upload=upload).order_by()
    names = list(Target.objects.filter(pk__in=points.values("target")).order_by("name").values_list("name", flat=True))
    shown = [*names[:MOST_NAMED], *([f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else [])]
    of_what = f" of {' and '.join(filter(None, [', '.join(shown[:-1]), shown[-1]]))}" if shown else ""
    channel = upload.get_channel_display()
    return f"{channel[:1].upper()}{channel[1:]} upload {upload.created_at:%Y-%m-%d %H:%M:%S} UTC{of_what}"


def groups_told(upload: PhotometryUpload, user: Person) -> tuple[QuerySet[Group], int]:
    """Return those of somebody's own groups that see an upload, and how many others do."""
    own = upload.groups.filter(pk__in=groups_of(user).values("pk"))
    return own, upload.groups.count() - own.count()
