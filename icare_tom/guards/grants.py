"""Who was shown which target, in a table of numbers that PostgreSQL itself keeps in step with what guardian stores.

guardian writes a target's key as text beside those of everything else, so that the targets of one person are a join and
a hash of half a million texts. `icare_tom_targetgrant` has one row for each holder and target: the key of a group, the
negative key of a person, or `EVERYBODY` for targets that are not PRIVATE. Triggers on the tables of guardian and of
targets write it in the transaction of the change, whoever makes it (migration 0016_target_grants). Nothing else does.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import BigIntegerField
from django.db.models.expressions import RawSQL
from django.db.models.signals import m2m_changed, post_delete
from django.dispatch import receiver

from icare_tom.members.models import Membership

EVERYBODY = 0
LOCK = """
    LOCK TABLE guardian_groupobjectpermission, guardian_userobjectpermission, tom_targets_basetarget IN SHARE MODE
"""
COMPARE = """
    SELECT count(*)
    FROM icare_tom_targetgrant AS held
    FULL JOIN icare_tom_targetgrant_as_given AS given USING (target_id, holder)
    WHERE held.holder IS NULL OR given.holder IS NULL
"""
REPAIR = """
    DELETE FROM icare_tom_targetgrant
    WHERE (target_id, holder) NOT IN (SELECT target_id, holder FROM icare_tom_targetgrant_as_given);
    INSERT INTO icare_tom_targetgrant (target_id, holder)
    SELECT target_id, holder FROM icare_tom_targetgrant_as_given
    ON CONFLICT DO NOTHING;
"""
_CACHE = "_groups_by_key"


class _Memberships:
    """Counts the changes of groups in this process, so that nobody is asked about with groups from before."""

    changes = 0


@receiver(m2m_changed, sender=User.groups.through, dispatch_uid="icare_tom.grants.groups_changed")
@receiver(post_delete, sender=Membership, dispatch_uid="icare_tom.grants.membership_ended")
def forget_groups(sender: type[Any], **_: Any) -> None:
    """Ask anew for the groups of everybody."""
    _Memberships.changes += 1


def groups_of(user: User) -> dict[int, str]:
    """Return the keys and names of somebody's groups; asked of the database once per request."""
    groups: dict[int, str]
    # By name, not through `__dict__`: the person of a request is wrapped, and both must find the same answer.
    counted, groups = getattr(user, _CACHE, (None, {}))
    if counted != _Memberships.changes:
        changes = _Memberships.changes
        groups = dict(user.groups.order_by("pk").values_list("pk", "name"))
        setattr(user, _CACHE, (changes, groups))
    return groups


def holders_of(user: User) -> list[int]:
    """Return as whom somebody may be shown a target.

    Groups are numbers in the query that follows: of a subquery PostgreSQL could not tell a group that sees everything
    from one that sees a handful, and would look for both in the same way.
    """
    return [EVERYBODY, -user.pk, *groups_of(user)]


def shown_to(holders: Sequence[int]) -> RawSQL:
    """Return a subquery: keys of the targets that any of some holders is shown."""
    return RawSQL(
        "SELECT target_id FROM icare_tom_targetgrant WHERE holder = ANY(%s)", [list(holders)], BigIntegerField()
    )


def grants_out_of_step(repair: bool = False) -> int:
    """Count the rows that differ from what guardian and the targets say; with `repair` put them right.

    There are none, unless somebody switched triggers off, as restores of single tables may.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if repair:
            # Nobody changes what is compared.
            cursor.execute(LOCK)
        cursor.execute(COMPARE)
        count: int = cursor.fetchone()[0]
        if repair and count:
            cursor.execute(REPAIR)
    return count
