"""A widget over the whole of its panel, and back in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.widgets.containers import set_name
from landscape_app.language import tr

LARGEST = (1 << 24) - 1
"""Pixels that Qt allows a widget at most."""

REFRESHED_EVERY = 500
"""Milliseconds after which actions are looked at again."""


def panel_of(widget: QWidget) -> QWidget:
    """Panel that a widget is enlarged over: the content of its dock, else that of its window."""
    above = widget
    while (parent := above.parentWidget()) is not None and not above.isWindow():
        above = parent
        if isinstance(above, QDockWidget) and above.widget() is not None:
            return above.widget()
    return (above.centralWidget() if isinstance(above, QMainWindow) else None) or above


class Enlarged(QFrame):
    """Covers a panel with one widget of it, below a row of what can be done with that; Esc brings it back.

    Args:
        widget: in a layout, or in a splitter.
        refresh: called twice a second, as what can be done changes with the numbers on view.

    Signals:
        closed: the widget is back in its place.
    """

    closed = Signal()

    def __init__(self, widget: QWidget, refresh: Callable[[], object]) -> None:
        panel = panel_of(widget)
        super().__init__(panel)
        self.setObjectName("enlarged")
        self.setAccessibleName(tr("{name}, enlarged", name=widget.accessibleName()))
        self.setAutoFillBackground(True)
        self._panel, self._widget, self._largest = panel, widget, widget.maximumSize()
        self._place = QWidget()
        self._place.setSizePolicy(widget.sizePolicy())
        self._place.setMinimumSize(widget.minimumSizeHint().expandedTo(widget.minimumSize()))
        self._place.setMaximumSize(self._largest)
        _replace(widget, self._place)
        widget.setMaximumSize(LARGEST, LARGEST)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        self._row = QHBoxLayout()
        self._row.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._row)
        layout.addWidget(widget, 1)
        self._clock = QTimer(self, interval=REFRESHED_EVERY)
        self._clock.timeout.connect(refresh)
        self._clock.start()
        panel.installEventFilter(self)
        self.setGeometry(panel.rect())
        self.show()
        self.raise_()
        widget.show()
        widget.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def put_back(self) -> None:
        """Puts the widget back in its place."""
        self._clock.stop()
        self._panel.removeEventFilter(self)
        shown = not self._place.isHidden()
        _replace(self._place, self._widget)
        self._widget.setMaximumSize(self._largest)
        self._widget.setVisible(shown)
        self.hide()
        self._place.deleteLater()
        self.deleteLater()
        self.closed.emit()
        self._widget.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def offer(self, actions: Sequence[QAction]) -> None:
        """Puts a button for each action into the row, from left to right."""
        for action in actions:
            button = set_name(QToolButton(), f"enlarged-{action.objectName()}")
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            button.setDefaultAction(action)
            button.setAccessibleName(action.iconText())
            self._row.addWidget(button)
        self._row.addStretch(1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stays as large as the panel."""
        if event.type() == QEvent.Type.Resize and watched is self._panel:
            self.setGeometry(self._panel.rect())
        return False

    def event(self, event: QEvent) -> bool:
        """Takes Esc before the window does."""
        if event.type() == QEvent.Type.ShortcutOverride and _is_escape(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc puts the widget back."""
        if _is_escape(event):
            self.put_back()
        else:
            super().keyPressEvent(event)


def _is_escape(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape


def can_replace(widget: QWidget) -> bool:
    """True where a widget stands in a place that another can take for a while."""
    parent = widget.parentWidget()
    return parent is not None and (isinstance(parent, QSplitter) or parent.layout() is not None)


def _replace(old: QWidget, new: QWidget) -> None:
    """Puts a widget in the place of another, as visible as that was."""
    parent = old.parentWidget()
    if isinstance(parent, QSplitter):
        parent.replaceWidget(parent.indexOf(old), new)
    elif parent is not None and (layout := parent.layout()) is not None:
        layout.replaceWidget(old, new)
