"""Dissection of −log P of an image: maps of its parts by pixel, and the observables by what they contribute."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.theme import Theme, signed_colours, signed_range
from landscape_app.gui.widgets.containers import plot_card, set_name, show_description
from landscape_app.gui.widgets.fixed import FixedLabel
from landscape_app.gui.widgets.keys import ARROW_STEPS, KeyTable
from landscape_app.gui.widgets.mosaic import Mosaic
from landscape_app.gui.widgets.plots import PlotMenu, Series
from landscape_app.gui.widgets.tables import WholeFigures
from landscape_app.language import tr
from landscape_app.physics.estimate import shown
from landscape_app.session.landscape.dissection import DissectionRecord

COLOUR_STEPS = 64
"""Colours of a scale from low to high."""

ROUND = 5.0
"""Ends of a scale of energies are multiples of so many nats, so that they seldom move."""

BEYOND = 0.15
"""Reach of a scale of energies beyond the data's on either side, in spans of theirs."""


def rising_colours(theme: Theme) -> np.ndarray:
    """Colours from low to high, all legible on the theme's surface, uint8, shape (COLOUR_STEPS, 3)."""
    first, last = (0.42, 1.0) if theme.dark else (0.0, 0.64)
    table = pg.colormap.get("plasma").map(np.linspace(first, last, COLOUR_STEPS), mode="byte")
    return np.asarray(table)[:, :3]


def ink_colours(theme: Theme) -> np.ndarray:
    """Colours from nothing to much, uint8, shape (128, 3)."""
    return signed_colours(theme)[127:]


def colour_numbers(values: np.ndarray, low: float, high: float, count: int) -> np.ndarray:
    """Index among `count` colours of each value on a scale from low to high, int, same shape; ends are held."""
    share = (np.nan_to_num(values, nan=low) - low) / max(high - low, 1e-9)
    return np.clip((share * count).astype(int), 0, count - 1)


def energy_range(values: np.ndarray) -> tuple[float, float]:
    """A scale for chains around the energies of data, nats, shape (n,): its ends are round."""
    low, high = np.percentile(values, [1, 99])
    beyond = BEYOND * (high - low) + 1e-6
    return ROUND * float(np.floor((low - beyond) / ROUND)), ROUND * float(np.ceil((high + beyond) / ROUND))


BAR = 8
"""Width of the scale."""

GAP = 5

PIXEL_KEYS = KeyTable(tr("In a map of energies"), (("Left, Right, Up, Down", tr("Read the pixel beside")),))


class EnergyMapView(QWidget):
    """One map: its name, its pixels, a scale in nats, and its sum; what the pointer or the arrow keys are at is told.

    Args:
        name: object name.
        title: what is mapped.
        tooltip: what it means, in words.
        theme: colours.
    """

    accessible_role = QAccessible.Role.Graphic

    def __init__(self, name: str, title: str, tooltip: str, theme: Theme) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip(tooltip)
        self._tooltip = tooltip
        self._title, self._note = title, ""
        self._values = np.zeros((0, 0))
        self._image = np.zeros((0, 0), np.uint8)
        self._theme = theme
        self._at = (0, 0)
        self.menu = PlotMenu(self, self.series)
        self._small = QFont(self.font())
        self._small.setPointSizeF(7.5)

    @property
    def values(self) -> np.ndarray:
        """The map on view, nats."""
        return self._values

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.update()

    def show_map(self, title: str, values: np.ndarray, image: np.ndarray, note: str) -> None:
        """Shows a map.

        Args:
            title: what is mapped.
            values: nats, shape (height, width).
            image: the image's levels, shape (height, width).
            note: below the map.
        """
        self._title, self._values, self._image, self._note = title, values, image, note
        self.setAccessibleName(title)
        self.setAccessibleDescription(note)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if values.size else Qt.FocusPolicy.NoFocus)
        self._at = (0, 0)
        self.update()

    def series(self) -> list[Series]:
        """The energy of every pixel, and the image's level there."""
        rows, columns = (index.ravel() for index in np.indices(self._values.shape))
        energies = (f"{self._title} (nats)", self._values.ravel())
        return [Series(("row", rows), (("column", columns), ("level", self._image.ravel()), energies))]

    def explain(self, tooltip: str) -> None:
        """Says what the map means, in words."""
        self._tooltip = tooltip
        self.setToolTip(tooltip)

    def sizeHint(self) -> QSize:
        """A map of fair size."""
        return QSize(150, 170)

    def minimumSizeHint(self) -> QSize:
        """A map that can still be read."""
        return QSize(96, 112)

    def map_rect(self) -> QRect:
        """Rectangle of the map."""
        line = QFontMetrics(self._small).height()
        metrics = QFontMetrics(self._small)
        room = self.width() - BAR - 2 * GAP - metrics.horizontalAdvance("−0.88")
        height, width = self._values.shape if self._values.size else (1, 1)
        scale = max(1.0, min(room / width, (self.height() - 2 * line - GAP) / height))
        scale = float(int(scale))
        return QRect(1, line + 2, int(scale * width), int(scale * height))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws name, map, scale and note."""
        painter = QPainter(self)
        painter.setFont(self._small)
        metrics = painter.fontMetrics()
        line = metrics.height()
        area = self.map_rect()
        painter.setPen(QColor(self._theme.text))
        title = metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, self.width())
        # The dots of an umlaut rise above the line.
        painter.drawText(QRect(0, 1, self.width(), line), Qt.AlignmentFlag.AlignLeft, title)
        if not self._values.size:
            return
        limit, colours, signed = self._scale()
        low = -limit if signed else 0.0
        pixels = np.ascontiguousarray(colours[colour_numbers(self._values, low, limit, len(colours))])
        height, width = self._values.shape
        painter.drawImage(area, QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888))
        bar = QRect(area.right() + GAP, area.top(), BAR, area.height())
        ramp = np.ascontiguousarray(colours[::-1])
        painter.drawImage(bar, QImage(ramp.data, 1, len(ramp), 3, QImage.Format.Format_RGB888))
        painter.setPen(QColor(self._theme.border))
        painter.drawRect(area.adjusted(-1, -1, 0, 0))
        painter.drawRect(bar.adjusted(0, -1, 0, 0))
        painter.setPen(QColor(self._theme.muted))
        left = bar.right() + 4
        top = QRect(left, bar.top() - 1, self.width() - left, line)
        bottom = QRect(left, bar.bottom() - line + 1, self.width() - left, line)
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft, f"{limit:.2g}")
        painter.drawText(bottom, Qt.AlignmentFlag.AlignLeft, shown(low, ".2g"))
        note = metrics.elidedText(self._note, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QRect(0, area.bottom() + 3, self.width(), line), Qt.AlignmentFlag.AlignLeft, note)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRect(self.pixel_rect(*self._at))

    def pixel_rect(self, row: int, column: int) -> QRect:
        """Rectangle of a pixel in the widget."""
        area = self.map_rect()
        height, width = self._values.shape
        side = area.height() // height, area.width() // width
        return QRect(area.x() + column * side[1], area.y() + row * side[0], side[1], side[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys go from pixel to pixel, and tell its value."""
        step = ARROW_STEPS.get(Qt.Key(event.key()))
        if step is None or not self._values.size:
            super().keyPressEvent(event)
            return
        sides = self._values.shape
        row, column = (min(max(a + b, 0), side - 1) for a, b, side in zip(self._at, step, sides, strict=True))
        self._at = row, column
        place = self.pixel_rect(row, column)
        text = self.describe(place.center())
        self.setAccessibleDescription(text.partition("<br>")[0])
        QToolTip.showText(self.mapToGlobal(place.bottomRight()), text, self)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tells the note again."""
        super().focusOutEvent(event)
        self.setAccessibleDescription(self._note)

    def event(self, event: QEvent) -> bool:
        """Tells the value under the pointer."""
        return show_description(self, event, self.describe) or super().event(event)

    def describe(self, position: QPoint) -> str:
        """Description of a position of the widget."""
        area = self.map_rect()
        if not self._values.size or not area.contains(position):
            return self._tooltip
        height, width = self._values.shape
        row = min((position.y() - area.top()) * height // area.height(), height - 1)
        column = min((position.x() - area.left()) * width // area.width(), width - 1)
        value = shown(self._values[row, column], "+.2f")
        text = tr(
            "Row {row}, column {column}, level {level}: {value} nats",
            row=row + 1,
            column=column + 1,
            level=self._image[row, column],
            value=value,
        )
        return f"{text}<br>{self._tooltip}"

    def _scale(self) -> tuple[float, np.ndarray, bool]:
        """The scale's end, its colours, and whether it goes below zero."""
        signed = bool((self._values < 0).any())
        colours = signed_colours(self._theme) if signed else ink_colours(self._theme)
        return signed_range(self._values), colours, signed


EXPLANATION = tr(
    "Choose image A on the map and press Dissect: −log P is taken apart by pixel, by field and by observable, and "
    "compared with the training images."
)
LONGEST = tr(
    "−log P is 188.8 nats above the training images' mean, 18.8 of their standard deviations: −log q(x) +88.8, "
    "E +88.8, −log p(7 | x) +88.8. Most of it: observable 16, +88.8 nats.\nUnder H(x) = Σᵢ λᵢ fᵢ(x) …"
)

EXACT = tr(
    "<b>{name}</b> by pixel, exactly; the pixels sum to it. Red: the pixel makes the image less likely; blue: more "
    "likely."
)
INTEGRATED = tr(
    "<b>{name}</b> by pixel, by integrated gradients from the mean image of q: the pixels sum to the difference "
    "between the two. Red: the pixel makes the image less likely; blue: more likely."
)
SURPRISE = tr(
    "<b>Conditional surprise</b> −log P(pixel | all others), exact: every level of the pixel is tried. It is high "
    "where the model expects another level given the rest."
)
OBSERVABLE = tr(
    "<b>λ f</b> of the observable chosen in the table, by pixel, by integrated gradients from q's mean"
)
TABLE = tr(
    "<b>Observables</b>, from the one that makes this image least likely. λ(f − ⟨f⟩): nats beyond its mean over "
    "the training images. z: how far f is from that mean, in standard deviations of the training images. Choose "
    "one to see its map."
)
HEADS = (tr("observable"), tr("λ (f − ⟨f⟩), nats"), tr("z of f"))


class DissectionPage(QWidget):
    """Shows one image taken apart.

    Attributes:
        record: what is on view; None for nothing.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("dissection-page")
        self._theme = theme
        self.record: DissectionRecord | None = None
        self._levels = 2
        self.summary = set_name(FixedLabel(EXPLANATION, LONGEST), "muted")
        self.summary.setAccessibleName(tr("Why it is unlikely"))
        self.picture = set_name(Mosaic(theme, plain=True), "dissected-image")
        self.picture.setAccessibleName(tr("The image taken apart"))
        self.picture.setToolTip(
            tr("Image A, in the ink of the mosaic; beside it, what each pixel adds to −log P")
        )
        self.picture.setMinimumSize(96, 96)
        self.surprise = EnergyMapView("map-surprise", tr("Conditional surprise"), SURPRISE, theme)
        self.observable = EnergyMapView("map-observable", tr("Observable"), OBSERVABLE, theme)
        self.parts: list[EnergyMapView] = []
        self._columns = 0
        self._maps = QWidget()
        self._grid = QGridLayout(self._maps)
        self._grid.setContentsMargins(4, 4, 4, 4)
        self._grid.setSpacing(8)
        self.table = set_name(QTableWidget(0, len(HEADS)), "observables")
        self.table.setAccessibleName(tr("Observables, from the one that makes this image least likely"))
        self.table.setToolTip(TABLE)
        self.table.setTabKeyNavigation(False)
        self.table.setHorizontalHeaderLabels(list(HEADS))
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setMinimumHeight(4 * (self.fontMetrics().height() + 6))
        self._whole = WholeFigures(self.table)
        self.table.itemSelectionChanged.connect(self._show_observable)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.summary)
        layout.addWidget(plot_card(self._maps), 3)
        layout.addWidget(self.table, 2)
        self._arrange()

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.picture.set_theme(theme)
        for view in (self.surprise, self.observable, *self.parts):
            view.set_theme(theme)

    def show_record(self, record: DissectionRecord | None, levels: int) -> None:
        """Shows an image of so many levels taken apart, or none."""
        if record is self.record:
            return
        self.record, self._levels = record, levels
        if record is None:
            self._clear()
            return
        self.summary.setText(describe(record))
        self.picture.show_images(record.image[None], levels)
        while len(self.parts) > len(record.parts):
            self.parts.pop().deleteLater()
        while len(self.parts) < len(record.parts):
            self.parts.append(EnergyMapView(f"map-part-{len(self.parts)}", "", "", self._theme))
        for view, part in zip(self.parts, record.parts, strict=True):
            view.show_map(
                part.name,
                part.map,
                record.image,
                tr("{energy} nats from data's", energy=_signed(part.excess)),
            )
            view.explain((INTEGRATED if part.from_mean else EXACT).format(name=part.name))
        total = tr("{energy:.1f} nats in all", energy=record.surprise.sum())
        self.surprise.show_map(tr("−log P(pixel | rest)"), record.surprise, record.image, total)
        self._arrange()
        self._fill()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Maps are laid out anew where they can be larger."""
        super().resizeEvent(event)
        count = len(self.parts) + 3
        if _columns_for(count, self._maps.width(), self._maps.height()) != self._columns:
            self._arrange()

    def _clear(self) -> None:
        self.summary.setText(EXPLANATION)
        self.picture.show_images(np.zeros((0, 8, 8), np.uint8), self._levels)
        self.table.setRowCount(0)
        nothing = np.zeros((0, 0))
        for view in (self.surprise, self.observable, *self.parts):
            view.show_map(view.accessibleName(), nothing, nothing, "")

    def _arrange(self) -> None:
        """Lays the image and its maps out in rows."""
        while self._grid.count():
            self._grid.takeAt(0)
        views = [self.picture, *self.parts, self.surprise, self.observable]
        self._columns = _columns_for(len(views), self._maps.width(), self._maps.height())
        for i, view in enumerate(views):
            self._grid.addWidget(view, *divmod(i, self._columns))
        for i in range(len(views)):
            self._grid.setColumnStretch(i, int(i < self._columns))
            self._grid.setRowStretch(i, int(i * self._columns < len(views)))

    def _fill(self) -> None:
        """Lists the observables, and chooses the first."""
        record = self.record
        assert record is not None
        order = np.argsort(-record.observable_nats, kind="stable")
        self.table.blockSignals(True)
        self.table.clearSelection()
        self.table.setRowCount(len(order))
        for row, number in enumerate(order):
            texts = (
                f"{number + 1}",
                _signed(record.observable_nats[number], 2),
                _signed(record.observable_scores[number], 2),
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setData(Qt.ItemDataRole.UserRole, int(number))
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)
        self.table.blockSignals(False)
        self.observable.setVisible(len(order) > 0)
        if len(order):
            self.table.selectRow(0)

    def _show_observable(self) -> None:
        record = self.record
        items = self.table.selectedItems()
        if record is None or not items:
            return
        number = int(items[0].data(Qt.ItemDataRole.UserRole))
        note = tr("{energy} nats from data's", energy=_signed(record.observable_nats[number]))
        self.observable.show_map(
            tr("λ f of observable {number}", number=number + 1),
            record.observable_maps[number],
            record.image,
            note,
        )


def _columns_for(count: int, width: int, height: int) -> int:
    """In how many columns so many views are largest."""
    return max(
        range(1, count + 1), key=lambda columns: min(width / columns, height / math.ceil(count / columns))
    )


def describe(record: DissectionRecord) -> str:
    """Why the image is unlikely, in words."""
    scores = record.excess / max(record.deviation, 1e-9)
    parts = ", ".join(f"{part.name} {_signed(part.excess)}" for part in record.parts)
    nats, deviations = abs(record.excess), abs(scores)
    if record.excess >= 0:
        text = tr(
            "−log P is {nats:.1f} nats above the training images' mean, {deviations:.1f} of their standard "
            "deviations: {parts}.",
            nats=nats,
            deviations=deviations,
            parts=parts,
        )
    else:
        text = tr(
            "−log P is {nats:.1f} nats below the training images' mean, {deviations:.1f} of their standard "
            "deviations: {parts}.",
            nats=nats,
            deviations=deviations,
            parts=parts,
        )
    if len(record.observable_nats) and record.observable_nats.max() > 0:
        most = int(record.observable_nats.argmax())
        text += tr(
            " Most of the model's share: observable {number}, {energy} nats.",
            number=most + 1,
            energy=_signed(record.observable_nats[most]),
        )
    return text + (tr("\nUnder {formula}", formula=record.formula) if record.formula else "")


def _signed(value: float, digits: int = 1) -> str:
    return shown(value, f"+.{digits}f")
