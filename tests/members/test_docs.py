"""The page for members prints the one table of roles and rights."""

from pathlib import Path

from icare_tom.members.roles import RIGHTS, ROLES, Role

PAGE = Path(__file__).parents[2] / "docs" / "using" / "members.md"
BEGIN, END = "test_docs.py compares -->\n", "<!-- /roles -->"


def table() -> str:
    """The roles and rights as the page shows them."""
    names = " | ".join(role.label for role in Role)
    lines = [f"| right | {names} | what it is |", "|---|" + ":-:|" * len(Role) + "---|"]
    for key, right in RIGHTS.items():
        marks = " | ".join("yes" if key in ROLES[role] else "" for role in Role)
        lines.append(f"| {right.label} (`{key}`) | {marks} | {right.sentence} |")
    return "\n".join(lines) + "\n"


def test_the_page_shows_the_table():
    text = PAGE.read_text("utf-8")
    shown = text[text.index(BEGIN) + len(BEGIN) : text.index(END)]
    assert shown == table(), f"Put this between the marks of {PAGE.name}:\n{table()}"
