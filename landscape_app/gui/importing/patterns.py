"""Dialog in which patterns of spins are drawn for coupled spins to remember."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.data import Dataset
from landscape_app.data.digits import binary_digits
from landscape_app.data.importing.folders import read_image
from landscape_app.data.importing.images import ImageOptions, ImportFailure, convert
from landscape_app.data.letters import letters
from landscape_app.data.patterns import LEAST_PATTERNS, MOST_PATTERNS, of_patterns
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.file_dialogs import ask_for_files
from landscape_app.gui.widgets.mosaic import Mosaic
from landscape_app.gui.widgets.pixel_brush import PixelBrush
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.language import tr
from landscape_app.learning import FITS
from landscape_app.problems.letters import LETTERS

NAME = "drawn patterns"
SMALLEST_SIDE, LARGEST_SIDE, USUAL_SIDE = 4, 32, 8
LARGEST_BRUSH = 4
LONGEST_NAME = 12
IMAGE_FILES = tr("Images (*.png *.jpg *.jpeg *.bmp *.gif *.tif *.tiff *.webp);;All files (*)")
RULES = ("projection", "hebb")
MOSAIC_SIDE = 240


class DrawPatterns(QDialog):
    """Draws patterns one by one, names them, and has a network of spins remember them.

    Args:
        theme: colours.
        seed: of a new run.
        parent: over which it opens.

    Signals:
        made: a `Dataset` and the `Configuration` of the run that remembers it.

    Attributes:
        patterns: levels 0 and 1 of each, uint8, shape (side, side).
        names: of the patterns; empty where a number will do.
    """

    made = Signal(object, object)

    def __init__(self, theme: Theme, seed: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("draw-patterns")
        self.setWindowTitle(tr("Draw patterns to remember"))
        self._seed = seed
        self.patterns: list[np.ndarray] = [_blank(USUAL_SIDE)]
        self.names: list[str] = [""]
        self.mosaic = Mosaic(theme)
        self.mosaic.setObjectName("drawn-patterns")
        self.mosaic.setAccessibleName(tr("Patterns drawn so far"))
        self.mosaic.setToolTip(tr("Click a pattern to go on with it, or go there with the arrow keys"))
        self.mosaic.setMinimumSize(MOSAIC_SIDE, MOSAIC_SIDE)
        self.mosaic.describe = lambda index: self._title(index)
        self.mosaic.selected.connect(self.choose)
        self.brush = PixelBrush(theme, "draw-brush", tr("Pattern to draw"), blank=0)
        self.brush.level = 1
        self.brush.setToolTip(
            wrapped(
                tr(
                    "Left button paints spins up, right button spins down. Keys: arrows move, Space paints, "
                    "Delete erases"
                )
            )
        )
        self.brush.painted.connect(lambda _: self._take())
        self.name_box = set_name(QLineEdit(), "pattern-name")
        self.name_box.setAccessibleName(tr("Name of the pattern"))
        self.name_box.setToolTip(tr("Name by which minima are called; empty for its number"))
        self.name_box.setMaxLength(LONGEST_NAME)
        self.name_box.setPlaceholderText(tr("name"))
        self.name_box.textEdited.connect(self._set_name)
        self.side_box = set_name(QSpinBox(), "pattern-side")
        self.side_box.setAccessibleName(tr("Side of the patterns"))
        self.side_box.setToolTip(
            wrapped(tr("Spins along an edge of every pattern; what is drawn stays, at the upper left"))
        )
        self.side_box.setRange(SMALLEST_SIDE, LARGEST_SIDE)
        self.side_box.setValue(USUAL_SIDE)
        self.side_box.valueChanged.connect(self._set_side)
        self.size_box = set_name(QSpinBox(), "draw-brush-size")
        self.size_box.setAccessibleName(tr("Size of the brush"))
        self.size_box.setToolTip(tr("Side of the brush, in spins"))
        self.size_box.setRange(1, LARGEST_BRUSH)
        self.size_box.valueChanged.connect(lambda size: setattr(self.brush, "size_of_brush", size))
        self.add_button = _tool("pattern-add", tr("New"), tr("Add an empty pattern"), self.add)
        self.remove_button = _tool(
            "pattern-remove", tr("Remove"), tr("Remove the pattern on the brush"), self.remove
        )
        self.clear_button = _tool(
            "pattern-clear", tr("Clear"), tr("All spins of this pattern down"), self.clear
        )
        self.more_button = set_name(QToolButton(), "pattern-more", text=tr("Add ▾"))
        self.more_button.setAccessibleName(tr("Add patterns"))
        self.more_button.setToolTip(tr("Add letters, digits or images"))
        self.more_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.more_button)
        menu.setToolTipsVisible(True)
        for name, text, tip, do in (
            ("letters", tr("Letters"), tr("The six letters that come with Landscape"), self.add_letters),
            (
                "digits",
                tr("Digits"),
                tr("A handwritten digit of every class: too many for Hebb's rule"),
                self.add_digits,
            ),
            (
                "images",
                tr("Images…"),
                tr("Image files, up where they are darker than their mean"),
                self.ask_for_images,
            ),
        ):
            action = menu.addAction(text)
            action.setObjectName(f"pattern-add-{name}")
            action.setToolTip(tip)
            action.triggered.connect(lambda _=False, do=do: do())
        self.more_button.setMenu(menu)
        self.rule = set_name(ChoiceBox(), "pattern-rule")
        self.rule.setAccessibleName(tr("Rule that sets the couplings"))
        self.rule.setToolTip(
            tr(
                "<b>Hebb's rule</b> J = Σ ξξᵀ/N recalls few patterns that are little alike; the <b>projection "
                "rule</b> makes every one of linearly independent patterns a minimum"
            )
        )
        for name in RULES:
            self.rule.addItem(FITS[name].title, name)
        self.hint = set_name(QLabel(), "muted")
        self.hint.setAccessibleName(tr("Load, and likeness of the patterns"))
        self.hint.setToolTip(
            tr(
                "<b>Load</b> α = patterns/spins, and the largest overlap ξ·ξ′/N of two of them, without a unit. Good "
                "for Hebb's rule: α well below 0.138 and overlaps near 0."
            )
        )
        self.hint.setWordWrap(True)
        self.remember_button = set_name(QPushButton(tr("Remember them")), "patterns-remember")
        self.remember_button.setToolTip(tr("Begin a run whose couplings remember these patterns"))
        self.remember_button.setDefault(True)
        self.remember_button.clicked.connect(self._remember)
        self.cancel_button = set_name(QPushButton(tr("Cancel")), "patterns-cancel")
        self.cancel_button.setToolTip(tr("Close without a new run (Esc)"))
        self.cancel_button.clicked.connect(self.reject)
        self._arrange()
        self.set_theme(theme)
        self.choose(0)

    def _arrange(self) -> None:
        left = QVBoxLayout()
        left.addWidget(self.mosaic, 1)
        row = QHBoxLayout()
        for button in (self.add_button, self.more_button, self.remove_button):
            row.addWidget(button)
        row.addStretch(1)
        left.addLayout(row)
        right = QVBoxLayout()
        naming = QHBoxLayout()
        naming.addWidget(self.name_box, 1)
        naming.addWidget(set_name(QLabel(tr("Side")), "muted"))
        naming.addWidget(self.side_box)
        right.addLayout(naming)
        right.addWidget(self.brush)
        tools = QHBoxLayout()
        tools.addWidget(set_name(QLabel(tr("Brush")), "muted"))
        tools.addWidget(self.size_box)
        tools.addStretch(1)
        tools.addWidget(self.clear_button)
        right.addLayout(tools)
        right.addStretch(1)
        body = QHBoxLayout()
        body.setSpacing(14)
        body.addLayout(left, 1)
        body.addLayout(right)
        buttons = QHBoxLayout()
        buttons.addWidget(self.rule)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.remember_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        layout.addLayout(body, 1)
        layout.addWidget(self.hint)
        layout.addLayout(buttons)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.mosaic.set_theme(theme)
        self.brush.set_theme(theme)

    @property
    def chosen(self) -> int:
        """Index of the pattern on the brush."""
        return self.mosaic.selection or 0

    def choose(self, index: int) -> None:
        """Puts a pattern on the brush."""
        image = self.patterns[index]
        self.brush.show_space(image.shape, 2)
        self.brush.level = 1
        self.brush.show_pixels([(i, j, 1) for i, j in np.argwhere(image > 0)])
        with QSignalBlocker(self.name_box):
            self.name_box.setText(self.names[index])
        self._show(index)

    def add(self) -> None:
        """Adds an empty pattern, and puts it on the brush."""
        self._extend([_blank(self.side_box.value())], [""])

    def add_letters(self) -> None:
        """Adds the letters."""
        data = letters()
        self._add_all(data.training_items, [data.class_name(label) for label in data.training_labels])

    def add_digits(self) -> None:
        """Adds the first training image of every class of the digits."""
        data = binary_digits()
        _, first = np.unique(data.training_labels, return_index=True)
        self._add_all(data.training_items[first], [str(data.training_labels[i]) for i in first])

    def ask_for_images(self) -> None:
        """Asks for image files and adds them."""
        paths = ask_for_files(self, tr("Images to remember"), "", IMAGE_FILES)
        if paths:
            self.add_images([Path(path) for path in paths])

    def add_images(self, paths: Sequence[Path]) -> None:
        """Adds image files, made as large as the patterns, up where darker than their mean; says which it cannot."""
        side, read, names, failed = self.side_box.value(), [], [], []
        even = side + side % 2
        for path in paths:
            try:
                grey = convert(read_image(path), ImageOptions(even, even, levels=256))[:side, :side]
            except ImportFailure as error:
                failed.append(f"{path.name}: {error}")
                continue
            read.append(np.where(grey < grey.mean(), 1, -1))
            names.append(path.stem[:LONGEST_NAME])
        if read:
            self._add_all(np.stack(read), names)
        if failed:
            QMessageBox.warning(self, tr("Not all images were added"), "\n".join(failed))

    def remove(self) -> None:
        """Removes the pattern on the brush."""
        index = self.chosen
        del self.patterns[index], self.names[index]
        self.choose(min(index, len(self.patterns) - 1))

    def clear(self) -> None:
        """Sets all spins of the pattern on the brush down."""
        self.patterns[self.chosen] = _blank(self.side_box.value())
        self.choose(self.chosen)

    @property
    def spins(self) -> np.ndarray:
        """The patterns as spins ±1, int8, shape (n, side, side)."""
        return (2 * np.stack(self.patterns).astype(np.int8) - 1).astype(np.int8)

    @property
    def complaint(self) -> str:
        """Reason why these patterns cannot be remembered yet; empty where they can."""
        if len(self.patterns) < LEAST_PATTERNS:
            return tr("Draw {least} patterns at least.", least=LEAST_PATTERNS)
        flat = self.spins.reshape(len(self.patterns), -1)
        if len(np.unique(flat, axis=0)) < len(flat):
            return tr("Two of the patterns are the same.")
        if any(abs(int(row.sum())) == row.size for row in flat):
            return tr("A pattern is empty, or full.")
        return ""

    def _add_all(self, spins: np.ndarray, names: list[str]) -> None:
        """Adds patterns of spins; the only pattern so far makes way for them where it is empty."""
        self.side_box.setValue(max(self.side_box.value(), spins.shape[1]))
        images = [_resized((item > 0).astype(np.uint8), self.side_box.value()) for item in spins]
        if len(self.patterns) == 1 and not self.patterns[0].any():
            self.patterns, self.names = [], []
        self._extend(images, names)

    def _extend(self, images: list[np.ndarray], names: list[str]) -> None:
        room = MOST_PATTERNS - len(self.patterns)
        self.patterns += images[:room]
        self.names += names[:room]
        self.choose(len(self.patterns) - 1)

    def _take(self) -> None:
        self.patterns[self.chosen] = self.brush.image
        self._show(self.chosen)

    def _set_name(self, name: str) -> None:
        self.names[self.chosen] = name.strip()

    def _set_side(self, side: int) -> None:
        self.patterns = [_resized(image, side) for image in self.patterns]
        self.choose(self.chosen)

    def _title(self, index: int) -> str:
        return tr("Pattern {number}", number=index + 1) + (
            f" ({self.names[index]})" if self.names[index] else ""
        )

    def _show(self, index: int) -> None:
        """Shows all patterns, marks the one on the brush, and says how much there is to remember."""
        self.mosaic.show_images(np.stack(self.patterns), 2)
        self.mosaic.select(index)
        complaint, count = self.complaint, len(self.patterns)
        self.remember_button.setEnabled(not complaint)
        self.remove_button.setEnabled(count > 1)
        for button in (self.add_button, self.more_button):
            button.setEnabled(count < MOST_PATTERNS)
        flat = self.spins.reshape(count, -1).astype(float)
        alike = np.abs(flat @ flat.T / flat.shape[1] - np.eye(count)).max(initial=0.0)
        load = tr(
            "α = {count}/{spins} = {load:.3f}; largest overlap of two {overlap:.2f}",
            count=count,
            spins=flat.shape[1],
            load=count / flat.shape[1],
            overlap=alike,
        )
        self.hint.setText(complaint or load)

    def _remember(self) -> None:
        named = any(self.names)
        names = [name or str(i + 1) for i, name in enumerate(self.names)] if named else []
        dataset: Dataset = of_patterns(NAME, self.spins, names)
        plan = replace(
            LETTERS.defaults, problem=dataset.name, fit=str(self.rule.currentData()), seed=self._seed
        )
        self.made.emit(dataset, plan)


def _blank(side: int) -> np.ndarray:
    return np.zeros((side, side), np.uint8)


def _resized(image: np.ndarray, side: int) -> np.ndarray:
    """The upper left corner of an image, with empty rows and columns where it is too small."""
    resized = _blank(side)
    height, width = (min(side, one) for one in image.shape)
    resized[:height, :width] = image[:height, :width]
    return resized


def _tool(name: str, text: str, tip: str, do: Callable[[], object]) -> QToolButton:
    button = set_name(QToolButton(), name, text=text)
    button.setAccessibleName(text)
    button.setToolTip(tip)
    button.clicked.connect(lambda: do())
    return button
