"""The chains of composition A, beside those of B."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from landscape_app.gui.frame import Frame
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.mosaic import Mosaic
from landscape_app.gui.widgets.naming import named
from landscape_app.gui.widgets.paragraph import ShortenedLabel

CAPTION_GAP = 6


class ComparedMosaic(QWidget):
    """Puts a second mosaic beside one, with captions A and B, while two compositions are compared.

    Args:
        mosaic: of B.
        theme: colours.
    """

    def __init__(self, mosaic: Mosaic, theme: Theme) -> None:
        super().__init__()
        self.mosaic = Mosaic(theme)
        self.mosaic.setObjectName("mosaic-a")
        self.mosaic.setAccessibleName("Markov chains of composition A")
        self.mosaic.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.mosaic.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._captions = [ShortenedLabel(), ShortenedLabel()]
        self._left = QWidget()
        first = QVBoxLayout(self._left)
        first.setContentsMargins(0, 0, 0, 0)
        first.setSpacing(CAPTION_GAP)
        first.addWidget(named(self._captions[0], "title"))
        first.addWidget(self.mosaic, 1)
        second = QVBoxLayout()
        second.setSpacing(CAPTION_GAP)
        second.addWidget(named(self._captions[1], "title"))
        second.addWidget(mosaic, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self._left, 1)
        layout.addLayout(second, 1)
        self._drawn: object = None
        self._show(False)

    @property
    def captions(self) -> tuple[QLabel, QLabel]:
        """Of A and of B."""
        return self._captions[0], self._captions[1]

    def show_frame(self, frame: Frame) -> None:
        """Draws A where there is one."""
        compared = frame.compared
        if (compared is not None) != self._left.isVisibleTo(self):
            self._show(compared is not None)
        if compared is None or compared is self._drawn or frame.facts is None:
            return
        self._drawn = compared
        self.mosaic.show_images(frame.facts.as_images(compared.snapshot.x), frame.facts.levels)
        for caption, name, composition in zip(
            self._captions, "AB", (compared.composition, frame.composition), strict=True
        ):
            text = f"{name}:  {composition.formula.removeprefix('H(x) = ')}"
            if caption.text() != text:
                caption.setText(text)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.mosaic.set_theme(theme)

    def _show(self, shown: bool) -> None:
        self._left.setVisible(shown)
        self._captions[1].setVisible(shown)
