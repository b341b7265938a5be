"""What every transport promises, asked of each against a real local server that keeps the service's rules."""

import importlib
import pkgutil
import time
from dataclasses import replace

import pytest

from tests.tools import services
from tom_grandma_facilities.transports.base import Down, Line, Refused, Remote, RemoteState, Repeat, Sent, Unsure
from tom_grandma_facilities.transports.registry import TRANSPORTS

MODULES = [
    importlib.import_module(f"tests.tools.services.{one.name}") for one in pkgutil.iter_modules(services.__path__)
]
CASES = [case for module in MODULES for case in getattr(module, "CASES", ())]
WRONG = "wrong-secret-0"


@pytest.fixture(params=CASES, ids=lambda case: case.id)
def case(request):
    """Every transport in turn."""
    asked = request.node.originalname.removeprefix("test_")
    if asked in request.param.not_asked:
        pytest.skip(request.param.not_asked[asked])
    return request.param


@pytest.fixture(autouse=True)
def _loopback(settings):
    settings.ICARE_TRANSPORT_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.ICARE_TRANSPORT_S = 5.0


@pytest.fixture
def service(case, settings):
    running = case.service()
    for name, value in running.settings.items():
        setattr(settings, name, value)
    yield running
    running.close()
    assert not running.broken


@pytest.fixture
def line(case, service):
    return case.line(service)


def again(case, line, service, down):
    """Send once more as the sender does: carefully when it may have arrived."""
    if not down.maybe_sent:
        return case.transport.submit(case.outgoing, line)
    return case.transport.submit_again(case.outgoing, line)


def test_every_transport_has_a_case():
    assert set(TRANSPORTS) == {case.transport.name for case in CASES}


def test_submits(case, service, line):
    sent = case.transport.submit(case.outgoing, line)
    assert isinstance(sent, Sent)
    assert sent.external_id
    assert service.count() == 1


def test_tells_the_state(case, service, line):
    sent = case.transport.submit(case.outgoing, line)
    if not case.transport.can_status:
        remote = case.transport.status(sent.external_id, line)
        assert remote.state == RemoteState.UNKNOWN
        assert "link" in remote.note
        return
    assert case.states
    for word, state in case.states:
        service.advance(sent.external_id, word)
        remote = case.transport.status(sent.external_id, line)
        assert isinstance(remote, Remote)
        assert remote.state == state, word


def test_cancels(case, service, line):
    sent = case.transport.submit(case.outgoing, line)
    if not case.transport.can_cancel:
        with pytest.raises(Refused, match="cannot take requests back"):
            case.transport.cancel(sent.external_id, line, case.outgoing)
        assert not service.cancelled
        return
    case.transport.cancel(sent.external_id, line, case.outgoing)
    assert len(service.cancelled) == 1


def test_shows_the_reason_of_a_refusal(case, service, line):
    with pytest.raises(Refused) as caught:
        case.transport.submit(case.refused(case.outgoing), case.refused_line(line))
    assert case.refusal
    assert case.refusal in caught.value.reason
    assert service.count() == 0


def test_says_that_credentials_are_wrong(case, service, line):
    if not case.wrong_secret:
        assert not any(one.secret and one.required for one in case.transport.settings)
        return
    wrong = Line(line.settings, {**line.secret, case.wrong_secret: WRONG})
    with pytest.raises(Refused) as caught:
        case.transport.submit(case.outgoing, wrong)
    assert caught.value.reason
    assert WRONG not in caught.value.reason + caught.value.reply
    assert service.count() == 0


def test_refuses_a_channel_that_lacks_something(case, service, line):
    for one in (one for one in case.transport.settings if one.required):
        rest = {name: value for name, value in line.settings.items() if name != one.name}
        secret = {name: value for name, value in line.secret.items() if name != one.name}
        with pytest.raises(Refused, match="not complete") as caught:
            case.transport.submit(case.outgoing, Line(rest, secret))
        assert one.label in caught.value.reason
    assert not service.log


def test_gives_up_in_time(case, service, line, settings):
    settings.ICARE_TRANSPORT_S = 0.25
    service.fault = "hang"
    begin = time.monotonic()
    with pytest.raises(Down):
        case.transport.submit(case.outgoing, line)
    assert time.monotonic() - begin < 3
    assert service.count() == 0


def test_recovers_after_an_error(case, service, line):
    service.fault = "error"
    with pytest.raises(Down) as caught:
        case.transport.submit(case.outgoing, line)
    assert service.count() == 0
    try:
        again(case, line, service, caught.value)
    except Unsure as unsure:
        # A person looked, saw nothing, and let it be sent again.
        assert case.transport.repeat(line) is Repeat.PERSON
        assert "may have reached" in unsure.reason
        case.transport.submit(case.outgoing, line)
    assert service.count() == 1


def test_never_sends_twice(case, service, line, settings):
    """The service takes the request, and its answer is lost."""
    settings.ICARE_TRANSPORT_S = 0.8
    service.fault = "lost"
    with pytest.raises(Down) as caught:
        case.transport.submit(case.outgoing, line)
    assert caught.value.maybe_sent
    assert service.count() == 1
    settings.ICARE_TRANSPORT_S = 5.0
    if case.transport.repeat(line) is Repeat.PERSON:
        with pytest.raises(Unsure, match="Ask the telescope's team"):
            case.transport.submit_again(case.outgoing, line)
        assert service.count() == 1
    else:
        found = case.transport.submit_again(case.outgoing, line)
        assert found.external_id
        assert service.count() == 1
        if case.transport.can_cancel:
            case.transport.cancel(found.external_id, line, case.outgoing)
            assert len(service.cancelled) == 1


def test_finds_only_its_own(case, service, line):
    if case.transport.repeat(line) is not Repeat.FIND:
        return
    assert case.transport.find(case.outgoing.key, line) is None
    sent = case.transport.submit(case.outgoing, line)
    assert case.transport.find(case.outgoing.key, line) == sent.external_id
    # 41-1 is not 41-10, nor 141-1.
    assert case.transport.find(case.outgoing.key + "0", line) is None
    assert case.transport.find("1" + case.outgoing.key, line) is None


def test_takes_an_edited_request_for_another(case, service, line):
    case.transport.submit(case.outgoing, line)
    case.transport.submit(replace(case.outgoing, key="41-2"), line)
    assert service.count() == 2


def test_is_down_when_nobody_listens(case, service, line):
    service.close()
    with pytest.raises(Down) as caught:
        case.transport.submit(case.outgoing, line)
    assert not caught.value.maybe_sent


def test_does_not_take_another_page_for_the_service(case, service, line):
    service.fault = "garbage"
    with pytest.raises((Down, Refused)):
        case.transport.submit(case.outgoing, line)


def test_keeps_secrets_to_itself(case, service, line):
    said = []
    sent = case.transport.submit(case.outgoing, line)
    said += [repr(sent), repr(line), repr(case.transport.status(sent.external_id, line))]
    for fault in ("error", "garbage"):
        service.fault = fault
        try:
            case.transport.submit(replace(case.outgoing, key=f"42-{fault}"), line)
        except (Down, Refused) as error:
            said += [repr(error), error.reason, error.reply]
    if case.transport.can_cancel:
        said.append(repr(case.transport.cancel(sent.external_id, line, case.outgoing)))
    for secret in line.secret.values():
        assert not any(secret in text for text in said)


def test_keeps_to_public_addresses(case, service, line, settings):
    settings.ICARE_TRANSPORT_PRIVATE_HOSTS = []
    with pytest.raises(Refused, match="not public"):
        case.transport.submit(case.outgoing, line)
    assert not service.log
