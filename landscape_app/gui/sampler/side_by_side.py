"""Chains of another composition, or training items, beside the chains on view, and a title for each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from landscape_app.gui.state import EngineState, Facts
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
    """Puts the mosaic of A to the left of one, while two compositions of images are compared, or training items.

    Args:
        mosaic: of B.
        theme: colours.

    Attributes:
        mosaic: of A.
        in_row: images in a row of both; None makes as many rows, as while there is one.
        wants_data: whether training items stand there while nothing is compared.
    """

    def __init__(self, mosaic: Mosaic, theme: Theme) -> None:
        super().__init__()
        self.mosaic = Mosaic(theme)
        self.mosaic.setObjectName("mosaic-a")
        self.mosaic.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.mosaic.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(BETWEEN)
        layout.addWidget(self.mosaic, 1)
        layout.addWidget(mosaic, 1)
        self.drawn: object = None
        self.in_row: int | None = None
        self.wants_data = False
        self._tinting: Tinting | None = None
        self._items: tuple[Facts, np.ndarray] | None = None
        self.mosaic.setVisible(False)

    @property
    def columns(self) -> int:
        """Number of mosaics that stand side by side."""
        return 2 if self.mosaic.isVisibleTo(self) else 1

    def data_of(self, state: EngineState) -> np.ndarray | None:
        """Training items that stand beside the chains, as many and evenly chosen; None where none do."""
        facts, snapshot = state.facts, state.snapshot
        if not self.wants_data or state.compared is not None or facts is None or snapshot is None:
            return None
        if not facts.space.is_discrete or facts.is_given:
            return None
        items = facts.counted_items
        count = min(len(snapshot.x), len(items))
        if self._items is None or self._items[0] is not facts or len(self._items[1]) != count:
            self._items = facts, items[np.linspace(0, len(items) - 1, count).round().astype(int)]
        return self._items[1]

    def show_state(self, state: EngineState, tint: Callable[[Snapshot], Tinting | None]) -> None:
        """Draws A or the data where there are any, of images; points have them in the plane of B.

        Args:
            state: of the engine.
            tint: gives the colours of its chains.
        """
        of_images = state.facts is not None and state.facts.space.is_discrete
        compared = state.compared if of_images else None
        items = self.data_of(state)
        beside: object = items if compared is None else compared
        if (beside is not None) != self.mosaic.isVisibleTo(self):
            self.mosaic.setVisible(beside is not None)
        x = items if compared is None else compared.snapshot.x
        if x is None or state.facts is None:
            return
        tinting = None if compared is None else tint(compared.snapshot)
        if beside is self.drawn and tinting is None and self._tinting is None:
            return
        self.drawn, self._tinting = beside, tinting
        self.mosaic.setAccessibleName(
            tr("Training items") if compared is None else tr("Markov chains of composition A")
        )
        images = state.facts.space.as_images(x)
        self.mosaic.show_images(images, state.facts.space.levels, tinting=tinting, in_row=self.in_row)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.mosaic.set_theme(theme)


class ComparedTitles(QWidget):
    """Titles of A and B, and a badge on the one that the steering panel edits, or of data and chains; else hidden.

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

    def show_state(self, state: EngineState, items: np.ndarray | None = None) -> None:
        """Names both, where there are two.

        Args:
            state: of the engine.
            items: training items that stand beside the chains; None where none do.
        """
        compared = state.compared
        self.setVisible(compared is not None or items is not None)
        self.badge.setVisible(compared is not None)
        if items is not None and state.facts is not None:
            count, total = len(items), len(state.facts.training_items)
            of_data = tr("Data: training set")
            if count < total:
                of_data = tr("Data: {count:,} of {total:,} training items", count=count, total=total)
            for label, title in (
                (self.a, of_data),
                (self.b, tr("Chains: {composition}", composition=state.composition.summary())),
            ):
                if label.text() != title:
                    label.setText(title)
                    label.setToolTip(title)
                    self._fit()
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
