"""Rows of admission: who asks to come in, invitations, what groups say of themselves, who wants to join them."""

from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from icare_tom.members.models import check_rights
from icare_tom.members.rights import groups_where, holds_all
from icare_tom.members.roles import Role

MANAGE = "icare_tom.change_membership"


class AdmissionState(models.TextChoices):
    """Where a request for an account stands."""

    UNCONFIRMED = "unconfirmed", "e-mail to be confirmed"
    WAITING = "waiting", "waiting for a decision"
    ASKED = "asked", "a question is open"
    APPROVED = "approved", "approved"
    REFUSED = "refused", "refused"
    EXPIRED = "expired", "expired"


OPEN_STATES = (AdmissionState.UNCONFIRMED, AdmissionState.WAITING, AdmissionState.ASKED)


class ManagedQuerySet(models.QuerySet[Any]):
    """Rows about groups, seen by those who manage the members of such a group."""

    group_field = "group"

    def managed_by(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return those a person may decide."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        if getattr(user, "is_superuser", False):
            return self.all()
        return self.filter(**{f"{self.group_field}__in": groups_where(user, MANAGE)}).distinct()

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return those a person may decide, and their own."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        own = Q(user=user.pk) if any(field.name == "user" for field in self.model._meta.fields) else Q()
        managed = Q(pk__in=self.managed_by(user).values("pk"))
        return self.filter(own | managed) if own else self.filter(managed)


class AdmissionRequestQuerySet(ManagedQuerySet):
    """Requests for an account: every group admin decides those that name a group of theirs, or no group at all."""

    def managed_by(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return those a person may decide."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        if holds_all(user):
            return self.all()
        groups = groups_where(user, MANAGE)
        if not groups.exists():
            return self.none()
        return self.filter(Q(groups_wanted__in=groups) | Q(groups_wanted=None)).distinct()


class AdmissionRequest(models.Model):
    """Somebody's wish for an account. The account is there, but closed until somebody approves it."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="admission")
    affiliation = models.TextField(max_length=2000, help_text="Institute, and what you want to do here.")
    groups_wanted = models.ManyToManyField(Group, blank=True, related_name="+")
    email = models.EmailField()
    email_confirmed_at = models.DateTimeField(null=True, blank=True)
    came_by = models.CharField(max_length=60, default="local", help_text="local, or the service signed in with.")
    state = models.CharField(max_length=20, choices=AdmissionState.choices, default=AdmissionState.UNCONFIRMED)
    question = models.TextField(blank=True, max_length=2000)
    answer = models.TextField(blank=True, max_length=2000)
    reason = models.TextField(blank=True, max_length=2000)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    objects = AdmissionRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_state_display()}"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.state in OPEN_STATES


class AdmissionEntryQuerySet(models.QuerySet[Any]):
    """Steps of admission."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return those of the requests a person may see."""
        return self.filter(request__in=AdmissionRequest.objects.visible_to(user))


class AdmissionEntry(models.Model):
    """One step of an admission; only ever added."""

    request = models.ForeignKey(AdmissionRequest, on_delete=models.CASCADE, related_name="entries")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=20, choices=AdmissionState.choices)
    note = models.TextField(blank=True)

    objects = AdmissionEntryQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_state_display()}"


class InvitationQuerySet(ManagedQuerySet):
    """Invitations."""


class Invitation(models.Model):
    """An e-mail that lets one person in without asking: who has it gets the role it names."""

    email = models.EmailField()
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.FULL)
    rights = ArrayField(models.CharField(max_length=40), default=list, blank=True, validators=[check_rights])
    note = models.TextField(blank=True, max_length=1000, help_text="A word to the invited.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.email} to {self.group}"

    @property
    def is_open(self) -> bool:
        """Whether it can still be used."""
        return self.used_at is None and self.revoked_at is None and self.expires_at > timezone.now()


class GroupProfileQuerySet(models.QuerySet[Any]):
    """What groups say of themselves."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return those of public groups and of one's own; all to a superuser, none to a stranger."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        if getattr(user, "is_superuser", False):
            return self.all()
        return self.filter(Q(is_public=True) | Q(group__user=user.pk)).distinct()


class GroupProfile(models.Model):
    """What a group says of itself, and how one gets in. Private unless it says otherwise."""

    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="profile")
    description = models.TextField(blank=True, max_length=2000)
    is_public = models.BooleanField(default=False, help_text="Its name and description are shown to all members.")
    accepts_at_once = models.BooleanField(default=False, help_text="Who asks to join is let in, to see only.")

    objects = GroupProfileQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.group)


class JoinState(models.TextChoices):
    """Where a wish to join a group stands."""

    WAITING = "waiting", "waiting"
    ACCEPTED = "accepted", "accepted"
    REFUSED = "refused", "refused"


class JoinRequestQuerySet(ManagedQuerySet):
    """Wishes to join groups."""


class JoinRequest(models.Model):
    """A member's wish to join one more group."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="join_requests")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="join_requests")
    note = models.TextField(blank=True, max_length=1000)
    state = models.CharField(max_length=20, choices=JoinState.choices, default=JoinState.WAITING)
    reason = models.TextField(blank=True, max_length=1000)
    made_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "group"], name="one_open_wish_per_group", condition=Q(state=JoinState.WAITING)
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} to {self.group}: {self.get_state_display()}"
