"""People and targets that the tests of telescopes share."""

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from tom_targets.models import Target

from tom_grandma_facilities.actions import CHANGE_PERMISSION, sync_telescopes


@pytest.fixture
def member(db):
    """An active member of the network without special rights."""
    user = User.objects.create_user("member", password="x")
    user.groups.add(Group.objects.get_or_create(name=settings.ICARE_DEFAULT_GROUP)[0])
    return user


@pytest.fixture
def reporter(db):
    """A member who may report states of telescopes."""
    user = User.objects.create_user("reporter", password="x")
    user.groups.add(Group.objects.get_or_create(name=settings.ICARE_DEFAULT_GROUP)[0])
    app_label, codename = CHANGE_PERMISSION.split(".")
    user.user_permissions.add(Permission.objects.get(content_type__app_label=app_label, codename=codename))
    return user


@pytest.fixture
def network(db):
    """The rows that `load_network` makes."""
    return sync_telescopes()


@pytest.fixture
def target(db):
    """A target of the northern sky that every member may use."""
    return Target.objects.create(name="AT 2026abc", type="SIDEREAL", ra=150.0, dec=60.0, permissions="PUBLIC")


@pytest.fixture
def ways(monkeypatch):
    """Ways to telescopes that end in this process, in place of those there are."""
    from tests.tom_grandma_facilities.asking import stub_ways
    from tom_grandma_facilities.transports import registry

    ways = stub_ways()
    monkeypatch.setattr(registry, "TRANSPORTS", ways)
    return ways


@pytest.fixture
def asker(member):
    """A member who may ask telescopes."""
    from tests.tom_grandma_facilities.asking import give_rights

    return give_rights(member)


@pytest.fixture
def request_by(asker, target, ways):
    """Ask over a way; returns the request and the far side."""
    from tests.tom_grandma_facilities.asking import EXPOSED, asked, channel

    def make(way="by-list", **changes):
        channel("CFHT", way)
        return asked(asker, target, exposures=EXPOSED, **changes), ways[way].far

    return make
