"""Why the model finds an image unlikely: maps of −log P by part, and the observables in order of what they say."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.image_landscape.energy_map_view import EnergyMapView
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.card import plot_card
from landscape_app.gui.widgets.mosaic import Mosaic
from landscape_app.gui.widgets.naming import named
from landscape_app.gui.widgets.steady_label import SteadyLabel
from landscape_app.session import DissectionRecord

EXPLANATION = (
    "Choose image A on the map and press Dissect: −log P is taken apart by pixel, by field and by observable, and "
    "compared with the training images."
)
LONGEST = (
    "−log P is 188.8 nats above the training images' mean, 18.8 of their standard deviations: −log q(x) +88.8, "
    "Σ λ f +88.8, −log p(7 | x) +88.8. Most of it: observable 16, +88.8 nats.\nUnder H(x) = Σᵢ λᵢ fᵢ(x) …"
)

EXACT = (
    "<b>{name}</b> by pixel, exactly; the pixels sum to it. Red: the pixel makes the image less likely; blue: more "
    "likely."
)
INTEGRATED = (
    "<b>{name}</b> by pixel, by integrated gradients from the mean image of q: the pixels sum to the difference "
    "between the two. Red: the pixel makes the image less likely; blue: more likely."
)
SURPRISE = (
    "<b>Conditional surprise</b> −log P(pixel | all others), exact: every level of the pixel is tried. It is high "
    "where the model expects another level given the rest."
)
OBSERVABLE = (
    "<b>λ f</b> of the observable chosen in the table, by pixel, by integrated gradients from q's mean"
)
TABLE = (
    "<b>Observables</b>, from the one that makes this image least likely. λ(f − ⟨f⟩): nats beyond its mean over the "
    "training images. z: how far f is from that mean, in standard deviations of the training images. Choose one to "
    "see its map."
)
HEADS = ("observable", "λ (f − ⟨f⟩), nats", "z of f")


class DissectionPage(QWidget):
    """Shows one image taken apart."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("dissection-page")
        self._theme = theme
        self._record: DissectionRecord | None = None
        self._levels = 2
        self.summary = named(SteadyLabel(EXPLANATION, LONGEST), "muted")
        self.summary.setAccessibleName("Why it is unlikely")
        self.picture = named(Mosaic(theme, plain=True), "dissected-image")
        self.picture.setAccessibleName("The image taken apart")
        self.picture.setToolTip(
            "Image A, in the ink of the mosaic; beside it, what each pixel adds to −log P"
        )
        self.picture.setMinimumSize(96, 96)
        self.surprise = EnergyMapView("map-surprise", "Conditional surprise", SURPRISE, theme)
        self.observable = EnergyMapView("map-observable", "Observable", OBSERVABLE, theme)
        self.parts: list[EnergyMapView] = []
        self._columns = 0
        self._maps = QWidget()
        self._grid = QGridLayout(self._maps)
        self._grid.setContentsMargins(4, 4, 4, 4)
        self._grid.setSpacing(8)
        self.table = named(QTableWidget(0, len(HEADS)), "observables")
        self.table.setAccessibleName("Observables, from the one that makes this image least likely")
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
        if record is self._record:
            return
        self._record, self._levels = record, levels
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
            view.show_map(part.name, part.map, record.image, f"{_signed(part.excess)} nats from data's")
            view.explain((INTEGRATED if part.from_mean else EXACT).format(name=part.name))
        total = f"{record.surprise.sum():.1f} nats in all"
        self.surprise.show_map("−log P(pixel | rest)", record.surprise, record.image, total)
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
        record = self._record
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
        record = self._record
        items = self.table.selectedItems()
        if record is None or not items:
            return
        number = int(items[0].data(Qt.ItemDataRole.UserRole))
        note = f"{_signed(record.observable_nats[number])} nats from data's"
        self.observable.show_map(
            f"λ f of observable {number + 1}", record.observable_maps[number], record.image, note
        )


def _columns_for(count: int, width: int, height: int) -> int:
    """In how many columns so many views are largest."""
    return max(
        range(1, count + 1), key=lambda columns: min(width / columns, height / math.ceil(count / columns))
    )


def describe(record: DissectionRecord) -> str:
    """Why the image is unlikely, in words."""
    scores = record.excess / max(record.deviation, 1e-9)
    side = "above" if record.excess >= 0 else "below"
    parts = ", ".join(f"{part.name} {_signed(part.excess)}" for part in record.parts)
    text = (
        f"−log P is {abs(record.excess):.1f} nats {side} the training images' mean, {abs(scores):.1f} of their "
        f"standard deviations: {parts}."
    )
    if len(record.observable_nats) and record.observable_nats.max() > 0:
        most = int(record.observable_nats.argmax())
        text += f" Most of the model's share: observable {most + 1}, {_signed(record.observable_nats[most])} nats."
    return text + (f"\nUnder {record.formula}" if record.formula else "")


def _signed(value: float, digits: int = 1) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")
