"""Windows beside the main one, and the buttons by which something in them moves."""

from __future__ import annotations

from PySide6.QtCore import QSettings, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayout, QMainWindow, QToolButton, QVBoxLayout, QWidget

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.banner import Banner
from landscape_app.gui.widgets.buttons import transport_icon
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.numbers import SpeedSlider
from landscape_app.gui.widgets.screens import place
from landscape_app.gui.worker import MovingState
from landscape_app.language import tr

LEAST_SLIDER = 72
"""Pixels of the slider of the speed."""


class ToolWindow(QMainWindow):
    """A window that remembers where it was.

    Args:
        name: of the window; its geometry is remembered under it.
        title: of the window, before that of the application.
        settings: where the geometry is remembered.
    """

    def __init__(self, name: str, title: str, settings: QSettings) -> None:
        super().__init__()
        self.setObjectName(f"{name}-window")
        self.setWindowTitle(f"{title} – Landscape")
        self._settings, self._key = settings, f"{name}/geometry"

    def bring_up(self) -> None:
        """Shows the window in front of others."""
        self.show()
        self.raise_()
        self.activateWindow()

    def place(self, width: int = 1280, height: int = 800) -> None:
        """Goes to where the window was, else takes its usual size in pixels; once all is laid out in it."""
        place(self, width, height, self._settings.value(self._key))

    def put_under(self, banner: Banner, inside: QLayout) -> None:
        """Fills the window with a banner, from edge to edge, and all else below it."""
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(banner)
        layout.addLayout(inside, 1)
        self.setCentralWidget(centre)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        raise NotImplementedError

    def end(self) -> None:
        """Closes the window for good."""
        self._remember()
        self.hide()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remembers where the window was."""
        self._remember()
        super().closeEvent(event)

    def _remember(self) -> None:
        self._settings.setValue(self._key, self.saveGeometry())


class Transport(QWidget):
    """Play or pause, one step, the speed, and what has been done.

    Args:
        name: of the window, before the names of the buttons.
        moved: what moves, such as "chains".
        speed: slider of the speed.
        theme: colours.

    Signals:
        played: it is to move, or to pause.
        stepped: one step is wanted.

    Attributes:
        caption: number of steps and their speed.
    """

    played = Signal(bool)
    stepped = Signal()

    def __init__(self, name: str, moved: str, speed: SpeedSlider, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._moving: bool | None = None
        self.play_button = set_name(QToolButton(), f"{name}-play")
        self.play_button.setCheckable(True)
        self.play_button.setAccessibleName(tr("Play or pause the {moved}", moved=moved))
        self.play_button.setToolTip(tr("Play or pause the {moved} (Space)", moved=moved))
        self.play_button.clicked.connect(self.played)
        self.play_button.toggled.connect(self._show_icon)
        self.step_button = set_name(QToolButton(), f"{name}-step", text=tr("Step"))
        self.step_button.clicked.connect(lambda: self.stepped.emit())
        speed.slider.setMinimumWidth(LEAST_SLIDER)
        self.caption = set_name(QLabel(), "muted")
        layout = QHBoxLayout()
        layout.addWidget(self.play_button)
        layout.addWidget(self.step_button)
        layout.addSpacing(8)
        layout.addWidget(speed, 1)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(4)
        lines.addLayout(layout)
        # On a line of its own, it moves no slider as its figures grow.
        lines.addWidget(self.caption)
        self._show_icon()

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self._show_icon()

    def show_state(self, state: MovingState, rate: str) -> None:
        """Shows whether it moves, how many steps were made, and their speed in words."""
        # The button is left as the user has set it until the worker has followed.
        if self._moving != state.moving:
            self._moving = state.moving
            self.play_button.setChecked(state.moving)
        speed = f" · {rate}" if state.moving and state.rate >= 1 else ""
        paused = "" if state.moving else f" · {tr('paused')}"
        text = tr("Step {number:,}", number=state.steps) + speed + paused
        if self.caption.text() != text:
            self.caption.setText(text)

    def _show_icon(self) -> None:
        moving = self.play_button.isChecked()
        self.play_button.setIcon(
            transport_icon(moving, self._theme.on_accent if moving else self._theme.text)
        )
