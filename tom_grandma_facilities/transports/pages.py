"""Reads the pages of services that were made for people: their words, and the rows of their tables."""

from __future__ import annotations

from html.parser import HTMLParser

_LONGEST = 300


def words(page: str) -> str:
    """Return the text of a page, its beginning where it is long."""
    reader = _Words()
    reader.feed(page)
    reader.close()
    return " ".join(" ".join(reader.said).split())[:_LONGEST] or "an empty page"


def tables(page: str) -> list[list[str]]:
    """Return the rows of all tables of a page, each the texts of its cells."""
    reader = _Tables()
    reader.feed(page)
    reader.close()
    return reader.rows


class _Words(HTMLParser):
    """Collects text, but neither scripts nor styles."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.said.append(data)


class _Tables(HTMLParser):
    """Collects td cells; such pages close neither rows nor cells reliably."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("tr", "th", "table"):
            self._in_cell = False
        if tag == "td":
            self.rows = self.rows or [[]]
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "tr", "table"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.rows[-1][-1] = f"{self.rows[-1][-1]} {data.strip()}".strip()
