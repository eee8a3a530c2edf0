"""Pages that share one place, a row of buttons to turn them, and a caption for the one on view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.widgets.naming import named


class Page(NamedTuple):
    """A page.

    Attributes:
        name: of its button, behind "page-".
        title: on the button.
        tooltip: of the button.
        content: what the page shows.
    """

    name: str
    title: str
    tooltip: str
    content: QWidget


class Pages(QWidget):
    """Shows one page at a time; the first, to begin with."""

    def __init__(self, pages: Sequence[Page]) -> None:
        super().__init__()
        self._captions = [""] * len(pages)
        self._names = [page.name for page in pages]
        self._stack = QStackedWidget()
        self._group = QButtonGroup(self)
        self.caption = named(QLabel(), "muted")
        self.caption.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        # A caption that is too long is cut, rather than widening what it is in.
        self.caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout()
        row.setSpacing(4)
        for i, page in enumerate(pages):
            button = named(QToolButton(), f"page-{page.name}", text=page.title)
            button.setCheckable(True)
            button.setChecked(i == 0)
            button.setToolTip(page.tooltip)
            button.setAccessibleName(f"Show {page.title.lower()}")
            self._group.addButton(button, i)
            self._stack.addWidget(page.content)
            row.addWidget(button)
        row.addWidget(self.caption, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(row)
        layout.addWidget(self._stack, 1)
        self._group.idClicked.connect(self._turn)

    def button(self, name: str) -> QToolButton:
        """The button that turns to a page."""
        button = self._group.button(self._names.index(name))
        assert isinstance(button, QToolButton)
        return button

    def set_caption(self, name: str, text: str) -> None:
        """What stands beside the buttons while a page is on view."""
        index = self._names.index(name)
        self._captions[index] = text
        if self._stack.currentIndex() == index and self.caption.text() != text:
            self.caption.setText(text)

    def _turn(self, index: int) -> None:
        self._stack.setCurrentIndex(index)
        self.caption.setText(self._captions[index])
