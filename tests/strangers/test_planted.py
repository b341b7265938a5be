"""The walk proves something: the secrets are there to be found, in every private model."""

import pytest

from tests.factories import SECRET
from tests.strangers.walking import Actor, client_of

pytestmark = pytest.mark.django_db


def test_the_secrets_are_there_to_be_found(world):
    """The walk proves nothing unless those who may see the rows do find the secrets on the same pages."""
    client = client_of(Actor(world.owner, is_let_in=True))
    for path in (
        "/targets/",
        f"/targets/{world.target.pk}/",
        "/observations/list/",
        "/dataproducts/data/",
        "/events/",
        f"/targets/{world.target.pk}/observability/",
        f"/observability/night/starlist.txt?telescope=CFHT&target_list={world.pk('tom_targets.targetlist')}&night=2026-10-10",
        "/api/targets/",
        "/api/reduceddatums/",
        "/api/observations/",
        "/api/dataproducts/",
        "/api/events/",
    ):
        response = client.get(path)
        assert response.status_code == 200, path
        assert SECRET in response.content.decode(), path


def test_every_private_model_has_a_planted_row(world):
    """A new model with rows of users must be planted, or be named here with the reason why it need not."""
    from django.apps import apps

    not_private = {
        "tom_observations.facility": "public facts about telescopes",
        "tom_gcn.unreadablemessage": "a proxy of the message",
        "tom_gcn.alerttopic": "what is read of public streams, in the admin only",
        "tom_gcn.listenerheartbeat": "processes, shown to administrators",
        "tom_gcn.galaxy": "public catalogues",
        "tom_gcn.galaxycatalogue": "public catalogues",
        "tom_gcn.planpreset": "standing rules of the network, for all members",
        "icare_tom.targetskyindex": "follows the target",
        "icare_tom.personsession": "one's own on one's profile, and never its key",
        "icare_tom.institution": "public facts about federations",
        "icare_tom.workerheartbeat": "processes, shown to administrators",
        "icare_tom.taskclaim": "processes, shown to administrators",
        "tom_common.profile": "follows the user",
        "tom_common.termsofserviceacceptance": "follows the user",
    }
    ours = [model for model in apps.get_models() if model._meta.app_label.startswith(("tom_", "icare_tom"))]
    missing = {m._meta.label_lower for m in ours} - set(world.by_model) - set(not_private)
    assert not missing, f"plant a row in tests/factories.py: {sorted(missing)}"
