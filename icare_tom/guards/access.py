"""Who may see, use, change or delete which of TOM's rows; every guard asks here.

* see: PUBLIC and OPEN targets for everyone signed in, PRIVATE ones with the `view_target` permission;
* change, delete: only with the permission for this target, the user's own, or of a group in which the user's role
  permits it (TOM's own `targets_for_user` says yes for every PUBLIC or OPEN target);
* use (observe, comment, upload): who may change it, and who sees it through a group, or as a member of the network a
  PUBLIC or OPEN one, when their role there permits that use.

Rows to which TOM gives neither an owner nor permissions (calendar, observation templates, data product groups, saved
queries) belong to the members of `settings.ICARE_DEFAULT_GROUP`.
"""

from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Exists, Model, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.http import Http404, HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import get_objects_for_user
from tom_dataproducts.models import DataProduct
from tom_observations.models import ObservationGroup, ObservationRecord
from tom_targets.models import Target, TargetList

from icare_tom.guards.grants import groups_of, holders_of, shown_to
from icare_tom.members.rights import groups_where, may_in
from icare_tom.members.scope import scope_of
from tom_photvalidation.actions.projection import OURS
from tom_photvalidation.models import Audience, PhotometryPoint

Visitor = User | AnonymousUser
Row = TypeVar("Row", bound=Model)

COMMENT = "django_comments.add_comment"
OBSERVE = "tom_observations.add_observationrecord"
ATTACH = "tom_dataproducts.add_dataproduct"


def is_member(user: Visitor) -> bool:
    """Whether a user belongs to the network."""
    if not (user.is_authenticated and user.is_active):
        return False
    return user.is_superuser or settings.ICARE_DEFAULT_GROUP in groups_of(user).values()


def in_a_group(user: Visitor) -> bool:
    """Whether somebody has let the user into any group; without one there is nothing to work on."""
    return user.is_authenticated and (user.is_superuser or bool(groups_of(user)))


def may_create_targets(user: Visitor) -> bool:
    """Whether the user may make targets and lists of them: in a group, with a role there that permits it."""
    return in_a_group(user) and user.has_perm("tom_targets.add_target")


def own_groups(user: Visitor) -> QuerySet[Group]:
    """Groups a user may name when sharing a row."""
    if not user.is_authenticated:
        return Group.objects.none()
    return Group.objects.all() if user.is_superuser else user.groups.all()


def permitted(user: Visitor, permission: str, model: type[Row]) -> QuerySet[Row]:
    """Rows of a model for which a user has a permission; none for anonymous visitors."""
    if not (user.is_authenticated and user.is_active):
        return model._default_manager.none()
    return get_objects_for_user(user, f"{model._meta.app_label}.{permission}", klass=model)


def granted(user: Visitor, permission: str, model: type[Row]) -> QuerySet[Row]:
    """Rows that a user was given by name, or that groups were given in which the user's role permits it.

    Unlike `permitted`, a right held in one group does not reach the rows of another.
    """
    if not (user.is_authenticated and user.is_active):
        return model._default_manager.none()
    if user.is_superuser:
        return model._default_manager.all()
    if (scope := scope_of(user)) is not None and f"{model._meta.app_label}.{permission}" not in scope.permissions:
        return model._default_manager.none()
    groups = groups_where(user, f"{model._meta.app_label}.{permission}")
    return model._default_manager.filter(
        _given(GroupObjectPermission, model, permission, group__in=groups)
        | _given(UserObjectPermission, model, permission, user=user)
    )


def _given(table: type[Model], model: type[Model], permission: str, **to: Any) -> Exists:
    """Whether guardian holds a permission for a row, asked of each row.

    Of `IN (SELECT ...)` among other conditions PostgreSQL makes a hash of every row that was granted before it looks
    at the one that is asked for; of this only when many are asked for.
    """
    kind = ContentType.objects.get_for_model(model)
    rows = table._default_manager.filter(
        content_type=kind,
        object_pk=Cast(OuterRef("pk"), CharField()),
        permission__codename=permission,
        permission__content_type=kind,
        **to,
    )
    return Exists(rows)


def visible_targets(user: Visitor) -> QuerySet[Target]:
    """Targets a user may see: those that `tom_targets.permissions.targets_for_user` names, found by numbers."""
    if not (user.is_authenticated and user.is_active):
        return Target.objects.none()
    if user.is_superuser or user.has_perm("tom_targets.view_target"):
        return Target.objects.all()
    return Target.objects.filter(pk__in=shown_to(holders_of(user)))


def changeable_targets(user: Visitor, action: str = "change_target") -> QuerySet[Target]:
    """Targets a user may see and change (or delete, with `action="delete_target"`)."""
    return granted(user, action, Target).filter(pk__in=visible_targets(user).values("pk"))


def usable_targets(user: Visitor, permission: str) -> QuerySet[Target]:
    """Targets a user may comment (`COMMENT`), observe (`OBSERVE`) or attach data to (`ATTACH`).

    Those one may change; those of a group in which one's role permits it; and for members of the network whose role
    permits it those that everybody sees.
    """
    if not (user.is_authenticated and user.is_active):
        return Target.objects.none()
    if user.is_superuser:
        return Target.objects.all()
    shared = _given(GroupObjectPermission, Target, "view_target", group__in=groups_where(user, permission))
    usable = granted(user, "change_target", Target) & visible_targets(user)
    usable |= Target.objects.filter(shared)
    if is_member(user) and user.has_perm(permission):
        usable |= Target.objects.exclude(permissions=Target.Permissions.PRIVATE)
    return usable


def visible_observations(user: Visitor) -> QuerySet[ObservationRecord]:
    """Observations of the targets a user may see."""
    return ObservationRecord.objects.filter(target__in=visible_targets(user))


def changeable_observations(user: Visitor) -> QuerySet[ObservationRecord]:
    """Observations a user may change or cancel: of targets one may change, and one's own."""
    mine = Q(user=user.pk) if user.is_authenticated else Q(pk__in=[])
    return visible_observations(user).filter(Q(target__in=changeable_targets(user)) | mine)


def visible_products(user: Visitor) -> QuerySet[DataProduct]:
    """Data products of the targets a user may see."""
    return DataProduct.objects.filter(target__in=visible_targets(user))


def changeable_products(user: Visitor) -> QuerySet[DataProduct]:
    """Data products of the targets a user may change."""
    return DataProduct.objects.filter(target__in=changeable_targets(user))


def shown_photometry(user: Visitor, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Leave out points that were not told to somebody who sees their target all the same.

    TOM's table holds a point while every group that is shown its target is told. That leaves those outside of the
    network, who may see PUBLIC and OPEN targets, and those who see a target by a permission of their own: they may have
    left the groups that are told.
    """
    if not is_member(user):
        return rows.exclude(reduction_version__regex=OURS)
    if user.is_superuser:
        return rows
    named = PhotometryPoint.objects.annotate(as_shown=Concat(Value("p"), Cast("pk", CharField())))
    told = named.filter(
        audience__in=Audience.objects.of(user).values("pk"),
        target=OuterRef("target_id"), t_mid=OuterRef("timestamp"), as_shown=OuterRef("reduction_version"),
    )  # fmt: skip
    doubtful = Q(reduction_version__regex=OURS)
    if not user.has_perm("tom_targets.view_target"):
        doubtful &= Q(target__in=shown_to([-(user.pk or 0)]))
    return rows.exclude(doubtful & ~Exists(told))


def visible_target_lists(user: Visitor) -> QuerySet[TargetList]:
    """Target lists a user may see."""
    return permitted(user, "view_targetlist", TargetList)


def changeable_target_lists(user: Visitor, action: str = "change_targetlist") -> QuerySet[TargetList]:
    """Target lists a user may fill, empty or delete."""
    return granted(user, action, TargetList)


def visible_observation_groups(user: Visitor) -> QuerySet[ObservationGroup]:
    """Observation groups a user may see."""
    return permitted(user, "view_observationgroup", ObservationGroup)


def one_or_404(rows: QuerySet[Row], pk: object) -> Row:
    """The row with a key that came from outside, or 404: hidden, missing and malformed look the same."""
    try:
        row = rows.filter(pk=pk).first()
    except (ValueError, TypeError, OverflowError):
        row = None
    if row is None:
        raise Http404
    return row


def members_or_404(user: Visitor, permission: str = "") -> None:
    """Hide a whole section from those who do not belong to the network, or whose role there does not permit it."""
    if not is_member(user) or (permission and not may_in_network(user, permission)):
        raise Http404


def may_in_network(user: Visitor, permission: str) -> bool:
    """Whether somebody's role in the network permits something; it is asked for rows that have no other group."""
    network = Group.objects.filter(name=settings.ICARE_DEFAULT_GROUP).first()
    return user.is_superuser or (network is not None and may_in(user, permission, network))


def local_path(request: HttpRequest, url: str | None, otherwise: str = "/") -> str:
    """`url` when it stays on this site, else `otherwise`."""
    secure = request.is_secure()
    if url and url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}, require_https=secure):
        return url
    return otherwise
