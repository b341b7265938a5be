"""What the documentation names is there: pages, files, commands, settings from the environment and addresses."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.urls import Resolver404, resolve

ROOT = Path(settings.BASE_DIR)
PAGES = sorted(page for pages in ("*.md", "docs/**/*.md", "bench/*.md", "clients/**/*.md") for page in ROOT.glob(pages))
PACKAGES = ("icare_tom", "tom_gcn", "tom_grandma_facilities", "tom_photvalidation")
TOP = tuple(f"{path.name}/" for path in ROOT.iterdir() if path.is_dir())
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
COMMAND = re.compile(r"manage\.py ([a-z_]+)")
CODE = re.compile(r"`([^`\n]+)`")
A_PATH = re.compile(r"[\w.*-]+(/[\w.*-]+)+/?")
ADDRESS = re.compile(r"(?:(?:GET|POST|PUT|PATCH|DELETE) )?(/[a-z][\w/<>{}.-]*)(?:\?.*)?")
OUR_COMMANDS = sorted(
    path.stem
    for package in PACKAGES
    for path in ROOT.glob(f"{package}/management/commands/*.py")
    if path.stem != "__init__"
)
PLACEHOLDER = re.compile(r"<[^>]*>|\{[^}]*\}|\b[A-Z]{2,}\b")
# Places on a machine.
ELSEWHERE = ("/var/", "/etc/", "/opt/", "/tmp", "/home/", "/srv/", "/usr/", "/proc", "/root", "/run/", "/dev/", "/bin/")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def words_of(page: Path) -> str:
    return page.read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    links = [one for one in LINK.findall(words_of(page)) if not one.startswith(("http", "mailto:", "/"))]
    assert [one for one in links if not (page.parent / one).exists()] == []


@pytest.mark.parametrize("folder", ["using", "operating", "developing"])
def test_every_page_is_listed_in_the_index_of_its_folder(folder):
    index = words_of(ROOT / "docs" / folder / "index.md")
    pages = [page.name for page in PAGES if page.parent.name == folder and page.name != "index.md"]
    assert [name for name in pages if f"({name})" not in index] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_are_named_exist(page):
    named = [one for one in CODE.findall(words_of(page)) if A_PATH.fullmatch(one) and one.startswith(TOP)]
    assert [one for one in named if not list(ROOT.glob(one))] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_that_are_named_exist(page):
    assert {name for name in COMMAND.findall(words_of(page)) if name not in get_commands()} == set()


def test_every_command_of_ours_is_told_of():
    told = "\n".join(map(words_of, PAGES))
    assert [name for name in OUR_COMMANDS if f"manage.py {name}" not in told] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_addresses_that_are_named_lead_to_a_page(page):
    found = (ADDRESS.fullmatch(one) for one in CODE.findall(words_of(page)))
    named = {one[1] for one in found if one and not one[1].startswith(ELSEWHERE)}
    assert {address for address in named if not leads_somewhere(address)} == set()


def leads_somewhere(address: str) -> bool:
    """Whether the address has a page when what stands for something is a number, a name or a format."""
    return any(_resolves(PLACEHOLDER.sub(value, address)) for value in ("1", "CFHT", "csv"))


def _resolves(address: str) -> bool:
    for end in ("", "/"):
        try:
            resolve(address + end)
        except Resolver404:
            continue
        return True
    return False
