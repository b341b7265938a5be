"""Secrets of people and of those who admit them: not even members of the same group may read these."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import Group, User
from django.utils import timezone

from icare_tom.members.admission import confirmation_key, file_admission, invite
from icare_tom.members.admission_models import AdmissionState, GroupProfile, JoinRequest
from icare_tom.members.models import Membership
from icare_tom.members.preference_models import Preferences
from icare_tom.members.tokens import make_token

if TYPE_CHECKING:
    from tests.factories import World

KEPT = "Jx4Kept"


def plant_members(world: "World") -> None:
    """Somebody waits for an account, somebody is invited, somebody wants to join, and the owner has a token."""
    manager = User.objects.create_user(f"{KEPT}manager", f"{KEPT}manager@example.org", is_superuser=True)
    applicant = User.objects.create_user(f"{KEPT}applicant", f"{KEPT}applicant@example.org")
    admission = file_admission(
        applicant, affiliation=f"{KEPT} affiliation", groups_wanted=[world.group], email=applicant.email,
        email_verified=True,
    )  # fmt: skip
    admission.question, admission.answer, admission.state = f"{KEPT} question", f"{KEPT} answer", AdmissionState.ASKED
    admission.save()
    invitation, world.invitation_key = invite(
        f"{KEPT}guest@example.org", world.group, "full", by=manager, note=f"{KEPT} note"
    )
    world.confirmation_key = confirmation_key(admission)
    wisher = User.objects.create_user(f"{KEPT}wisher", f"{KEPT}wisher@example.org")
    wish = JoinRequest.objects.create(user=wisher, group=world.group, note=f"{KEPT} wish")
    team = Group.objects.create(name=f"{KEPT} team")
    profile = GroupProfile.objects.create(group=team, description=f"{KEPT} description")
    world.owner.groups.add(team)
    made = make_token(world.owner, f"{KEPT} script", has_all_rights=True, expires_at=timezone.now() + timedelta(days=9))
    User.objects.filter(pk=world.owner.pk).update(email=f"{KEPT}owner@example.org")
    world.owner.refresh_from_db()
    member = Membership.objects.get(user=world.owner, group=world.group)
    wishes = Preferences.objects.update_or_create(
        user=world.owner, defaults={"notification_email": f"{KEPT}notify@example.org"}
    )[0]
    for row in (
        team,
        wishes,
        admission,
        admission.entries.first(),
        invitation,
        wish,
        profile,
        made.token,
        member,
        applicant,
    ):
        world.keep(row)
