"""The gallery of scored items: each beside the training item nearest to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap, QResizeEvent

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.pictures import pixmap_of_ink
from landscape_app.gui.widgets.tables import RecordColumn, RecordModel, RecordTable
from landscape_app.language import tr
from landscape_app.physics.estimate import Estimate, shown
from landscape_app.session.score import Scores
from landscape_app.session.vocabulary import printable

SIDE = 52
"""Of the picture of an item, in pixels."""

OF_NATS, NEAREST = 1, 5
"""Numbers of the columns of −log P and of the nearest training item."""


@dataclass(frozen=True, eq=False)
class Looks:
    """Items as they are shown.

    Attributes:
        pictures: ink from 0 to 1, or light of three colours (`pixmap_of_ink`), one for each item; None of rows.
        texts: of rows, in the words and units of the data; empty strings of pictures.
    """

    pictures: np.ndarray | None
    texts: Sequence[str]

    def picture(self, index: int, theme: Theme, ratio: float) -> QPixmap | None:
        """Picture of an item."""
        return None if self.pictures is None else pixmap_of_ink(self.pictures[index], theme, SIDE, ratio)


@dataclass(frozen=True, eq=False)
class ScoreRow:
    """An item.

    Attributes:
        index: of the item, from 0.
        name: such as "line 12".
        nats: −log P, with the error or the bounds of log Z.
        percentile: percentage of the test items that are more probable; NaN without a test set.
        p_value: NaN without a test set.
        is_out: True if it is out of distribution; None where nothing can be said.
        nearest: number of the nearest training item, from 1.
        distance: to it.
    """

    index: int
    name: str
    nats: Estimate
    percentile: float
    p_value: float
    is_out: bool | None
    nearest: int
    distance: float


def rows_of(scores: Scores, items: Sequence[int]) -> list[ScoreRow]:
    """A row for each of some items, by their numbers from 0."""
    percentiles, p_values, out = scores.percentiles, scores.p_values, scores.are_out
    return [
        ScoreRow(
            i,
            scores.names[i],
            scores.nats(i),
            float(percentiles[i]),
            float(p_values[i]),
            None if out is None else bool(out[i]),
            int(scores.nearest[i]) + 1,
            float(scores.distances[i]),
        )
        for i in items
    ]


class ScoreTable(RecordTable):
    """A row for each item, the least probable first.

    Args:
        items: as they are shown.
        nearest: the training item nearest to each.
        unit: of −log P, in words.
        distance_unit: scale of the distances, in words.
        theme: colours.
    """

    def __init__(self, items: Looks, nearest: Looks, unit: str, distance_unit: str, theme: Theme) -> None:
        self._pixmaps: dict[tuple[int, bool], QPixmap | None] = {}
        self._items, self._nearest = items, nearest
        model = RecordModel(
            self._columns(unit, distance_unit),
            lambda row: row.index,
            self._describe,
            lambda row: row.is_out is True,
        )
        super().__init__(
            "scores",
            tr("Scores of the items"),
            tr(
                "A row for each item beside the training item nearest to it; a click on the head of a column "
                "sorts by it"
            ),
            model,
            theme,
            0 if items.pictures is None else SIDE,
        )
        self.sortByColumn(OF_NATS, Qt.SortOrder.DescendingOrder)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._pixmaps.clear()
        super().set_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives room that is left to the texts of the items."""
        super().resizeEvent(event)
        left = self.viewport().width() - self.horizontalHeader().length()
        if self._items.pictures is None and left > 0:
            for column in (0, NEAREST):
                self.setColumnWidth(column, self.columnWidth(column) + left // 2)

    def _picture(self, row: ScoreRow, is_nearest: bool) -> QPixmap | None:
        key = row.index, is_nearest
        if key not in self._pixmaps:
            looks = self._nearest if is_nearest else self._items
            self._pixmaps[key] = looks.picture(row.index, self._theme, self.devicePixelRatioF())
        return self._pixmaps[key]

    def _item(self, row: ScoreRow) -> str:
        return " · ".join(
            part for part in (printable(row.name), printable(self._items.texts[row.index])) if part
        )

    def _training_item(self, row: ScoreRow) -> str:
        text = printable(self._nearest.texts[row.index])
        return " · ".join(part for part in (f"{row.nearest:,}", text) if part)

    def _describe(self, row: ScoreRow) -> str:
        out = {None: "", True: tr("out of distribution"), False: tr("within the distribution")}[row.is_out]
        lines = (
            self._item(row),
            tr("−log P = {nats:.3f} nats", nats=row.nats),
            f"p = {row.p_value:.2g}; {out}" if out else "",
            tr("nearest: training item {item}", item=self._training_item(row)),
        )
        return "\n".join(line for line in lines if line)

    def _columns(self, unit: str, distance_unit: str) -> list[RecordColumn]:
        wide = self._items.pictures is None
        return [
            RecordColumn(
                tr("Item"),
                tr("Item of the file"),
                self._item,
                lambda row: row.index,
                300 if wide else 160,
                picture=lambda row: self._picture(row, False),
            ),
            RecordColumn(
                tr("−log P (nats)"),
                tr(
                    "−log P, {unit}, with the standard error of log Z or its bounds: all items share that, and "
                    "differences between them do not have it",
                    unit=unit,
                ),
                lambda row: f"{row.nats:.3f}",
                lambda row: _known(row.nats.value),
                150,
                number=True,
            ),
            RecordColumn(
                tr("Percentile"),
                tr("Percentage of the test items that are more probable"),
                lambda row: shown(row.percentile, ".1f"),
                lambda row: _known(row.percentile),
                84,
                number=True,
            ),
            RecordColumn(
                tr("p-value"),
                tr("(1 + number of test items at least as improbable) / (number of test items + 1)"),
                lambda row: shown(row.p_value, ".2g"),
                lambda row: _known(row.p_value),
                74,
                number=True,
            ),
            RecordColumn(
                tr("Verdict"),
                tr(
                    "Out of distribution: less probable than nearly all test items, which does not mean wrong"
                ),
                lambda row: {None: "–", True: tr("⚠ out of distribution"), False: tr("within")}[row.is_out],
                lambda row: row.is_out,
                140,
            ),
            RecordColumn(
                tr("Nearest training item"),
                tr("The training item nearest to it, by its number from 1"),
                self._training_item,
                lambda row: row.nearest,
                300 if wide else 160,
                picture=lambda row: self._picture(row, True),
            ),
            RecordColumn(
                tr("Distance"),
                tr("Distance to the nearest training item: {unit}", unit=distance_unit),
                lambda row: f"{row.distance:.3g}",
                lambda row: row.distance,
                84,
                number=True,
            ),
        ]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
