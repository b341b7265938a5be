"""The world that strangers walk through."""

import pytest

from tests.factories import World, make_group, make_world


@pytest.fixture
def world(db, settings) -> World:
    """One of everything private, in a network of its own, whose name everybody knows who may ask for an account."""
    settings.ICARE_DEFAULT_GROUP = "The network"
    return make_world(make_group("The network"))
