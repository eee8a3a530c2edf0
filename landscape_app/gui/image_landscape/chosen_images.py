"""The two images chosen on the landscape, and what can be done with them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from landscape_app.gui.image_landscape.points import Pick
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.mosaic import Mosaic
from landscape_app.gui.widgets.naming import named

SIDE = 58

TITLES = {"barrier": "Barrier", "minima": "Minima", "dissect": "Dissect"}
TOOLTIPS = {
    "barrier": "Look for the lowest pass between images A and B (Ctrl+B). Press again to stop",
    "minima": "Descend from every chain to its local minimum, and join the lowest ones (Ctrl+M). Press again to stop",
    "dissect": "Take −log P of image A apart: which pixels, fields and observables find it unlikely? (Ctrl+I)",
}


class ChosenImage(QWidget):
    """One image, with its letter and its name.

    Args:
        letter: "A" or "B".
        how: how to choose it, in words.
        theme: colours.
    """

    def __init__(self, letter: str, how: str, theme: Theme) -> None:
        super().__init__()
        self._letter, self._how = letter, how
        self.pick: Pick | None = None
        self.picture = named(Mosaic(theme, plain=True), f"image-{letter.lower()}")
        self.picture.setAccessibleName(f"Image {letter}")
        self.picture.setFixedSize(SIDE, SIDE)
        held = "" if letter == "A" else "Shift+"
        self.picture.setToolTip(
            f"Image {letter}: {how} of the map, or go there with the arrow keys and press {held}Return"
        )
        self.picture.set_placeholder("")
        self.text = named(QLabel(), "muted")
        self.text.setWordWrap(True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        # A long name is cut, rather than widening the window.
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.picture)
        row.addWidget(self.text, 1)
        self.show_pick(None, 2)

    def show_pick(self, pick: Pick | None, levels: int) -> None:
        """Shows an image of levels, or says how to choose one."""
        self.pick = pick
        images = np.zeros((0, 8, 8), np.uint8) if pick is None else pick.image[None]
        self.picture.show_images(images, levels)
        self.text.setText(f"<b>{self._letter}</b> {self._how if pick is None else pick.name}")
        self.picture.setAccessibleDescription(self._how if pick is None else pick.name)


class ChosenImages(QFrame):
    """Images A and B, the three searches, and how far the one going on has come.

    Signals:
        asked: "barrier", "minima" or "dissect".
        stopped: the search shall end.
    """

    asked = Signal(str)
    stopped = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAccessibleName("Chosen images")
        self.first = ChosenImage("A", "click a point", theme)
        self.second = ChosenImage("B", "Shift-click a point", theme)
        self.buttons = {name: named(QPushButton(), name, text=title) for name, title in TITLES.items()}
        for name, button in self.buttons.items():
            button.setToolTip(TOOLTIPS[name])
            button.clicked.connect(lambda _=False, name=name: self._press(name))
        self.state = named(QLabel(), "muted")
        self.state.setAccessibleName("How far the search has come")
        self.state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._searching = ""
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 8, 10, 8)
        grid.addWidget(self.first, 0, 0, 1, 2)
        grid.addWidget(self.second, 0, 2, 1, 2)
        for column, button in enumerate(self.buttons.values()):
            grid.addWidget(button, 1, column)
        grid.addWidget(self.state, 1, 3)
        for column in range(4):
            grid.setColumnStretch(column, 1)
        self.show_state(False, "", 0.0, "")

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.first.picture.set_theme(theme)
        self.second.picture.set_theme(theme)

    def show_state(self, ready: bool, searching: str, progress: float, why_not: str) -> None:
        """Shows what can be done, and how far the search has come.

        Args:
            ready: whether a search may begin.
            searching: the search going on, "" for none.
            progress: its share that is done.
            why_not: what to say where none may begin.
        """
        self._searching = searching
        both = self.first.pick is not None and self.second.pick is not None
        possible = {"barrier": both, "minima": True, "dissect": self.first.pick is not None}
        for name, button in self.buttons.items():
            running = name == searching
            button.setEnabled(running or (ready and not searching and possible[name]))
            text = "Stop" if running else TITLES[name]
            if button.text() != text:
                button.setText(text)
        self.buttons["dissect"].setEnabled(ready and possible["dissect"])
        state = f"{TITLES[searching]} … {progress:.0%}" if searching else why_not
        if self.state.text() != state:
            self.state.setText(state)

    def _press(self, name: str) -> None:
        if name == self._searching:
            self.stopped.emit()
        else:
            self.asked.emit(name)
