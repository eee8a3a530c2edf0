"""The editor of points: the canvas, its brush, undo, files, and how many points there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from landscape_app.counting import capitalised, counted
from landscape_app.data.points import read_table, write_table
from landscape_app.gui.keyboard import add_shortcut
from landscape_app.gui.playground.points_canvas import PointsCanvas
from landscape_app.gui.playground.points_drawing import Drawing
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.buttons import ToggleSwitch
from landscape_app.gui.widgets.containers import plot_card, restyle, set_name
from landscape_app.gui.widgets.file_dialogs import ask_to_open, ask_to_save
from landscape_app.gui.widgets.numbers import NumberBox
from landscape_app.language import tr
from landscape_app.physics.space import sides

HALF_SIDE = 4.0
MOST_POINTS = 5_000
"""Points that can be drawn: their kernel density is a sum over all of them."""

SAVED_FILES = tr("Points (*.csv)")
READ_FILES = tr("Points (*.csv *.tsv *.txt *.npy);;All files (*)")


class PointsEditor(QWidget):
    """Edits points of the plane.

    Args:
        theme: colours.

    Signals:
        changed: the points, float64, shape (n, 2).
    """

    changed = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("points-editor")
        self.drawing = Drawing(HALF_SIDE, MOST_POINTS)
        self.canvas = PointsCanvas(self.drawing, theme)
        self.canvas.changed.connect(self._on_change)
        self.count = set_name(QLabel(), "muted")
        self.count.setAccessibleName(tr("Number of points"))
        self.message = set_name(QLabel(), "points-message")
        self.message.setWordWrap(True)
        self.message.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(self._build_tools())
        layout.addWidget(plot_card(self.canvas), 1)
        layout.addWidget(self.message)
        self._on_change()

    @property
    def points(self) -> np.ndarray:
        """The points, float64, shape (n, 2)."""
        return self.drawing.points

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.canvas.set_theme(theme)

    def load(self, path: Path) -> None:
        """Takes the points of a file in place of those there are; says so where it has none."""
        try:
            points = read_table(path)
            if points.ndim != 2 or points.shape[1] != 2:
                raise ValueError(
                    tr(
                        "{name} must have two columns, x and y, and has {sides} numbers",
                        name=path.name,
                        sides=sides(points.shape),
                    )
                )
        except ValueError as error:
            self._complain(str(error))
            return
        self.drawing.replace(points)
        self._on_change()
        if len(points) > len(self.points):
            self._complain(
                tr(
                    "{name} has {count:,} points; the first {shown:,} are shown",
                    name=path.name,
                    count=len(points),
                    shown=len(self.points),
                )
            )

    def save(self, path: Path) -> None:
        """Writes the points into a file."""
        try:
            write_table(path, self.points, names=("x", "y"))
        except OSError as error:
            self._complain(
                tr("{name} was not saved: {reason}", name=path.name, reason=error.strerror or error)
            )

    def _build_tools(self) -> QHBoxLayout:
        self.brush_switch = set_name(ToggleSwitch(tr("Brush")), "points-brush")
        self.brush_switch.setToolTip(
            tr("Spray points with the pointer, or with Enter, instead of setting one (B)")
        )
        self.brush_switch.toggled.connect(self._on_brush)
        self.width_box = set_name(NumberBox(0.01, 10.0), "points-width")
        self.width_box.setAccessibleName(tr("Width of the brush"))
        self.width_box.setToolTip(
            tr("Standard deviation of the points that the brush sprays, in the units of x and y")
        )
        self.width_box.setValue(0.3)
        self.width_box.setEnabled(False)
        self.width_box.valueChanged.connect(self._on_brush)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.brush_switch)
        row.addWidget(set_name(QLabel(tr("Width")), "muted"))
        row.addWidget(self.width_box)
        row.addSpacing(8)
        self.undo_button = self._tool(row, "undo", tr("Undo"), tr("Go back by one edit (Ctrl+Z)"), self._undo)
        self.redo_button = self._tool(
            row, "redo", tr("Redo"), tr("Take it up again (Ctrl+Shift+Z)"), self._redo
        )
        self.clear_button = self._tool(
            row, "clear", tr("Clear"), tr("Take all points away; undo brings them back"), self._clear
        )
        self.save_button = self._tool(
            row, "save", tr("Save…"), tr("Save the points as a CSV file (Ctrl+S)"), self._save
        )
        self.load_button = self._tool(
            row, "load", tr("Load…"), tr("Load points from a CSV file (Ctrl+O)"), self._load
        )
        row.addStretch(1)
        row.addWidget(self.count)
        for key, button, meaning in (
            ("Ctrl+Z", self.undo_button, tr("Go back by one edit")),
            ("Ctrl+Shift+Z", self.redo_button, tr("Take it up again")),
            ("Ctrl+S", self.save_button, tr("Save the points")),
            ("Ctrl+O", self.load_button, tr("Load points")),
            ("B", self.brush_switch, tr("Brush on or off")),
        ):
            add_shortcut(self, key, button.click, meaning)
        return row

    def _tool(
        self,
        row: QHBoxLayout,
        name: str,
        text: str,
        tooltip: str,
        do: Callable[[], object],
    ) -> QToolButton:
        button = set_name(QToolButton(), f"points-{name}", text=text)
        button.setAccessibleName(text.rstrip("…"))
        button.setToolTip(tooltip)
        button.clicked.connect(lambda: do())
        row.addWidget(button)
        return button

    def _on_brush(self) -> None:
        on = self.brush_switch.isChecked()
        self.width_box.setEnabled(on)
        self.canvas.brush_width = self.width_box.value() if on else None

    def _undo(self) -> None:
        self.drawing.undo()
        self._on_change()

    def _redo(self) -> None:
        self.drawing.redo()
        self._on_change()

    def _clear(self) -> None:
        self.drawing.clear()
        self._on_change()

    def _save(self) -> None:
        name, _ = ask_to_save(self, tr("Save the points"), "points.csv", SAVED_FILES)
        if name:
            self.save(Path(name if name.lower().endswith(".csv") else f"{name}.csv"))

    def _load(self) -> None:
        name = ask_to_open(self, tr("Load points"), "", READ_FILES)
        if name:
            self.load(Path(name))

    def _complain(self, text: str) -> None:
        self.message.setText(capitalised(text))
        restyle(self.message, "kind", "complaint")
        self.message.show()

    def _on_change(self) -> None:
        self.message.hide()
        self.canvas.show_points()
        n = len(self.points)
        self.count.setText(
            tr("{count:,} of {most:,} points", count=n, most=MOST_POINTS)
            if n >= MOST_POINTS
            else counted(n, "point")
        )
        self.undo_button.setEnabled(self.drawing.can_undo)
        self.redo_button.setEnabled(self.drawing.can_redo)
        for button in (self.clear_button, self.save_button):
            button.setEnabled(n > 0)
        self.changed.emit(self.points)
