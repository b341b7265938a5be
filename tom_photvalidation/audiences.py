"""Who is told: sets of groups, and who may tell them photometry."""

from collections.abc import Collection, Iterator
from itertools import count

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db.models import QuerySet

from tom_grandma_facilities.people import shares_with
from tom_photvalidation.exceptions import NotAllowed
from tom_photvalidation.models import Audience

Person = User | AnonymousUser
ADD_PERMISSION = "tom_photvalidation.add_photometrypoint"


def groups_to_tell(user: Person) -> QuerySet[Group]:
    """Return the groups `user` may upload for: one's own; for administrators all."""
    if getattr(user, "is_superuser", False):
        return Group.objects.order_by("name")
    return Group.objects.filter(user=user.pk).order_by("name")


def default_groups(user: Person) -> list[Group]:
    """Return whom one chose to share with; otherwise the network for its members, and all of one's groups."""
    own = groups_to_tell(user)
    if chosen := shares_with(user):
        return chosen
    network = list(own.filter(name=settings.ICARE_DEFAULT_GROUP))
    return network or ([] if getattr(user, "is_superuser", False) else list(own))


def may_upload(user: Person) -> bool:
    """Say whether `user` may send photometry: the permission, and a group to tell."""
    return bool(user.is_active and user.has_perm(ADD_PERMISSION) and groups_to_tell(user).exists())


def may_in(user: Person, permission: str, audience: Audience) -> bool:
    """Say whether `user` holds a permission in one of the groups that see something."""
    if not user.is_active:
        return False
    if user.has_perm(permission, audience):
        return True
    app, codename = permission.split(".")
    given = {"permissions__content_type__app_label": app, "permissions__codename": codename}
    return audience.groups.filter(user=user.pk, **given).exists()


def ask_permission(by: Person) -> None:
    """Refuse whoever may not send photometry, before anything they sent is read.

    Raises
    ------
    NotAllowed
    """
    if not may_upload(by):
        raise NotAllowed("You may not send photometry.", "An administrator gives the permission.")


def groups_for(by: Person, groups: Collection[Group] | None) -> list[Group]:
    """Return who is to see an upload of `by`.

    Raises
    ------
    NotAllowed
    """
    ask_permission(by)
    told = default_groups(by) if groups is None else list(groups)
    keys = {group.pk for group in told}
    if not keys or groups_to_tell(by).filter(pk__in=keys).count() != len(keys):
        raise NotAllowed("These points have no group to see them.", "Name groups of your own.")
    return told


def audience_of(groups: Collection[Group]) -> Audience:
    """Return the row for a set of groups, made when it is told for the first time."""
    return next(audiences_for(groups))


def audiences_for(groups: Collection[Group]) -> Iterator[Audience]:
    """Rows for a set of groups, made as they are asked for: the usual one, then further ones.

    The same measurement stands once in each. Where two uploads hold it and come to be told to the same groups later,
    the second moves to a further row.
    """
    keys = ",".join(map(str, sorted({group.pk for group in groups})))
    for number in count():
        audience, is_new = Audience.objects.get_or_create(key=f"{keys}/{number}" if number else keys)
        if is_new:
            audience.groups.set(groups)
        yield audience
