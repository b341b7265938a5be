"""Headers that Django cannot take apart are answered as what they are: a request that cannot be right."""

import pytest
from django.test import RequestFactory

from icare_tom.wsgi import application

READABLE = ("", "text/csv", "text/csv; charset=utf-8", "text/csv; charset=nosuch", 'text/plain; charset="latin-1"')
UNREADABLE = (
    "text/plain; charset=undefined",
    "text/plain; charset=hex",
    "text/plain; charset=IDNA",
    "text/plain; charset*=utf-8''rot13",
    "text/plain; a*=nosuch'x'%41",
)


def status_of(content_type: str) -> str:
    said = []
    environ = RequestFactory().get("/robots.txt?a=b").environ | {"CONTENT_TYPE": content_type}
    answer = application(environ, lambda status, headers, *_: said.append(status))
    assert b"".join(answer)
    return said[0]


@pytest.mark.django_db
@pytest.mark.parametrize("content_type", READABLE)
def test_usual_content_types_are_taken(content_type):
    assert status_of(content_type) == "200 OK"


@pytest.mark.parametrize("content_type", UNREADABLE)
def test_those_nobody_can_read_are_refused(content_type):
    assert status_of(content_type) == "400 Bad Request"
