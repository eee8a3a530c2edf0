"""Pinned pixels: a brush, its level and size, and whether the pixels are kept exactly or preferred."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QSlider, QSpinBox

from landscape_app.gui.bias.brush import PixelBrush, Pixels
from landscape_app.gui.bias.controls.field_controls import FieldControls
from landscape_app.gui.bias.controls.selected_chain import SelectedChain
from landscape_app.gui.bias.surroundings import ChosenChain, Requests, Surroundings
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.naming import named
from landscape_app.session import PinnedPixels
from landscape_app.session.fields import Field

LARGEST_BRUSH = 4


class PixelControls(FieldControls):
    """The brush and its tools.

    Args:
        requests: who knows the selected chain.
        theme: colours.
    """

    def __init__(self, requests: Requests, theme: Theme) -> None:
        super().__init__()
        self._field = PinnedPixels()
        self.mode = named(QComboBox(), "pixels-mode")
        self.mode.setAccessibleName("Whether the pixels are kept exactly or preferred")
        self.mode.setToolTip(
            "<b>Keep exactly</b>: every chain has these pixels, and the model fills in the rest; the strength has no "
            "part in it.<br><b>Prefer</b>: V = Σ (u − v)², so that chains may differ where the model insists."
        )
        self.mode.addItem("Keep exactly", True)
        self.mode.addItem("Prefer", False)
        self.mode.activated.connect(lambda _: self._choose(self._field.pixels, ""))
        self.brush = PixelBrush(theme)
        self.brush.setToolTip(
            "Left button paints, right button erases. Keys: arrows move, Space paints, Delete erases.<br>"
            "Pixels with a dot are free"
        )
        self.brush.painted.connect(lambda pixels: self._choose(pixels, "stroke"))
        self.brush.lifted.connect(self.settled)
        self.level = named(QSlider(), "brush-level")
        self.level.setOrientation(Qt.Orientation.Horizontal)
        self.level.setAccessibleName("Level that the brush paints")
        self.level_box = named(QSpinBox(), "brush-level-box")
        self.level_box.setAccessibleName("Level that the brush paints")
        for widget in (self.level, self.level_box):
            widget.setToolTip("Ink that the brush paints, from paper (0) to full ink")
            widget.setRange(0, self.brush.level)
            widget.setValue(self.brush.level)
            widget.valueChanged.connect(self._set_level)
        self.size_box = named(QSpinBox(), "brush-size")
        self.size_box.setAccessibleName("Size of the brush")
        self.size_box.setToolTip("Side of the brush, in pixels")
        self.size_box.setRange(1, LARGEST_BRUSH)
        self.size_box.setSuffix(" px")
        self.size_box.valueChanged.connect(self._set_size)
        self.clear_button = named(QPushButton("Clear"), "pixels-clear")
        self.clear_button.setToolTip("Frees every pixel")
        self.clear_button.clicked.connect(lambda: self._choose((), ""))
        self.chain = SelectedChain(
            requests,
            "pixels-take",
            "Take the selected chain",
            "Pins all pixels of the chain selected in the mosaic; erase those that are to be free",
        )
        self.chain.taken.connect(self._on_chain)
        tools = QHBoxLayout()
        tools.addWidget(named(QLabel("Ink"), "muted"))
        tools.addWidget(self.level, 1)
        tools.addWidget(self.level_box)
        more = QHBoxLayout()
        more.addWidget(named(QLabel("Brush"), "muted"))
        more.addWidget(self.size_box)
        more.addStretch(1)
        more.addWidget(self.clear_button)
        self.body.addWidget(self.mode)
        self.body.addWidget(self.brush)
        self.body.addLayout(tools)
        self.body.addLayout(more)
        self.body.addWidget(self.chain)

    def show_field(self, field: Field) -> None:
        """Shows the pixels and what is done with them."""
        assert isinstance(field, PinnedPixels)
        self._field = field
        self.mode.setCurrentIndex(0 if field.exact else 1)
        self.brush.show_pixels(field.pixels)
        self.clear_button.setEnabled(bool(field.pixels))

    def show_surroundings(self, around: Surroundings) -> None:
        """Takes the size and the levels of the run's images."""
        self.brush.show_space(around.shape, around.levels)
        self.brush.show_pixels(self._field.pixels)
        for widget in (self.level, self.level_box):
            with QSignalBlocker(widget):
                widget.setRange(0, around.levels - 1)
                widget.setValue(self.brush.level)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.brush.set_theme(theme)

    def _set_level(self, level: int) -> None:
        self.brush.level = level
        for widget in (self.level, self.level_box):
            with QSignalBlocker(widget):
                widget.setValue(level)

    def _set_size(self, size: int) -> None:
        self.brush.size_of_brush = size

    def _on_chain(self, chosen: ChosenChain) -> None:
        rows = enumerate(chosen.image.tolist())
        self._choose(tuple((i, j, int(v)) for i, row in rows for j, v in enumerate(row)), "")

    def _choose(self, pixels: Pixels, gesture: str) -> None:
        field = PinnedPixels(pixels, bool(self.mode.currentData()))
        self.show_field(field)
        self.changed.emit(field, gesture)
