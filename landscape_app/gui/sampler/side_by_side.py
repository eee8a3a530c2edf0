"""Two compositions side by side: the chains of A beside those on view, and a title for each."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from landscape_app.gui.state import EngineState
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import set_name
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
        self.mosaic.show_images(images, state.facts.space.levels, tinting=tinting)

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
        edited.addWidget(self.badge)
        layout.addWidget(self.a, 1)
        layout.addLayout(edited, 1)
        self.setVisible(False)

    def show_state(self, state: EngineState) -> None:
        """Names both, where there are two."""
        compared = state.compared
        self.setVisible(compared is not None)
        if compared is None or state.facts is None:
            return
        for label, name, composition in (
            (self.a, "A", compared.composition),
            (self.b, "B", state.composition),
        ):
            _name(label, name, composition, state.facts.formula)


def _name(label: QLabel, name: str, composition: Composition, energy: str) -> None:
    text = f"{name}: {composition.in_short}"
    if label.text() != text:
        label.setText(text)
        label.setToolTip(wrapped(f"{name}: {composition.formula_of(energy)}"))
