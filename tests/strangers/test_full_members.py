"""Full members work, but do not read what is kept from them, and do not do what takes more rights."""

import pytest

from tests.factories import make_user
from tests.strangers.walking import Actor, report, walk

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1200)]
# What takes a right that full members do not have.
OF_MANAGERS = frozenset(
    {
        "auth_group",
        "auth_user",
        "authtoken_token",
        "icare_tom_admissionentry",
        "icare_tom_admissionrequest",
        "icare_tom_apitoken",
        "icare_tom_groupprofile",
        "icare_tom_invitation",
        "icare_tom_joinrequest",
        "icare_tom_membership",
        "tom_gcn_event",
        "tom_gcn_planpreset",
        "tom_gcn_tagrule",
        "tom_grandma_facilities_allocation",
        "tom_grandma_facilities_channel",
        "tom_grandma_facilities_telescopestatus",
        "tom_photvalidation_columnmapping",
        "tom_photvalidation_photometryreview",
        "tom_photvalidation_reviewcell",
    }
)
# So many routes at least must be written to by what the walk sends, or it proves little about those who may not.
WRITTEN = 25


def test_full_members_work_within_their_rights(world):
    member = make_user("member", world.group)
    problems, wrote = walk(Actor(member, is_let_in=True, is_inside=True, only=OF_MANAGERS), world)
    assert not problems, report(problems)
    assert len(wrote) > WRITTEN, sorted(wrote)
