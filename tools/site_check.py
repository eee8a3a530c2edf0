"""Check of a built site: every link leads somewhere, nothing is loaded from another host, every control is named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

LOADED = {"script": "src", "img": "src", "link": "href", "source": "src", "iframe": "src"}
"""Attribute by which an element loads a file."""

STYLE_URL = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])(https?:)?//")


class Page(HTMLParser):
    """Anchors and links of a page.

    Attributes:
        anchors: ids.
        links: to pages and anchors.
        loads: files that the page loads.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self._text: list[str] = []
        self.feed(text)

    @property
    def words(self) -> str:
        """All text of the page in one line."""
        return " ".join("".join(self._text).split())

    def handle_data(self, data: str) -> None:
        """Takes text down."""
        self._text.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Takes an element down."""
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if values.get(name)}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if (
            tag in LOADED
            and values.get(LOADED[tag])
            and values.get("rel") not in ("canonical", "next", "prev")
        ):
            self.loads.append(values[LOADED[tag]])


def faults(site: Path, tooltips: Sequence[str] = ()) -> list[str]:
    """Everything that is wrong with a site, a line for each.

    Args:
        site: folder of the site.
        tooltips: texts that some page must have.
    """
    pages = {file: Page(file.read_text(encoding="utf-8")) for file in sorted(site.rglob("*.html"))}
    return [*_dead(site, pages), *_foreign(site, pages), *_missing(pages, tooltips)]


def _missing(pages: dict[Path, Page], tooltips: Sequence[str]) -> Iterator[str]:
    words = "\n".join(page.words for page in pages.values())
    for tip in tooltips:
        if " ".join(tip.split()) not in words:
            yield f"no page has the tooltip “{tip}”"


def _dead(site: Path, pages: dict[Path, Page]) -> Iterator[str]:
    for file, page in pages.items():
        for link in dict.fromkeys([*page.links, *page.loads]):
            if re.match(r"[a-z]+:|//", link) or file.name == "404.html":
                continue
            name, anchor = urldefrag(link)
            target = (file.parent / unquote(name)).resolve() if name else file
            if target.is_dir():
                target /= "index.html"
            if not target.is_file():
                yield f"{file.relative_to(site)}: {link} leads nowhere"
            elif anchor and target in pages and unquote(anchor) not in pages[target].anchors:
                yield f"{file.relative_to(site)}: {link} leads to no such place of the page"


def _foreign(site: Path, pages: dict[Path, Page]) -> Iterator[str]:
    for file, page in pages.items():
        for link in page.loads:
            if re.match(r"(https?:)?//", link):
                yield f"{file.relative_to(site)}: loads {link} from another host"
    for file in sorted(site.rglob("*.css")):
        if STYLE_URL.search(file.read_text(encoding="utf-8")):
            yield f"{file.relative_to(site)}: loads from another host"
