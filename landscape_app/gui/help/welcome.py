"""Welcome: a strip over the chains that says what they are and what to do first, and offers the last run."""

from __future__ import annotations

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout

from landscape_app.gui.recent import LastRun
from landscape_app.gui.state import EngineState, Origin
from landscape_app.gui.widgets.containers import set_name
from landscape_app.language import tr

DISMISSED = "welcome/dismissed"
"""The setting that remembers that the strip was closed."""

FIRST = "7"
"""Name of the class that is asked for first."""


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
        self.last_button = set_name(QPushButton(), "welcome-last")
        self.last_button.clicked.connect(self._open)
        self.tour_button = set_name(QPushButton(tr("Tour")), "welcome-tour")
        self.tour_button.setToolTip(tr("Ten steps through the window; each can be skipped (Help ▸ Tour)"))
        self.tour_button.clicked.connect(self.toured)
        close = set_name(QToolButton(), "welcome-close", text="✕")
        close.setAccessibleName(tr("Close the welcome"))
        close.setToolTip(tr("Close this; it does not come again"))
        close.clicked.connect(self.dismiss)
        words, buttons = QHBoxLayout(), QHBoxLayout()
        words.addWidget(self.text, 1)
        words.addWidget(self.tour_button)
        words.addWidget(close)
        buttons.addWidget(self.last_button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.addLayout(words)
        layout.addLayout(buttons)
        self.hide()

    def offer(self, run: LastRun | None) -> None:
        """Offers to go on with a run, until one is opened or begun."""
        self._offer = run
        self.last_button.setVisible(run is not None)
        if run is not None:
            self.last_button.setText(tr("Continue with {words}", words=run.words))
            self.last_button.setToolTip(tr("Open {path}", path=run.path))

    def dismiss(self) -> None:
        """Closes the strip for good."""
        self._settings.setValue(DISMISSED, True)
        self.offer(None)
        self.hide()

    def show_state(self, state: EngineState) -> None:
        """Shows the strip while the model that ships is on view, as it is: who steers it has begun."""
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
        self.show()

    def _open(self) -> None:
        if self._offer is not None:
            self.opened.emit(self._offer.path)


def _welcome(state: EngineState) -> str:
    """Sentence on what is on view and what to do first; empty where it is not the model that ships."""
    facts, snapshot = state.facts, state.snapshot
    shipped = facts is not None and facts.origin is Origin.SHIPPED and state.composition.is_model
    if facts is None or not shipped or snapshot is None:
        return ""
    said = tr("{chains:,} Markov chains of a trained model.", chains=len(snapshot.x))
    if FIRST in facts.class_names and state.accuracy is not None:
        return tr("{said} Press {key} to ask for sevens.", said=said, key=FIRST)
    return said
