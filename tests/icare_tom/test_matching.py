"""The database finds the same targets as TOM's search in Python, in one statement."""

import pytest
from tom_targets.base_models import TargetMatchManager
from tom_targets.models import Target, TargetName

from icare_tom.matching import DatabaseMatchManager
from tests.factories import make_target

pytestmark = pytest.mark.django_db
NAMES = ["AT2017gfo", "SN 1987A", "S_Her", "GRB-170817A", "(4) Vesta", "at 2024 xyz"]
ASKED = [
    "at2017GFO",
    "AT 2017-gfo",
    "sn1987a",
    "sher",
    "grb170817a",
    "4vesta",
    "AT2024xyz",
    "kilonova",
    "",
    "a",
    "%",
    "_",
]


@pytest.fixture
def targets():
    for number, name in enumerate(NAMES):
        TargetName.objects.create(target=make_target(name), name=f"Alias-{number} (of {name})")


@pytest.mark.parametrize("asked", [*ASKED, "alias 3 of GRB170817A"])
def test_it_finds_what_tom_finds(asked, targets):
    stock = TargetMatchManager()
    stock.model = Target
    found = set(Target.matches.match_fuzzy_name(asked).values_list("name", flat=True))
    assert found == set(stock.match_fuzzy_name(asked).values_list("name", flat=True))


def test_tom_uses_it_and_it_costs_one_query(targets, django_assert_num_queries):
    assert isinstance(Target.matches, DatabaseMatchManager)
    with django_assert_num_queries(1):
        assert Target.matches.match_fuzzy_name("at2017gfo").get().name == "AT2017gfo"


def test_it_searches_within_a_queryset(targets):
    others = Target.objects.exclude(name="AT2017gfo")
    assert not Target.matches.match_fuzzy_name("at2017gfo", others).exists()
