"""Texts in little room: paragraphs that wrap, labels that end with dots, titles that can be edited."""

from __future__ import annotations

import html
import re

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractScrollArea, QLabel, QLineEdit, QSizePolicy, QStackedWidget, QWidget

from landscape_app.counting import capitalised
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.language import tr

WIDEST = 900
"""Of a paragraph, in pixels: longer lines are hard to follow."""


class Paragraph(QLabel):
    """Wraps its text at words, in lines of a readable length.

    Args:
        text: what it says.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setWordWrap(True)
        self.setMaximumWidth(WIDEST)

    def heightForWidth(self, width: int) -> int:
        """Height at the width that it takes of what there is; Qt's own does not know the widest."""
        return super().heightForWidth(min(width, WIDEST))


class Complaint(QLabel):
    """Fault of an input, below it; hidden where there is none.

    Args:
        name: object name.
        meaning: of the text, for screen readers.
    """

    def __init__(self, name: str, meaning: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(meaning)
        self.setProperty("kind", "complaint")
        self.setWordWrap(True)
        self.setVisible(False)

    def show_fault(self, fault: str) -> None:
        """Shows what is wrong; an empty text for nothing."""
        self.setText(capitalised(fault))
        self.setVisible(bool(fault))


def lines_of(text: str, metrics: QFontMetrics, width: int) -> list[str]:
    """A text in lines that are no wider than so many pixels, broken at blanks; a word that is wider has its own.

    Both sides of an equation, as in "T = 1", stay together.
    """
    lines: list[str] = []
    for word in re.findall(r"[^ \n]+(?: = [^ \n]+)*", text):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and metrics.horizontalAdvance(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def elided_lines(text: str, metrics: QFontMetrics, width: int, most: int) -> list[str]:
    """A text in so many lines at most, which end with dots where they are too narrow for it."""
    found = lines_of(text, metrics, width) if most > 1 else [text]
    kept = [*found[: most - 1], " ".join(found[most - 1 :])] if len(found) > most else found
    return [
        # Qt also shortens a line that is just as wide.
        line
        if metrics.horizontalAdvance(line) <= width
        else metrics.elidedText(line, Qt.TextElideMode.ElideRight, width)
        for line in kept
    ]


class ShortenedLabel(QLabel):
    """One line or a few, the last of which ends with dots where there is no room; the tooltip has it all.

    Attributes:
        lines: at most.
        short: the same in fewer words, which stand there where there is no room for all; empty for none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lines, self.short = 1, ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, text: str, short: str = "") -> None:
        """Text of the label, and what stands for it where there is little room."""
        self.short = short
        super().setText(text)
        self.setToolTip(wrapped(text))

    @property
    def shown(self) -> list[str]:
        """The lines as they are drawn."""
        metrics, width = self.fontMetrics(), self.width()
        text = self.text()
        if self.short and len(lines_of(text, metrics, width)) > self.lines:
            text = self.short
        return elided_lines(text, metrics, width, self.lines)

    def minimumSizeHint(self) -> QSize:
        """Any width."""
        return QSize(0, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        """Any width: what is beside it need not give way to a longer text."""
        return self.minimumSizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws as much as there is room for."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), self.alignment(), "\n".join(self.shown))


def say_in_the_middle(area: QAbstractScrollArea, text: str, theme: Theme) -> None:
    """Draws words in the middle of a list or table that is empty; called from its `paintEvent`."""
    painter = QPainter(area.viewport())
    painter.setPen(QColor(theme.muted))
    painter.drawText(area.viewport().rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)


class TitleEdit(QStackedWidget):
    """Shows a title in one line; a double click makes it a line to type in. Return keeps, Escape leaves as it was.

    Signals:
        renamed: the new title; empty where all was deleted.

    Args:
        name: object name of the line.
    """

    renamed = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.label = set_name(ShortenedLabel(), "title")
        self.line = set_name(QLineEdit(), name)
        self.line.setAccessibleName(tr("Name of the layer"))
        self.line.setToolTip(
            tr("Return keeps the name, Escape leaves it as it was; empty for the field's own")
        )
        self.line.setMaxLength(200)
        self.addWidget(self.label)
        self.addWidget(self.line)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(self.line.sizeHint().height())
        self.label.installEventFilter(self)
        self.line.installEventFilter(self)
        self.line.editingFinished.connect(self._keep)

    def show_title(self, title: str) -> None:
        """Shows a title."""
        if self.label.text() != title:
            self.label.setText(title)
            self.label.setToolTip(f"{title}<br>{tr('Double click or F2 to rename')}")

    def begin(self) -> None:
        """Lets the title be typed."""
        self.line.setText(self.label.text())
        self.setCurrentWidget(self.line)
        self.line.selectAll()
        self.line.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A double click begins, Escape ends without a change."""
        if event.type() == QEvent.Type.MouseButtonDblClick and watched is self.label:
            self.begin()
            return True
        escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if escape and watched is self.line and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if escape and watched is self.line and event.type() == QEvent.Type.KeyPress:
            self._end()
            return True
        return super().eventFilter(watched, event)

    def _keep(self) -> None:
        if self.currentWidget() is self.line:
            text = self.line.text().strip()
            self._end()
            if text != self.label.text():
                self.renamed.emit(text)

    def _end(self) -> None:
        focused = self.line.hasFocus()
        # Hiding the line takes its focus, which it would tell as the end of editing.
        with QSignalBlocker(self.line):
            self.setCurrentWidget(self.label)
        parent = self.parentWidget()
        if focused and isinstance(parent, QWidget):
            parent.setFocus()


def shortened(name: str, most: int) -> str:
    """A name in at most so many characters, an ellipsis in place of the rest."""
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"


def plain_text(markup: str) -> str:
    """Rich text without its markup."""
    return html.unescape(re.sub("<[^>]*>", "", markup))


def elided_markup(markup: str, metrics: QFontMetrics, width: int) -> str:
    """Rich text in one line, which ends with dots where it is wider than so many pixels; its tags are kept."""
    plain = plain_text(markup)
    if metrics.horizontalAdvance(plain) <= width:
        return markup
    room = len(metrics.elidedText(plain, Qt.TextElideMode.ElideRight, width)) - 1
    kept = []
    for part in re.split("(<[^>]*>)", markup):
        if part.startswith("<"):
            kept.append(part)
            continue
        text = html.unescape(part)
        if room >= 0 and text:
            kept.append(html.escape(text[:room], quote=False) + ("…" if len(text) > room else ""))
            room = room - len(text) if len(text) <= room else -1
    return "".join(kept)
