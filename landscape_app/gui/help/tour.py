"""Tour of the window: a few steps, each a bubble beside the widget that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.widgets.containers import set_name

WIDTH, GAP, FOLLOW_MILLISECONDS = 330, 10, 150
"""Of the bubble, its distance from what it is about, and the time between two looks at where that is."""


class Step(NamedTuple):
    """A step of the tour.

    Attributes:
        place: name of what it is about, among the places of the tour.
        title: in a few words.
        text: what is to be seen there.
    """

    place: str
    title: str
    text: str


STEPS = (
    Step(
        "chains",
        "Markov chains",
        "Each small image is one Markov chain on the energy landscape of the model on view. ▶ below the images lets "
        "them move, or pauses them.",
    ),
    Step(
        "targets",
        "Ask for a class",
        "Press 7, or click a button: the chains jump to the landscape that is tilted towards sevens, and go on "
        "there. Nothing is retrained. Press 7 again to take it back.",
    ),
    Step(
        "steering",
        "Compose the energy",
        "“Add field ▾” adds pixels that you paint, ink, symmetry and more. Each field has a strength, and the "
        "formula says what the chains sample.",
    ),
    Step(
        "chains",
        "Follow a chain",
        "Click an image to see the chain's energy, term by term, its last states, and the training items it is "
        "nearest to. Esc closes that again.",
    ),
    Step(
        "new-run",
        "Train a model",
        "“New run…” lets you choose data, a model and how it is fitted, and explains each. Beside it stands what is "
        "on view now.",
    ),
    Step(
        "training",
        "Watch it learn",
        "Here stands what is measured in every epoch, held-out items beside those that the model learns from. Rest "
        "the pointer on a title to read what it means, and what good looks like.",
    ),
    Step(
        "equilibrium",
        "Trust it",
        "“Test convergence” runs chains from noise, from data and from a hot ladder until nothing tells them apart, "
        "and says whether they mix and whether the model matches its data.",
    ),
    Step(
        "landscape",
        "See the landscape",
        "A map of data and chains. Click one image and Shift-click another to ask for the barrier between them; or "
        "for the minima below the chains.",
    ),
)


class Outline(QWidget):
    """Frame around what a step is about; the mouse goes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("tour-outline")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self.palette().color(QPalette.ColorRole.Highlight)), 3))
        painter.drawRoundedRect(self.rect().adjusted(2, 2, -2, -2), 7, 7)


class Tour(QFrame):
    """Leads through the window; a step whose place is not to be seen is passed over.

    Args:
        window: that it leads through.
        places: widgets by the names of the steps' places.
    """

    def __init__(self, window: QWidget, places: Mapping[str, QWidget]) -> None:
        super().__init__(window)
        self._window = window
        self.setObjectName("tour")
        self.setFixedWidth(WIDTH)
        self._places = dict(places)
        self._number = -1
        self._outline = Outline(window)
        self.title = set_name(QLabel(), "title")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.count = set_name(QLabel(), "muted")
        self.back_button = _button("tour-back", "Back", "The step before")
        self.next_button = _button("tour-next", "Next", "The next step; you need not do what this one says")
        self.end_button = _button("tour-end", "End", "End the tour (Esc); Help ▸ Tour begins it again")
        self.back_button.clicked.connect(lambda: self._go(-1))
        self.next_button.clicked.connect(lambda: self._go(1))
        self.end_button.clicked.connect(self.end)
        buttons = QHBoxLayout()
        buttons.addWidget(self.count, 1)
        for button in (self.back_button, self.next_button, self.end_button):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        for widget in (self.title, self.text):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        self._timer = QTimer(self, interval=FOLLOW_MILLISECONDS)
        self._timer.timeout.connect(self._follow)
        self.hide()
        self._outline.hide()

    @property
    def step(self) -> Step | None:
        """Step on show; None while there is no tour."""
        return STEPS[self._number] if self.isVisible() else None

    def begin(self) -> None:
        """Begins with the first step."""
        self._number = -1
        self._go(1)

    def end(self) -> None:
        """Ends the tour."""
        self._timer.stop()
        self._outline.hide()
        self.hide()

    def event(self, event: QEvent) -> bool:
        """Takes Escape to itself, which would otherwise close the card of a chain."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.end()
                return True
        return super().event(event)

    def _go(self, by: int) -> None:
        """Shows the next step whose place can be seen, or the one before; beyond the last, ends."""
        numbers = range(self._number + 1, len(STEPS)) if by > 0 else range(self._number - 1, -1, -1)
        for number in numbers:
            if self._bring_up(self._places[STEPS[number].place]):
                self._show(number)
                return
        if by > 0:
            self.end()

    def _show(self, number: int) -> None:
        self._number = number
        step = STEPS[number]
        self.title.setText(step.title)
        self.text.setText(step.text)
        self.count.setText(f"{number + 1} of {len(STEPS)}")
        self.back_button.setEnabled(number > 0)
        self.next_button.setText("Done" if number == len(STEPS) - 1 else "Next")
        self.adjustSize()
        self._outline.show()
        self.show()
        self._follow()
        self._timer.start()
        self.next_button.setFocus()

    def _bring_up(self, place: QWidget) -> bool:
        """Brings a place into sight; False where it cannot be seen."""
        above: QWidget | None = place
        while above is not None and above is not self.window():
            if isinstance(above, QDockWidget):
                above.show()
                above.raise_()
            if isinstance(above, QScrollArea):
                above.ensureWidgetVisible(place)
            above = above.parentWidget()
        return place.isVisible()

    def _follow(self) -> None:
        """Puts frame and bubble to where the place is now."""
        window, place = self._window, self._places[STEPS[self._number].place]
        if not place.isVisible():
            self._outline.hide()
            return
        # A panel may be a window of its own.
        corner = window.mapFromGlobal(place.mapToGlobal(QPoint()))
        area = QRect(corner, place.size()).adjusted(-4, -4, 4, 4).intersected(window.rect())
        self._outline.setGeometry(area)
        self._outline.show()
        self._outline.raise_()
        self.move(bubble_corner(area, self.size().width(), self.size().height(), window.rect()))
        self.raise_()


def bubble_corner(place: QRect, width: int, height: int, window: QRect) -> QPoint:
    """Upper left corner of a bubble beside a place, whole in the window; over the place only where no side has room.

    It stands below one that is lower than it, such as a button, to leave what is beside that in sight.

    Args:
        place: what it is about.
        width: of the bubble.
        height: of the bubble.
        window: all that there is.
    """
    x = min(max(window.left(), place.center().x() - width // 2), window.right() - width)
    y = min(max(window.top(), place.center().y() - height // 2), window.bottom() - height)
    sides = [
        (place.right() + GAP, y),
        (place.left() - GAP - width, y),
        (x, place.bottom() + GAP),
        (x, place.top() - GAP - height),
    ]
    if place.height() < height:
        sides = sides[2:] + sides[:2]
    for left, top in sides:
        bubble = QRect(left, top, width, height)
        if window.contains(bubble):
            return bubble.topLeft()
    return QPoint(x, y)


def _button(name: str, text: str, tip: str) -> QPushButton:
    button = set_name(QPushButton(), name, text=text)
    button.setToolTip(tip)
    return button
