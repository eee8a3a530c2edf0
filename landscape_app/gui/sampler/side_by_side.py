"""Two compositions side by side: the chains of A beside those on view, and a title for each."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from landscape_app.gui.state import EngineState
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import measure_anew, set_name
from landscape_app.gui.widgets.mosaic import Mosaic, Tinting
from landscape_app.gui.widgets.paragraph import ShortenedLabel
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.language import tr
from landscape_app.session.composition import Composition
from landscape_app.session.records import Snapshot

BETWEEN = 10
"""Pixels between A and B."""


class ComparedMosaic(QWidget):
    """Puts the mosaic of A to the left of one, while two compositions of images are compared.

    Args:
        mosaic: of B.
        theme: colours.

    Attributes:
        mosaic: of A.
        in_row: images in a row of both; None makes as many rows, as while there is one.
    """

    def __init__(self, mosaic: Mosaic, theme: Theme) -> None:
        super().__init__()
        self.mosaic = Mosaic(theme)
        self.mosaic.setObjectName("mosaic-a")
        self.mosaic.setAccessibleName(tr("Markov chains of composition A"))
        self.mosaic.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.mosaic.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(BETWEEN)
        layout.addWidget(self.mosaic, 1)
        layout.addWidget(mosaic, 1)
        self.drawn: object = None
        self.in_row: int | None = None
        self._tinting: Tinting | None = None
        self.mosaic.setVisible(False)

    @property
    def columns(self) -> int:
        """Number of mosaics that stand side by side."""
        return 2 if self.mosaic.isVisibleTo(self) else 1

    def show_state(self, state: EngineState, tint: Callable[[Snapshot], Tinting | None]) -> None:
        """Draws A where there is one, of images; points have it in the plane of B.

        Args:
            state: of the engine.
            tint: gives the colours of its chains.
        """
        of_images = state.facts is not None and state.facts.space.is_discrete
        compared = state.compared if of_images else None
        if (compared is not None) != self.mosaic.isVisibleTo(self):
            self.mosaic.setVisible(compared is not None)
        if compared is None or state.facts is None:
            return
        tinting = tint(compared.snapshot)
        if compared is self.drawn and tinting is None and self._tinting is None:
            return
        self.drawn, self._tinting = compared, tinting
        images = state.facts.space.as_images(compared.snapshot.x)
        self.mosaic.show_images(images, state.facts.space.levels, tinting=tinting, in_row=self.in_row)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.mosaic.set_theme(theme)


class ComparedTitles(QWidget):
    """Titles of A and B, and a badge on the one that the steering panel edits; hidden while there is one composition.

    Attributes:
        a, b: the titles.
        badge: beside the one that is edited.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("compared-titles")
        self.a, self.b = (set_name(ShortenedLabel(), "title") for _ in range(2))
        self.badge = set_name(QLabel(tr("edited")), "badge")
        self.badge.setAccessibleName(tr("B is edited"))
        self.badge.setToolTip(tr("The Steer panel edits B; Swap exchanges A and B (Shift+C)"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(BETWEEN)
        edited = QHBoxLayout()
        edited.setSpacing(6)
        edited.addWidget(self.b, 1)
        edited.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignBottom)
        layout.addWidget(self.a, 1)
        layout.addLayout(edited, 1)
        for label in (self.a, self.b):
            label.ensurePolished()
            label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        self.setVisible(False)

    def set_lines(self, lines: int) -> None:
        """Leaves a title so many lines where it needs them."""
        for label in (self.a, self.b):
            label.lines = lines
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Breaks titles anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Has both as high as the one of more lines."""
        lines = max(len(label.shown) for label in (self.a, self.b))
        for label in (self.a, self.b):
            height = label.fontMetrics().lineSpacing() * lines + 2
            if label.minimumHeight() != height:
                label.setFixedHeight(height)
                measure_anew(self)

    def show_state(self, state: EngineState) -> None:
        """Names both, where there are two."""
        compared = state.compared
        self.setVisible(compared is not None)
        if compared is None or state.facts is None:
            return
        compositions = compared.composition, state.composition
        titles = titles_of(*compositions)
        for label, composition, title in zip((self.a, self.b), compositions, titles, strict=True):
            if label.text() != title:
                label.setText(title)
                formula = composition.formula_of(state.facts.formula)
                label.setToolTip(wrapped(f"{title[0]}: {formula}"))
                self._fit()


def titles_of(a: Composition, b: Composition) -> tuple[str, str]:
    """Titles of two compositions; both tell T, also 1, where it is not 1 in both."""
    heated = any(composition.temperature != 1 for composition in (a, b))
    return f"A: {a.summary(heated)}", f"B: {b.summary(heated)}"
