"""Glossary and papers: the pages that ship, and the windows that show them."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QTextBrowser, QVBoxLayout, QWidget

from landscape_app.counting import counted
from landscape_app.data import translated_asset
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.screens import place
from landscape_app.language import tr

GLOSSARY, PAPERS = "glossary.md", "papers.md"
"""Names of the pages among the assets."""


class Term(NamedTuple):
    """A term of the glossary.

    Attributes:
        name: of the term.
        sentence: what it is.
        equation: what it is, in signs.
    """

    name: str
    sentence: str
    equation: str

    def has(self, text: str) -> bool:
        """True if a text, in small letters, is part of it."""
        return any(text in part.lower() for part in self)

    @property
    def as_markdown(self) -> str:
        """It as the page has it."""
        return f"**{self.name}**\n\n{self.sentence}\n\n    {self.equation}\n"


def page_text(name: str) -> str:
    """Text of a page that ships, in Markdown.

    Args:
        name: `GLOSSARY` or `PAPERS`.
    """
    return translated_asset(name).read_text(encoding="utf-8")


def read_terms(text: str) -> list[Term]:
    """Terms of a page in Markdown: a heading, a sentence and an indented equation each.

    Raises:
        ValueError: a term has more or less than that.
    """
    terms = []
    for part in text.split("\n## ")[1:]:
        name, *paragraphs = [paragraph.strip() for paragraph in part.split("\n\n") if paragraph.strip()]
        if len(paragraphs) != 2:
            raise ValueError(
                f"the term “{name}” needs a sentence and an equation, and has {len(paragraphs)} parts"
            )
        terms.append(Term(name, *paragraphs))
    return terms


class GlossaryDialog(QDialog):
    """Terms, each in a sentence and an equation; those that hold what is typed.

    Args:
        parent: the window.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("glossary-dialog")
        self.setWindowTitle(tr("Glossary"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.terms = read_terms(page_text(GLOSSARY))
        self.search = set_name(QLineEdit(), "glossary-search")
        self.search.setAccessibleName(tr("Search the glossary"))
        self.search.setPlaceholderText(tr("Search, such as entropy or λ"))
        self.search.setToolTip(tr("Part of a term, of its sentence or of its equation"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._show)
        self.found = set_name(QLabel(), "muted")
        self.page = _browser("glossary-page", tr("Terms of the glossary"))
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.found)
        layout.addWidget(self.page, 1)
        self._show("")
        place(self, 620, 620)

    def _show(self, text: str) -> None:
        wanted = text.strip().lower()
        terms = [term for term in self.terms if term.has(wanted)]
        # Terms whose names have it come first.
        terms.sort(key=lambda term: wanted not in term.name.lower())
        self.found.setText(
            counted(len(terms), "term") if terms else tr("No term has “{text}”", text=text.strip())
        )
        self.page.setMarkdown("\n".join(term.as_markdown for term in terms))


def show_glossary(window: QWidget) -> None:
    """Shows the glossary beside a window, which goes on meanwhile; there is one of it.

    Args:
        window: its parent.
    """
    dialog = window.findChild(GlossaryDialog) or GlossaryDialog(window)
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
    dialog.search.setFocus()


class PapersDialog(QDialog):
    """Papers that the application is built on, with links.

    Args:
        parent: the window.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("papers-dialog")
        self.setWindowTitle(tr("Papers"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.page = _browser("papers-page", tr("Papers, with links"))
        self.page.setMarkdown(page_text(PAPERS).split("\n\n", 2)[2])
        layout = QVBoxLayout(self)
        layout.addWidget(self.page)
        place(self, 720, 620)


def _browser(name: str, meaning: str) -> QTextBrowser:
    browser = set_name(QTextBrowser(), name)
    browser.setAccessibleName(meaning)
    browser.setOpenExternalLinks(True)
    browser.setToolTip(tr("Links open in the browser"))
    return browser
