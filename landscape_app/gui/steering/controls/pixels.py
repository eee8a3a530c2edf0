"""Controls of fixed and preferred pixels: a brush on an enlarged image, its level and size."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSlider, QSpinBox

from landscape_app.gui.steering.context import ChosenChain, FieldContext, FieldSignals
from landscape_app.gui.steering.controls.field_controls import FieldControls, SelectedChain
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.keys import leave_by_keys
from landscape_app.gui.widgets.pixel_brush import PixelBrush, Pixels
from landscape_app.language import tr
from landscape_app.physics.fields import Field, FixedPixels

LARGEST_BRUSH = 4

LEAST_SIDE = 112
"""Height of the image that is painted, in pixels, where there is little room."""


class PixelControls(FieldControls):
    """The brush and its tools."""

    field_type = FixedPixels
    title = tr("Fixed pixels")
    meaning = tr("Draw some pixels; the model does the rest")

    def __init__(self, context: FieldContext, signals: FieldSignals, theme: Theme) -> None:
        super().__init__(context, signals, theme)
        self._field = FixedPixels()
        self.mode = set_name(ChoiceBox(), "pixels-mode")
        self.mode.setAccessibleName(tr("Whether the pixels are fixed or preferred"))
        self.mode.setToolTip(
            tr(
                "<b>Fix</b>: every chain has these pixels, and the model fills in the rest; the strength has no "
                "part in it.<br><b>Prefer</b>: V = Σ (u − v)², so that chains may differ where the model insists."
            )
        )
        self.mode.addItem(tr("Fix"), True)
        self.mode.addItem(tr("Prefer"), False)
        self.mode.activated.connect(lambda _: self._choose(self._field.pixels, ""))
        self.brush = PixelBrush(theme)
        self.brush.setToolTip(
            tr(
                "Left button paints, right button erases. Keys: arrows move, Space paints, Delete erases.<br>"
                "Pixels with a dot are free"
            )
        )
        self.brush.painted.connect(lambda pixels: self._choose(pixels, "stroke"))
        self.brush.lifted.connect(self.settled)
        self.level = set_name(QSlider(), "brush-level")
        self.level.setOrientation(Qt.Orientation.Horizontal)
        self.level.setAccessibleName(tr("Level that the brush paints"))
        self.level_box = set_name(QSpinBox(), "brush-level-box")
        self.level_box.setAccessibleName(tr("Level that the brush paints"))
        for widget in (self.level, self.level_box):
            widget.setToolTip(tr("Ink that the brush paints, from paper (0) to full ink"))
            widget.setRange(0, self.brush.level)
            widget.setValue(self.brush.level)
            widget.valueChanged.connect(self._set_level)
        self.size_box = set_name(QSpinBox(), "brush-size")
        self.size_box.setAccessibleName(tr("Size of the brush"))
        self.size_box.setToolTip(tr("Side of the brush, in pixels"))
        self.size_box.setRange(1, LARGEST_BRUSH)
        self.size_box.setSuffix(" px")
        for box in (self.level_box, self.size_box):
            leave_by_keys(box)
        self.size_box.valueChanged.connect(self._set_size)
        self.clear_button = set_name(QPushButton(tr("Clear")), "pixels-clear")
        self.clear_button.setProperty("small", True)
        self.clear_button.setToolTip(tr("Frees every pixel"))
        self.clear_button.clicked.connect(lambda: self._choose((), ""))
        self.chain = SelectedChain(
            signals,
            "pixels-take",
            tr("Take the selected chain"),
            tr("Fixes all pixels of the chain selected in the mosaic; erase those that are to be free"),
        )
        self.chain.taken.connect(self._on_chain)
        # Smaller where the controls are low.
        self.brush.setMaximumHeight(self.brush.sizeHint().height())
        self.brush.setMinimumHeight(LEAST_SIDE)
        self.brush.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        tools = QHBoxLayout()
        tools.addWidget(self.mode, 1)
        tools.addWidget(set_name(QLabel(tr("Brush")), "muted"))
        tools.addWidget(self.size_box)
        tools.addWidget(self.clear_button)
        ink = QHBoxLayout()
        ink.addWidget(set_name(QLabel(tr("Ink")), "muted"))
        ink.addWidget(self.level, 1)
        ink.addWidget(self.level_box)
        self.body.addLayout(tools)
        self.body.addWidget(self.brush)
        self.body.addLayout(ink)
        self.body.addWidget(self.chain)

    def show_field(self, field: Field) -> None:
        """Shows the pixels and what is done with them."""
        assert isinstance(field, FixedPixels)
        self._field = field
        self.mode.setCurrentIndex(0 if field.exact else 1)
        self.brush.show_pixels(field.pixels)
        self.clear_button.setEnabled(bool(field.pixels))

    def show_context(self, context: FieldContext) -> None:
        """Takes the size and the levels of the run's images."""
        self.brush.show_space(context.shape, context.levels)
        self.brush.show_pixels(self._field.pixels)
        for widget in (self.level, self.level_box):
            with QSignalBlocker(widget):
                widget.setRange(0, context.levels - 1)
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
        field = FixedPixels(pixels, bool(self.mode.currentData()))
        self.show_field(field)
        self.changed.emit(field, gesture)


CONTROLS: tuple[type[FieldControls], ...] = (PixelControls,)
