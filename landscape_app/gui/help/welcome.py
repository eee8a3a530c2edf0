"""Welcome: a strip below the chains that says what they are and what to do first, and offers the last run."""

from __future__ import annotations

from PySide6.QtCore import QSettings, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyleOptionButton,
    QStylePainter,
    QToolButton,
)

from landscape_app.gui.recent import LastRun
from landscape_app.gui.state import EngineState, Origin
from landscape_app.gui.widgets.containers import set_name
from landscape_app.language import tr

DISMISSED = "welcome/dismissed"
"""The setting that remembers that the strip was closed."""

FIRST = "7"
"""Name of the class that is asked for first."""


LINES = 2
"""Of what it says, at most, while there is a run to go on with."""

SIDE, EDGE = 10, 3
"""Between its frame and what is in it, sideways, and above and below: it is as high as the two lines it covers."""

PADDING = 22
"""Between the edges of a button and its text, in pixels."""


class ShortenedButton(QPushButton):
    """Ends its text with dots where there is no room for it."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """Any width."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws as much as there is room for."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        room = self.width() - PADDING
        option.text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        QStylePainter(self).drawControl(self.style().ControlElement.CE_PushButton, option)


class WelcomeStrip(QFrame):
    """Says what the window shows at its start; closed once, it stays closed.

    Args:
        settings: where that is remembered.

    Signals:
        opened: path of the last run, which is to be opened.
        toured: the tour is asked for.
    """

    opened = Signal(object)
    toured = Signal()

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self.setObjectName("welcome")
        self._settings = settings
        self._offer: LastRun | None = None
        self.text = set_name(QLabel(), "welcome-text")
        self.text.setWordWrap(True)
        self.last_button = set_name(ShortenedButton(), "welcome-last")
        self.last_button.clicked.connect(self._open)
        self.last_button.hide()
        self.tour_button = set_name(QPushButton(tr("Tour")), "welcome-tour")
        self.tour_button.setToolTip(tr("Ten steps through the window; each can be skipped (Help ▸ Tour)"))
        self.tour_button.clicked.connect(self.toured)
        close = set_name(QToolButton(), "welcome-close", text="✕")
        close.setAccessibleName(tr("Close the welcome"))
        close.setToolTip(tr("Close this; it does not come again"))
        close.clicked.connect(self.dismiss)
        self._buttons = (self.last_button, self.tour_button, close)
        self._row = layout = QHBoxLayout(self)
        layout.setContentsMargins(SIDE, EDGE, EDGE, EDGE)
        layout.addWidget(self.text, 1)
        for button in self._buttons:
            layout.addWidget(button)
        self.hide()

    def offer(self, run: LastRun | None) -> None:
        """Offers to go on with a run, until one is opened or begun."""
        self._offer = run
        self.last_button.setVisible(run is not None)
        if run is not None:
            self.last_button.setText(tr("Continue with {words}", words=run.words))
            self.last_button.setToolTip(f"{self.last_button.text()}<br>{tr('Open {path}', path=run.path)}")
        self._fit()

    def dismiss(self) -> None:
        """Closes the strip for good."""
        self._settings.setValue(DISMISSED, True)
        self.offer(None)
        self.hide()

    def show_state(self, state: EngineState) -> None:
        """Shows the strip while the model that ships is on view, as it is.

        Who steers it, compares or follows a chain has begun, and reads other words in its place.
        """
        text = _welcome(state)
        dismissed = bool(text) and bool(self._settings.value(DISMISSED, False, bool))
        if not text or (dismissed and self._offer is None):
            self.hide()
            return
        text = tr("The trained model that ships.") if dismissed else text
        if self.text.text() != text:
            self.text.setText(text)
        self.tour_button.setVisible(not dismissed)
        self.last_button.setVisible(self._offer is not None)
        self._fit()
        self.show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Says what it has room for."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leaves the words out where a run to go on with takes their room."""
        shown = [button for button in self._buttons if not button.isHidden()]
        gaps = SIDE + EDGE + len(shown) * self._row.spacing() + 2 * self.frameWidth()
        room = self.width() - gaps - sum(button.sizeHint().width() for button in shown)
        lines = LINES * self.text.fontMetrics().lineSpacing()
        fits = room > 0 and self.text.heightForWidth(room) <= lines
        self.text.setVisible(self._offer is None or fits)

    def _open(self) -> None:
        if self._offer is not None:
            self.opened.emit(self._offer.path)


def _welcome(state: EngineState) -> str:
    """Sentence on what is on view and what to do first; empty where it is not the model that ships."""
    facts, snapshot = state.facts, state.snapshot
    shipped = facts is not None and facts.origin is Origin.SHIPPED and state.composition.is_model
    if facts is None or not shipped or snapshot is None:
        return ""
    if state.compared is not None or snapshot.followed is not None:
        return ""
    said = tr("{chains:,} Markov chains of a trained model.", chains=len(snapshot.x))
    if FIRST in facts.class_names and state.accuracy is not None:
        return tr("{said} Press {key} to ask for sevens.", said=said, key=FIRST)
    return said
