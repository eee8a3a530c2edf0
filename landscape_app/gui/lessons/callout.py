"""Callout of a lesson: the words of a step, beside the control that it is about, with an outline around that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.keyboard import add_shortcut
from landscape_app.gui.lessons.lesson import Compared, Step, rich
from landscape_app.gui.widgets.containers import restyle, set_name
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.gui.widgets.paragraph import ShortenedLabel, lines_of
from landscape_app.language import tr

WIDTHS = 330, 430, 560
"""Of the callout: the least at which it is not too high for the window."""

MOST_HEIGHT = 0.62
"""Of the callout, as a share of the window's."""

GAP, MARGIN = 10, 4
"""Between the outline and the callout; between the control and the outline."""

PLACES = 7
"""Columns and rows of places that are tried."""

FARTHER = 8.0
"""Pixels of others covered that are as bad as one more pixel between the callout and its control."""

EDGE = 6
"""Left free at the edge of the window."""

CHOICE_ROOM = 276
"""Pixels of a line of a choice in the narrowest callout: what is beside it there are margins, padding and frame."""

LESSON_KEYS = KeyTable(
    tr("Tour and lessons"),
    (
        ("Return", tr("Next step; check an answer")),
        ("Esc", tr("End; Help goes on from there")),
    ),
)


class Verdict(NamedTuple):
    """Judgement of an answer, or of something done.

    Attributes:
        kind: "good", "bad", or "" for none.
        head: in a word or two.
        text: why; empty for nothing more.
    """

    kind: str
    head: str
    text: str = ""


class Outline(QWidget):
    """Frame around what a step is about; the mouse goes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("lesson-outline")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self.palette().color(QPalette.ColorRole.Highlight)), 3))
        painter.drawRoundedRect(self.rect().adjusted(2, 2, -2, -2), 7, 7)


class Callout(QFrame):
    """Words of a step, its question, and the buttons that lead on; never modal.

    Signals:
        back: the step before is wanted.
        forward: the next step is wanted.
        ended: the lesson is to end.
        answered: text that was typed as an answer; empty where a state is to be checked.
        chosen: index of a choice.
        wanted: the control is to be brought up.
        mended: the state that the step begins from is wanted.

    Attributes:
        dragged: whether its user has put it where it is.
    """

    back = Signal()
    forward = Signal()
    ended = Signal()
    answered = Signal(str)
    chosen = Signal(int)
    wanted = Signal()
    mended = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("lesson")
        self._before: QWidget | None = None
        self._grip: QPoint | None = None
        self.dragged = False
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip(tr("Drag this to where it covers nothing that you want to see"))
        self.choices: list[QPushButton] = []
        self.title = set_name(QLabel(), "title")
        self.title.setWordWrap(True)
        self.text, self.note, self.because = QLabel(), QLabel(), QLabel()
        self.note.setObjectName("muted")
        self.verdict = set_name(QLabel(), "verdict")
        self.count = set_name(ShortenedLabel(), "muted")
        for label in (self.text, self.note, self.because):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.RichText)
        self.answer = set_name(QLineEdit(), "lesson-answer")
        self.answer.setAccessibleName(tr("Your answer"))
        self.answer.setPlaceholderText(tr("A number, such as 0.5 or 90%"))
        self.answer.setToolTip(tr("The number that you read; it is compared with what is on view"))
        self.answer.returnPressed.connect(self._check)
        self.check_button = _button("lesson-check", tr("Check"), tr("Tell whether this is right"))
        self.check_button.clicked.connect(self._check)
        self.show_button = _button(
            "lesson-show", tr("Show it"), tr("Bring the control of this step to the front")
        )
        self.show_button.clicked.connect(self.wanted)
        self.mend_button = _button(
            "lesson-mend", tr("Put it right"), tr("Set what this step begins from, as it says above")
        )
        self.mend_button.clicked.connect(self.mended)
        self.mend_button.hide()
        self.back_button = _button("lesson-back", tr("Back"), tr("The step before"))
        self.next_button = _button(
            "lesson-next", tr("Next"), tr("The next step; you need not do what this one says")
        )
        self.end_button = set_name(QToolButton(), "lesson-end", text="✕")
        self.end_button.setAccessibleName(tr("End the lesson"))
        self.end_button.setToolTip(tr("End (Esc); Help ▸ Tour and Help ▸ Lessons go on from this step"))
        self.back_button.clicked.connect(self.back)
        self.next_button.clicked.connect(self.forward)
        self.end_button.clicked.connect(self.ended)
        self._lay_out()
        # Reaches the step from anywhere in the window that it is in.
        add_shortcut(self, "F6", self._go_between, tr("Go to the step of the tour or lesson, and back"))
        self.hide()

    def show_step(self, step: Step, number: int, of: int, lesson: str) -> None:
        """Shows a step.

        Args:
            step: to show.
            number: of the step, from 0.
            of: number of steps.
            lesson: its title.
        """
        self.title.setText(step.title)
        self.text.setText(rich(step.text))
        self.text.setVisible(bool(step.text))
        self.count.setText(tr("{number} of {count} · {lesson}", number=number + 1, count=of, lesson=lesson))
        self.back_button.setEnabled(number > 0)
        self.answer.clear()
        self.answer.setVisible(step.read is not None)
        self.check_button.setVisible(
            step.read is not None or (bool(step.do) and step.asks and _is_state(step))
        )
        for button in self.choices:
            button.hide()
            button.deleteLater()
        self.choices = []
        for index, choice in enumerate(step.choices):
            button = _button(f"lesson-choice-{index}", "", tr("Choose this answer"))
            button.setAccessibleName(choice.text)
            button.clicked.connect(partial(self.chosen.emit, index))
            self._choices.addWidget(button)
            # In its own letters, which it has once it is in the window.
            button.ensurePolished()
            lines = lines_of(choice.text, button.fontMetrics(), CHOICE_ROOM)
            button.setText("\n".join(lines).replace("&", "&&"))
            button.show()
            self.choices.append(button)
        self.show_verdict(Verdict("", ""))
        self.show_note("")
        self.setAccessibleName(
            tr(
                "{lesson}, step {number} of {count}: {title}",
                lesson=lesson,
                number=number + 1,
                count=of,
                title=step.title,
            )
        )
        self.setAccessibleDescription(step.text)
        _announce(self)

    def show_verdict(self, verdict: Verdict) -> None:
        """Tells how an answer is."""
        self.verdict.setText(verdict.head)
        restyle(self.verdict, "kind", verdict.kind)
        self.because.setText(rich(verdict.text) if verdict.text else "")
        self.verdict.setVisible(bool(verdict.head))
        self.because.setVisible(bool(verdict.text))
        if verdict.head:
            self.verdict.setAccessibleDescription(verdict.text)
            _announce(self.verdict)

    def show_note(self, text: str, hidden: bool = False) -> None:
        """Shows how far a condition is, or what to do where its control is hidden."""
        said = rich(text)
        if self.note.text() != said:
            self.note.setText(said)
        self.note.setVisible(bool(text))
        self.show_button.setVisible(hidden)

    def show_mending(self, wanted: bool) -> None:
        """Offers to set what the step begins from."""
        self.mend_button.setVisible(wanted)

    def show_next(self, last: bool, skips: bool) -> None:
        """Says of the button that leads on whether it skips something, and whether it ends."""
        text = tr("Skip") if skips else tr("Done") if last else tr("Next")
        if self.next_button.text() != text:
            self.next_button.setText(text)

    @property
    def sizes(self) -> list[QSize]:
        """Sizes that it can have, the best first: the least width at which it is not too high."""
        parent = self.parentWidget()
        room = QSize() if parent is None else parent.size()
        widths = dict.fromkeys(max(1, min(width, room.width() - 2 * EDGE)) for width in WIDTHS)
        found = [QSize(width, self._layout.totalHeightForWidth(width)) for width in widths]
        return sorted(found, key=lambda size: size.height() > MOST_HEIGHT * room.height())

    def fit(self, width: int | None = None) -> None:
        """Takes the best size, or that of a width where it can have it."""
        sizes = self.sizes
        wanted = next((size for size in sizes if size.width() == width), sizes[0])
        if self.size() != wanted:
            self.setFixedSize(wanted)

    def event(self, event: QEvent) -> bool:
        """Takes Escape to itself, which would otherwise close the card of a chain, or the dialog it is in."""
        if isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape:
                if event.type() == QEvent.Type.ShortcutOverride:
                    event.accept()
                    return True
                if event.type() == QEvent.Type.KeyPress:
                    self.ended.emit()
                    return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.type() == QEvent.Type.KeyPress:
                button = self.focusWidget()
                if isinstance(button, QPushButton | QToolButton):
                    button.click()
                # Else the dialog that it is in would take it.
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of the body, by which the callout is dragged."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip = event.position().toPoint()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags the callout, which stays whole in the window."""
        if self._grip is not None:
            self.move(self.pos() + event.position().toPoint() - self._grip)
            self.dragged = True
            self.keep_inside()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go of it."""
        self._grip = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def keep_inside(self) -> None:
        """Goes back into the window as far as it reaches out of it."""
        parent = self.parentWidget()
        if parent is not None:
            right, bottom = parent.width() - self.width() - EDGE, parent.height() - self.height() - EDGE
            self.move(max(0, min(max(EDGE, self.x()), right)), max(0, min(max(EDGE, self.y()), bottom)))

    @property
    def has_keys(self) -> bool:
        """True if the keys are with it, or with something in it."""
        focus = QApplication.focusWidget()
        return focus is not None and (focus is self or self.isAncestorOf(focus))

    def take_keys(self) -> None:
        """Gives the keys to the answer or the button that leads on; to no choice, which would look chosen."""
        alone: QWidget = self if self.choices else self.next_button
        first = self.answer if self.answer.isVisibleTo(self) else alone
        first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _check(self) -> None:
        self.answered.emit(self.answer.text() if self.answer.isVisibleTo(self) else "")

    def _go_between(self) -> None:
        """Gives the keys to the step, or back to what had them."""
        focus = QApplication.focusWidget()
        if self.has_keys:
            if self._before is not None:
                self._before.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return
        if self._before is not None:
            self._before.destroyed.disconnect(self._forget)
        self._before = focus
        if focus is not None:
            focus.destroyed.connect(self._forget)
        self.take_keys()

    def _forget(self) -> None:
        self._before = None

    def _lay_out(self) -> None:
        head, ask, foot, self._choices = QHBoxLayout(), QHBoxLayout(), QHBoxLayout(), QVBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.end_button, 0, Qt.AlignmentFlag.AlignTop)
        ask.addWidget(self.answer, 1)
        ask.addWidget(self.check_button)
        ask.addWidget(self.show_button)
        ask.addWidget(self.mend_button)
        ask.addStretch(0)
        foot.addWidget(self.count, 1)
        foot.addWidget(self.back_button)
        foot.addWidget(self.next_button)
        self._choices.setSpacing(5)
        layout = self._layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 12, 12)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.text)
        layout.addLayout(self._choices)
        layout.addWidget(self.note)
        layout.addLayout(ask)
        layout.addWidget(self.verdict)
        layout.addWidget(self.because)
        layout.addLayout(foot)


def covered(place: QRect, control: QRect, readings: Sequence[QRect]) -> tuple[int, int]:
    """Pixels of the control, and of what is to be read, that a callout in a place covers."""
    return _shared(place, control), sum(_shared(place, reading) for reading in readings)


def callout_place(
    control: QRect,
    sizes: Sequence[QSize],
    window: QRect,
    others: Sequence[QRect] = (),
    readings: Sequence[QRect] = (),
) -> QRect:
    """Place of a callout as `callout_corner` has it, in the first of several sizes that covers least of what matters.

    Args:
        control: what it is about.
        sizes: of the callout, the best first.
        window: all that there is.
        others: as of `callout_corner`.
        readings: likewise.
    """
    places = [QRect(callout_corner(control, size, window, others, readings), size) for size in sizes]
    return min(places, key=lambda place: covered(place, control, readings))


def callout_corner(
    control: QRect,
    size: QSize,
    window: QRect,
    others: Sequence[QRect] = (),
    readings: Sequence[QRect] = (),
) -> QPoint:
    """Upper left corner of a callout that is whole in the window and covers as little as can be.

    First of the control, then of what is to be read, then of what else the step speaks of, of buttons, boxes and
    figures; of places that are alike in that the nearest to the control, below or above one that is lower than the
    callout.

    Args:
        control: what it is about.
        size: of the callout.
        window: all that there is.
        others: what else is better left in sight, what the step speaks of as well first.
        readings: what the step asks its reader to read.
    """
    window = window.adjusted(EDGE, EDGE, -EDGE, -EDGE)
    width, height = size.width(), size.height()
    right, bottom = window.right() - width, window.bottom() - height
    x = min(max(window.left(), control.center().x() - width // 2), right)
    y = min(max(window.top(), control.center().y() - height // 2), bottom)
    beside = [(control.right() + GAP, y), (control.left() - GAP - width, y)]
    over = [(x, control.bottom() + GAP), (x, control.top() - GAP - height)]
    places = over + beside if control.height() < height else beside + over
    # Where the places next to the control cover something, one farther away may not.
    columns = np.linspace(window.left(), max(window.left(), right), PLACES).round().astype(int).tolist()
    rows = np.linspace(max(window.top(), bottom), window.top(), PLACES).round().astype(int).tolist()
    farther = [(left, top) for top in rows for left in reversed(columns)]
    found = [(left, top) for left, top in places if window.contains(QRect(left, top, width, height))]

    def cost(place: tuple[int, int]) -> tuple[int, int, float]:
        here = QRect(QPoint(*place), size)
        apart = here.center() - control.center()
        distance = math.hypot(apart.x(), apart.y()) if place not in found else 0.0
        hidden = sum(_shared(here, other) for other in others)
        return *covered(here, control, readings), hidden + FARTHER * distance

    return QPoint(*min([*found, *((max(0, left), max(0, top)) for left, top in farther)], key=cost))


def _shared(one: QRect, other: QRect) -> int:
    """Pixels that two rectangles share."""
    shared = one.intersected(other)
    return max(0, shared.width()) * max(0, shared.height())


def _is_state(step: Step) -> bool:
    """True of a step that waits for numbers alone, which can be checked."""
    return all(isinstance(condition, Compared) for condition in step.do)


def _announce(widget: QWidget) -> None:
    """Has screen readers say a widget's name and description."""
    QAccessible.updateAccessibility(QAccessibleEvent(widget, QAccessible.Event.Alert))


def _button(name: str, text: str, tip: str) -> QPushButton:
    button = set_name(QPushButton(), name, text=text)
    button.setToolTip(tip)
    return button
