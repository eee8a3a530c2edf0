"""Dialog that damages a stored pattern and starts the chains from it."""

from __future__ import annotations

import numpy as np
import torch
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import capitalised
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.containers import Page, Pages, set_name
from landscape_app.gui.widgets.mosaic import Mosaic
from landscape_app.gui.widgets.pixel_brush import PixelBrush
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.language import tr
from landscape_app.models.memories import HALVES, Damage, Memories, painted_as
from landscape_app.physics.estimate import shown

LARGEST_BRUSH = 4
MOST_NOISE = 100
"""Per cent of the spins."""

PREVIEW_SIDE = 168
PATTERNS_SIDE = 240

HALF_TITLES = {
    "left": tr("Left half"),
    "right": tr("Right half"),
    "top": tr("Top half"),
    "bottom": tr("Bottom half"),
}


class RecallDialog(QDialog):
    """Choice of a pattern, of its damage, and of what the chains do from there.

    Args:
        theme: colours.
        parent: over which it floats; it does not block it.

    Signals:
        start: a pattern's index, a `Damage`, the only chain to start there or None, whether the chains fall at T = 0.
    """

    start = Signal(int, object, object, bool)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("recall-dialog")
        self.setWindowTitle(tr("Start from a damaged pattern"))
        self._memories: Memories | None = None
        self._chain: int | None = None
        self._shown_chain: object = self
        self.patterns = Mosaic(theme)
        self.patterns.setObjectName("recall-patterns")
        self.patterns.setAccessibleName(tr("Patterns that are stored"))
        self.patterns.setToolTip(tr("Click a pattern, or go there with the arrow keys"))
        self.patterns.setMinimumSize(PATTERNS_SIDE, PATTERNS_SIDE)
        self.patterns.describe = lambda index: self._title(index)
        self.patterns.selected.connect(self.choose)
        self.chosen = set_name(QLabel(), "title")
        self.chosen.setAccessibleName(tr("Pattern chosen"))
        self.pages = Pages(
            [
                Page(
                    "noise",
                    tr("Noise"),
                    tr("A share of the spins is turned, others in every chain"),
                    self._noise_page(),
                ),
                Page(
                    "hidden",
                    tr("Half hidden"),
                    tr("Half of the spins is drawn at random"),
                    self._hidden_page(),
                ),
                Page(
                    "painted",
                    tr("Painted over"),
                    tr("Paint on the pattern with the brush"),
                    self._painted_page(theme),
                ),
            ]
        )
        for name in self.pages.names:
            self.pages.button(name).clicked.connect(lambda: self._show_preview())
        self.preview = Mosaic(theme, plain=True)
        self.preview.setObjectName("recall-preview")
        self.preview.setAccessibleName(tr("One chain's start"))
        self.preview.setFixedSize(PREVIEW_SIDE, PREVIEW_SIDE)
        self.overlap = set_name(QLabel(), "muted")
        self.overlap.setAccessibleName(tr("Overlap of that start with the pattern"))
        self.overlap.setToolTip(
            tr(
                "<b>Overlap</b> m = ξ·s/N of this start with the pattern, without a unit: 1 is the whole pattern, 0 "
                "nothing of it. A share p of turned spins leaves 1 − 2p, a hidden half about ½."
            )
        )
        self.which = set_name(ChoiceBox(), "recall-which")
        self.which.setAccessibleName(tr("Chains that start there"))
        self.which.setToolTip(
            wrapped(
                tr("All chains on view, or only the one that is followed; the others stay where they are")
            )
        )
        self.fall_button = set_name(QPushButton(tr("Fall at T = 0")), "recall-start-fall")
        self.fall_button.setToolTip(
            wrapped(
                tr(
                    "Start there and fall: each spin in turn points along its field h + Σ J s, until none turns "
                    "any more"
                )
            )
        )
        self.fall_button.setDefault(True)
        self.fall_button.clicked.connect(lambda: self._start(True))
        self.wander_button = set_name(QPushButton(tr("Wander at T = 1")), "recall-start-wander")
        self.wander_button.setToolTip(
            tr("Start there, and go on by the kernel at the temperature of the Steer panel")
        )
        self.wander_button.clicked.connect(lambda: self._start(False))
        self._arrange()
        self.set_theme(theme)

    def _arrange(self) -> None:
        left = QVBoxLayout()
        left.addWidget(self.chosen)
        left.addWidget(self.patterns, 1)
        start = QVBoxLayout()
        start.setSpacing(4)
        start.addWidget(set_name(QLabel(tr("One chain's start")), "muted"))
        start.addWidget(self.preview)
        start.addWidget(self.overlap)
        start.addStretch(1)
        middle = QVBoxLayout()
        middle.addWidget(self.pages, 1)
        body = QHBoxLayout()
        body.setSpacing(14)
        body.addLayout(left, 1)
        body.addLayout(middle)
        body.addLayout(start)
        buttons = QHBoxLayout()
        buttons.addWidget(self.which)
        buttons.addStretch(1)
        buttons.addWidget(self.wander_button)
        buttons.addWidget(self.fall_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(12)
        layout.addLayout(body, 1)
        layout.addLayout(buttons)

    def _noise_page(self) -> QWidget:
        self.noise = set_name(QSlider(Qt.Orientation.Horizontal), "recall-noise")
        self.noise_box = set_name(QSpinBox(), "recall-noise-box")
        for widget in (self.noise, self.noise_box):
            widget.setAccessibleName(tr("Share of spins that are turned"))
            widget.setToolTip(
                wrapped(
                    tr(
                        "Share p of the spins that are turned, in per cent: the start overlaps with the pattern by "
                        "1 − 2p"
                    )
                )
            )
            widget.setRange(0, MOST_NOISE)
            widget.setValue(20)
            widget.valueChanged.connect(self._set_noise)
        self.noise_box.setSuffix("%")
        row = QHBoxLayout()
        row.addWidget(self.noise, 1)
        row.addWidget(self.noise_box)
        return _page(row, tr("Spins that are turned, others in every chain."))

    def _hidden_page(self) -> QWidget:
        self.half = set_name(ChoiceBox(), "recall-half")
        self.half.setAccessibleName(tr("Half that is hidden"))
        self.half.setToolTip(
            wrapped(tr("Half of the rows or columns whose spins are drawn at random, others in every chain"))
        )
        for name in HALVES:
            self.half.addItem(HALF_TITLES[name], name)
        self.half.setCurrentIndex(HALVES.index("bottom"))
        self.half.activated.connect(lambda _: self._show_preview())
        row = QHBoxLayout()
        row.addWidget(self.half, 1)
        return _page(row, tr("Its spins are drawn at random, others in every chain."))

    def _painted_page(self, theme: Theme) -> QWidget:
        self.brush = PixelBrush(theme, "recall-brush", tr("Pattern to paint over"), blank=0)
        self.brush.setToolTip(
            wrapped(
                tr(
                    "Left button paints spins up, right button spins down. Keys: arrows move, Space paints, Delete "
                    "erases"
                )
            )
        )
        self.brush.painted.connect(lambda _: self._show_preview())
        self.size_box = set_name(QSpinBox(), "recall-brush-size")
        self.size_box.setAccessibleName(tr("Size of the brush"))
        self.size_box.setToolTip(tr("Side of the brush, in spins"))
        self.size_box.setRange(1, LARGEST_BRUSH)
        self.size_box.valueChanged.connect(lambda size: setattr(self.brush, "size_of_brush", size))
        self.whole_button = set_name(QPushButton(tr("Whole again")), "recall-whole")
        self.whole_button.setToolTip(tr("Takes the paint off"))
        self.whole_button.clicked.connect(lambda: self._take_off())
        row = QHBoxLayout()
        row.addWidget(set_name(QLabel(tr("Brush")), "muted"))
        row.addWidget(self.size_box)
        row.addStretch(1)
        row.addWidget(self.whole_button)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.brush)
        layout.addLayout(row)
        layout.addStretch(1)
        return page

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        for widget in (self.patterns, self.preview, self.brush):
            widget.set_theme(theme)

    def show_memories(self, memories: Memories) -> None:
        """Takes the patterns of another session."""
        self._memories = memories
        patterns = _as_images(memories.patterns)
        on_lattice = memories.patterns.ndim == 3
        self.pages.button("hidden").setEnabled(on_lattice)
        self.patterns.show_images(patterns, 2)
        self.brush.show_space(patterns.shape[1:], 2)
        self.brush.level = 1
        self.choose(0)

    def set_ready(self, ready: bool) -> None:
        """Lets the chains be started, or not: those that train are left alone."""
        for button in (self.fall_button, self.wander_button):
            button.setEnabled(ready)

    def show_chain(self, chain: int | None, temperature: float) -> None:
        """Offers the chain that is followed, and the temperature that chains wander at."""
        text = tr("Wander at T = {temperature:.3g}", temperature=temperature)
        if self.wander_button.text() != text:
            self.wander_button.setText(text)
        if chain == self._shown_chain:
            return
        was_one = self.which.currentIndex() == 1
        self._shown_chain = self._chain = chain
        self.which.clear()
        self.which.addItem(tr("All chains start there"))
        if chain is not None:
            self.which.addItem(tr("Only chain {chain}, which is followed", chain=chain + 1))
            self.which.setCurrentIndex(1 if was_one else 0)

    def choose(self, index: int) -> None:
        """Chooses a pattern."""
        self.patterns.select(index)
        self.chosen.setText(self._title(index))
        self._take_off()

    @property
    def damage(self) -> Damage:
        """Damage that is chosen."""
        page = next(name for name in self.pages.names if self.pages.button(name).isChecked())
        if page == "noise":
            return Damage(noise=self.noise.value() / 100)
        if page == "hidden":
            return Damage(hidden=str(self.half.currentData()))
        return Damage(painted=painted_as(2 * self.brush.image.astype(int) - 1))

    def _title(self, index: int) -> str:
        title = "" if self._memories is None else self._memories.titled(index)
        return capitalised(title)

    def _set_noise(self, share: int) -> None:
        for widget in (self.noise, self.noise_box):
            with QSignalBlocker(widget):
                widget.setValue(share)
        self._show_preview()

    def _take_off(self) -> None:
        """Shows the pattern that is chosen on the brush, without paint."""
        index = self.patterns.selection
        if self._memories is None or index is None:
            return
        image = _as_images(self._memories.patterns[index][None])[0]
        self.brush.show_pixels([(i, j, int(image[i, j])) for i, j in np.argwhere(image > 0)])
        self._show_preview()

    def _show_preview(self) -> None:
        index = self.patterns.selection
        if self._memories is None or index is None:
            return
        pattern = torch.from_numpy(self._memories.patterns[index]).float()
        # Always the same numbers, so that the picture stays while a share grows.
        start = self.damage.applied(pattern, 1, torch.Generator().manual_seed(0)).numpy()
        self.preview.show_images(_as_images(start), 2)
        overlap = shown(self._memories.overlaps(start)[0, index], "+.2f")
        self.overlap.setText(tr("Overlap with the pattern {overlap}", overlap=overlap))

    def _start(self, falls: bool) -> None:
        index = self.patterns.selection
        if index is not None:
            chain = self._chain if self.which.currentIndex() == 1 else None
            self.start.emit(index, self.damage, chain, falls)


def _as_images(patterns: np.ndarray) -> np.ndarray:
    """Spins ±1 as images of two levels, uint8, shape (n, height, width); a row where they have one axis."""
    levels = (patterns > 0).astype(np.uint8)
    return levels.reshape(len(levels), -1, levels.shape[-1])


def _page(row: QHBoxLayout, text: str) -> QWidget:
    page = QFrame()
    explanation = set_name(QLabel(text), "muted")
    explanation.setWordWrap(True)
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addLayout(row)
    layout.addWidget(explanation)
    layout.addStretch(1)
    return page
