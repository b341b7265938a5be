"""`manage.py check_telescopes` in words and for scripts."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from tom_grandma_facilities import facilities
from tom_grandma_facilities.management.commands import check_telescopes


def run(*arguments):
    out = io.StringIO()
    code = 0
    try:
        call_command("check_telescopes", *arguments, stdout=out)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue()


def test_it_passes_and_says_what_is_missing():
    code, said = run()
    assert code == 0
    assert "77 telescopes: 0 inconsistent," in said
    assert "KAIT\n  missing" in said


def test_missing_numbers_fail_only_when_asked():
    assert run("KAIT")[0] == 0
    assert run("KAIT", "--strict")[0] == 1
    code, said = run("tca", "--strict")
    assert (code, said) == (0, "1 telescopes: 0 inconsistent, 0 missing, 0 doubted; 1 without any finding.\n")


def test_scripts_read_a_list():
    _, said = run("KAIT", "--json")
    found = json.loads(said)
    assert {finding["telescope"] for finding in found} == {"KAIT"}
    assert {"telescope", "kind", "path", "message"} == set(found[0])


def test_a_telescope_that_tom_does_not_show_is_inconsistent(monkeypatch):
    shown = [facility for facility in facilities.FACILITIES if facility.name != "CFHT"]
    monkeypatch.setattr(check_telescopes, "FACILITIES", shown)
    code, said = run("CFHT")
    assert code == 1
    assert "TOM Toolkit has no facility" in said


def test_a_name_nobody_knows_is_refused():
    with pytest.raises(CommandError, match="No telescope is called"):
        run("Hubble")
