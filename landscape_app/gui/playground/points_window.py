"""The window in which a person draws points and says what is to become of them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from landscape_app.gui.keyboard import add_shortcut, show_keyboard
from landscape_app.gui.playground.points_canvas import CANVAS_KEYS
from landscape_app.gui.playground.points_editor import PointsEditor
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.plots import EXPORT_KEYS
from landscape_app.gui.widgets.screens import place
from landscape_app.language import tr

LEAST_POINTS = 10
"""Below which there is nothing to learn from."""


class PointsWindow(QWidget):
    """The editor of points, and buttons that hand them on.

    Args:
        theme: colours.
        trains: whether a model can be trained on them here.
        parent: the window that it belongs to.

    Signals:
        used: the points, float64, shape (n, 2), whose density shall be sampled.
        train: the points, float64, shape (n, 2), that a model shall be trained on.
    """

    used = Signal(object)
    train = Signal(object)

    def __init__(self, theme: Theme, trains: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("points-window")
        self.setWindowTitle(tr("Your points – Landscape"))
        self.editor = PointsEditor(theme)
        self.hint = set_name(QLabel(), "muted")
        self.hint.setWordWrap(True)
        self.use_button = set_name(QPushButton(), "points-use", text=tr("Sample their density"))
        self.use_button.setToolTip(
            tr(
                "Make a density of the points, each spread into a Gaussian, and let chains move on it (Ctrl+Return)"
            )
        )
        self.use_button.clicked.connect(lambda: self.used.emit(self.editor.points))
        self.train_button = set_name(QPushButton(), "points-train", text=tr("Train on my points"))
        self.train_button.setToolTip(
            tr("Train a Min-MaxEnt model on the points, in the main window (Ctrl+T)")
        )
        self.train_button.clicked.connect(lambda: self.train.emit(self.editor.points))
        self.train_button.setVisible(trains)
        buttons = QHBoxLayout()
        buttons.addWidget(self.hint, 1)
        buttons.addWidget(self.use_button)
        buttons.addWidget(self.train_button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.editor, 1)
        layout.addLayout(buttons)
        add_shortcut(self, "Ctrl+Return", self.use_button.click, tr("Sample the density of the points"))
        if trains:
            add_shortcut(self, "Ctrl+T", self.train_button.click, tr("Train a model on the points"))
        add_shortcut(self, "Ctrl+W", self.close, tr("Close the window"))
        add_shortcut(
            self, "F1", lambda: show_keyboard(self, (CANVAS_KEYS, EXPORT_KEYS)), tr("Show these keys")
        )
        self.editor.changed.connect(self._on_points)
        self._on_points(self.editor.points)
        place(self, 720, 780)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.editor.set_theme(theme)

    def bring_up(self) -> None:
        """Shows the window in front of others, the canvas ready for keys."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.editor.canvas.setFocus()

    def _on_points(self, points: np.ndarray) -> None:
        enough = len(points) >= LEAST_POINTS and bool(np.ptp(points, axis=0).any())
        self.hint.setText(
            ""
            if enough
            else tr("At least {count} points, not all at one place, are needed.", count=LEAST_POINTS)
        )
        for button in (self.use_button, self.train_button):
            button.setEnabled(enough)
