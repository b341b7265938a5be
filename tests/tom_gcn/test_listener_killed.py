"""A listener that is killed at every step, and a database that goes away: nothing is lost and nothing is there twice.

``bench/listener_soak.py`` does the same with 1,000 messages and 12 kills.
"""

import pytest

from tests.tools.broker import Broker
from tests.tools.listener_soak import soak

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.alone]


@pytest.fixture
def broker():
    broker = Broker()
    yield broker
    broker.stop()


def test_nothing_is_lost_and_nothing_doubled(broker):
    outcome = soak(broker, number=100, kills=4, restarts=1)
    assert (outcome.stored, outcome.lost, outcome.doubled) == (100, 0, 0), outcome
    assert outcome.queued == 100, "each message is queued once, with its row"
