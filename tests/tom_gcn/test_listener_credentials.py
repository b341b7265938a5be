"""Who a listener is to its broker, and that nothing shown or logged tells the secret."""

import logging

import pytest
from django.core.management import CommandError, call_command

from tests.tools.broker import stream_settings
from tom_gcn.listening.clusters import get_cluster
from tom_gcn.listening.streams import StreamBroken, _login, topics_at

pytestmark = pytest.mark.django_db(transaction=True)


def test_without_credentials_the_command_names_the_variables(settings):
    settings.ICARE_STREAMS = stream_settings("127.0.0.1:1", is_own_server=False)
    with pytest.raises(CommandError, match="HOP_USERNAME and HOP_PASSWORD"):
        call_command("listen", "--cluster", "hopskotch")


def test_credentials_reach_the_client_and_nothing_that_is_shown(settings, caplog):
    caplog.set_level(logging.DEBUG)
    secret = {"user": "somebody-1", "password": "Zq7-very-secret", "server": "127.0.0.1:1"}
    settings.ICARE_STREAMS = stream_settings("127.0.0.1:1", **secret)
    cluster = get_cluster("hopskotch")
    login = _login(cluster)()
    assert (login["sasl.mechanism"], login["security.protocol"]) == ("SCRAM-SHA-512", "SASL_SSL")
    assert (login["sasl.username"], login["sasl.password"]) == ("somebody-1", "Zq7-very-secret")
    assert cluster.group("icare") == "somebody-1-icare"
    settings.ICARE_STREAMS = stream_settings("127.0.0.1:1", **secret, token_endpoint="https://auth.example.org/token")
    login = _login(get_cluster("hopskotch"))()
    assert login["sasl.mechanism"] == "OAUTHBEARER"
    assert login["sasl.oauthbearer.token.endpoint.url"] == "https://auth.example.org/token"
    with pytest.raises(StreamBroken) as failure, pytest.MonkeyPatch.context() as patch:
        patch.setattr("tom_gcn.listening.streams.ANSWER_WITHIN_S", 0.5)
        topics_at(cluster)
    assert "very-secret" not in repr(cluster) + str(failure.value) + caplog.text
    assert cluster.without_secrets("refused: Zq7-very-secret") == "refused: ***"
