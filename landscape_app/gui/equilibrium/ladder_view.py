"""A ladder of replicas: the model at the top, the base measure at the bottom, and the way one replica takes."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QShowEvent,
)

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import show_description
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.gui.widgets.pixel_widget import PixelWidget
from landscape_app.gui.widgets.plots import PlotMenu, Series
from landscape_app.language import tr
from landscape_app.session.ladder_watch import MEMORY, LadderSnapshot

PAD = 4
MARK = 12
"""Room between the trace and the images, for the mark that leads from one to the other."""

SWAPS = 40
"""Width of the bars of swap rates."""

GAP = 3
"""Room between two images."""

LEAST_TRACE = 0.24
"""Share of the width that the trace has at least."""

LEAST_SPAN = 100
"""Fewest steps that the trace has room for."""

LEAST_SWAP_RATE = 0.1
"""Below it a gap is drawn as a warning."""

LADDER_KEYS = KeyTable(
    tr("In the ladder of replicas"), (("Left, Right, Up, Down", tr("Follow the replica beside")),)
)

GROUP_COLOURS = {"noise": "muted", "data": "training", "hot": "model"}
"""Fields of the theme; the same as for the energies of the starts."""

GROUP_NAMES = {"noise": tr("noise"), "data": tr("data"), "hot": tr("hot")}
"""Starts of ladders, in words."""

EXPLANATION = tr(
    "<b>Ladders of replicas</b>, each from the base measure (β = 0, below) to the model (β = 1, above). Neighbours "
    "in a ladder swap places. One replica is followed: its way through the temperatures is drawn on the left.<br>"
    "A replica that comes to the bottom gets a fresh image from q, and brings something new to the top.<br>"
    "Good: it wanders up and down without being held up. Click an image, or use the arrow keys, to follow another."
)


class Places(NamedTuple):
    """Geometry of the ladder, in pixels.

    Attributes:
        trace: of the replica's way.
        images: of all columns.
        swaps: of the bars.
        row: height of a row.
        cell: width of a column.
        size: width and height of an image.
    """

    trace: QRectF
    images: QRectF
    swaps: QRectF
    row: float
    cell: float
    size: tuple[float, float]

    def centre(self, row: float) -> float:
        """Height of a row's middle; row 0, at β = 0, is the lowest."""
        return self.images.bottom() - (row + 0.5) * self.row

    def image(self, row: int, column: int) -> QRect:
        """Rectangle of a replica's image."""
        width, height = self.size
        x = self.images.x() + (column + 0.5) * self.cell - width / 2
        return QRect(round(x), round(self.centre(row) - height / 2), round(width), round(height))


class LadderView(PixelWidget):
    """Shows a ladder, and the temperature of one replica against the step.

    Signals:
        followed: the replica that shall be followed.
        shown: whether it is on view.

    Attributes:
        snapshot: the ladder that is drawn; None for none.
    """

    followed = Signal(int)
    shown = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__("ladder", tr("Replicas of the ladder"), 2)
        self.setMinimumSize(300, 200)
        self.setToolTip(EXPLANATION)
        self.snapshot: LadderSnapshot | None = None
        self.menu = PlotMenu(self, self.series)
        self._small = QFont(self.font())
        self._small.setPointSizeF(7.5)
        self.set_theme(theme)

    def show_snapshot(self, snapshot: LadderSnapshot | None) -> None:
        """Shows a ladder, or none."""
        self.snapshot = snapshot
        self._levels = snapshot.levels if snapshot is not None else 2
        self._compose()

    def series(self) -> list[Series]:
        """The way of the replica that is followed, and how often neighbours swap."""
        snapshot = self.snapshot
        if snapshot is None:
            return []
        back = np.arange(len(snapshot.path)) - (len(snapshot.path) - 1)
        betas, rates = snapshot.betas, snapshot.swap_rates
        neighbours = (("β of its upper neighbour", betas[1:]), ("swap rate", rates))
        return [
            Series(
                ("step, back from now", back), ((f"β of replica {snapshot.followed}", betas[snapshot.path]),)
            ),
            Series(("β of a replica", betas[:-1]), neighbours),
        ]

    def image_rect(self, row: int, column: int) -> QRect:
        """Rectangle of a replica's image in the widget; row 0 is at β = 0."""
        assert self.snapshot is not None
        return self._places(self.snapshot).image(row, column)

    def replica_at(self, position: QPoint) -> tuple[int, int] | None:
        """Row and column of the replica at a position, None beside the images."""
        snapshot = self.snapshot
        if snapshot is None:
            return None
        places = self._places(snapshot)
        column = math.floor((position.x() - places.images.x()) / places.cell)
        row = len(snapshot.betas) - 1 - math.floor((position.y() - places.images.y()) / places.row)
        rows, columns = snapshot.replica_ids.shape
        return (row, column) if 0 <= row < rows and 0 <= column < columns else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Follows the replica whose image is clicked."""
        replica = self.replica_at(event.position().toPoint())
        if replica is not None and self.snapshot is not None:
            self.followed.emit(int(self.snapshot.replica_ids[replica]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys follow a neighbouring replica."""
        steps = {
            Qt.Key.Key_Up: (1, 0),
            Qt.Key.Key_Down: (-1, 0),
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None or self.snapshot is None:
            super().keyPressEvent(event)
            return
        row, column = (a + b for a, b in zip(self.snapshot.place, step, strict=True))
        rows, columns = self.snapshot.replica_ids.shape
        if 0 <= row < rows and 0 <= column < columns:
            self.followed.emit(int(self.snapshot.replica_ids[row, column]))

    def showEvent(self, event: QShowEvent) -> None:
        """Says that it is on view."""
        super().showEvent(event)
        self.shown.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Says that it no longer is."""
        super().hideEvent(event)
        self.shown.emit(False)

    def event(self, event: QEvent) -> bool:
        """Describes what is under the pointer."""
        return show_description(self, event, self.describe) or super().event(event)

    def describe(self, position: QPoint) -> str:
        """Description of the replica at a position."""
        snapshot = self.snapshot
        if snapshot is None:
            return EXPLANATION
        betas, places = snapshot.betas, self._places(snapshot)
        replica = self.replica_at(position)
        if replica is not None:
            row, column = replica
            number, beta, group = snapshot.replica_ids[replica], betas[row], snapshot.groups[column]
            if not group:
                return tr(
                    "Replica {number} at β = {beta:.3f}<br>Click to follow it", number=number, beta=beta
                )
            return tr(
                "Replica {number} at β = {beta:.3f}, in a ladder started from {start}<br>Click to follow it",
                number=number,
                beta=beta,
                start=GROUP_NAMES.get(group, group),
            )
        if places.swaps.contains(QPointF(position)):
            gap = round((places.images.bottom() - position.y()) / places.row) - 1
            gap = min(max(gap, 0), len(betas) - 2)
            return tr(
                "<b>Swap rate</b>: neighbours at β = {low:.3f} and {high:.3f} swap in "
                "{rate:.0%} of their rounds, mean of all ladders.<br>Good: even, 30% or more",
                low=betas[gap],
                high=betas[gap + 1],
                rate=snapshot.swap_rates[gap],
            )
        return EXPLANATION

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the ladder."""
        painter = QPainter(self)
        snapshot = self.snapshot
        if snapshot is None or self._picture is None:
            self._paint_placeholder(painter)
            return
        places = self._places(snapshot)
        painter.setFont(self._small)
        self._paint_grid(painter, snapshot, places)
        self._paint_images(painter, snapshot, self._picture, places)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_path(painter, snapshot, places)
        self._paint_swaps(painter, snapshot, places)
        self._paint_headings(painter, snapshot, places)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._paint_focus(painter)

    def _places(self, snapshot: LadderSnapshot) -> Places:
        metrics = QFontMetrics(self._small)
        line = metrics.height() + 2
        left = PAD + metrics.horizontalAdvance(tr("model")) + 6
        rows, columns = snapshot.replica_ids.shape
        height, width = self._image_shape(snapshot)
        row = (self.height() - 2 * line - 2 * PAD) / rows
        room = (1 - LEAST_TRACE) * self.width() - left - MARK - SWAPS - 2 * PAD
        scale = max(0.5, min((row - GAP) / height, (room / columns - GAP) / width))
        scale = math.floor(4 * scale) / 4 if scale >= 1 else scale
        heading = max(
            metrics.horizontalAdvance(GROUP_NAMES.get(name, name)) / snapshot.groups.count(name)
            for name in snapshot.groups
        )
        cell = max(scale * width + GAP, heading + GAP)
        top = PAD + line
        images = QRectF(self.width() - SWAPS - 2 * PAD - columns * cell, top, columns * cell, rows * row)
        trace = QRectF(left, top, images.x() - MARK - left, rows * row)
        swaps = QRectF(images.right() + PAD, top, SWAPS, rows * row)
        return Places(trace, images, swaps, row, cell, (scale * width, scale * height))

    @staticmethod
    def _image_shape(snapshot: LadderSnapshot) -> tuple[int, int]:
        shape = snapshot.images.shape[2:]
        return (shape[0], shape[1]) if len(shape) == 3 else (math.prod(shape[:-1]), shape[-1])

    def _compose(self) -> None:
        """Lays the images out side by side in one array, the model's row first."""
        snapshot = self.snapshot
        if snapshot is None:
            self._show_pixels(None)
            return
        rows, columns = snapshot.replica_ids.shape
        height, width = self._image_shape(snapshot)
        coloured = snapshot.images.ndim == 5
        inked = self._in_colour(snapshot.images) if coloured else self._inked(snapshot.images)
        colours = inked.reshape(rows, columns, height, width, 3)
        colours = colours[::-1].transpose(0, 2, 1, 3, 4)
        self._show_pixels(colours.reshape(rows * height, columns * width, 3))
        row, _ = snapshot.place
        self.setAccessibleDescription(
            tr("Replica {number} is at β = {beta:.2f}", number=snapshot.followed, beta=snapshot.betas[row])
        )

    def _paint_grid(self, painter: QPainter, snapshot: LadderSnapshot, places: Places) -> None:
        """A line for every temperature, its β, and the column that is followed."""
        theme, (row_followed, column) = self._theme, snapshot.place
        shade = QColor(theme.accent)
        shade.setAlphaF(0.10)
        band = QRectF(
            places.images.x() + column * places.cell, places.images.y(), places.cell, places.images.height()
        )
        painter.fillRect(band, shade)
        grid = QColor(theme.border)
        grid.setAlphaF(0.6)
        line = painter.fontMetrics().height()
        every = max(1, math.ceil(line / places.row))
        last = len(snapshot.betas) - 1
        for row, beta in enumerate(snapshot.betas):
            y = places.centre(row)
            painter.setPen(grid)
            painter.drawLine(QPointF(places.trace.x(), y), QPointF(places.trace.right(), y))
            if row not in (0, last) and (row % every or last - row < every):
                continue
            painter.setPen(QColor(theme.accent if row == row_followed else theme.muted))
            word = {0: tr("base q"), last: tr("model")}.get(row, "") if places.row >= 2 * line else ""
            text = f"{word}\n{beta:.2f}" if word else f"{beta:.2f}"
            area = QRectF(0, y - line, places.trace.x() - 6, 2 * line)
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_images(
        self, painter: QPainter, snapshot: LadderSnapshot, picture: QImage, places: Places
    ) -> None:
        rows, columns = snapshot.replica_ids.shape
        height, width = self._image_shape(snapshot)
        painter.setPen(QColor(self._theme.border))
        for row in range(rows):
            for column in range(columns):
                source = QRect(column * width, (rows - 1 - row) * height, width, height)
                area = places.image(row, column)
                painter.drawImage(area, picture, source)
                painter.drawRect(area.adjusted(-1, -1, 0, 0))
        painter.setPen(QPen(QColor(self._theme.accent), 2))
        painter.drawRect(places.image(*snapshot.place).adjusted(-1, -1, 1, 1))

    def _paint_path(self, painter: QPainter, snapshot: LadderSnapshot, places: Places) -> None:
        """The rows where the replica has been, now at the right, and a mark that points at where it is."""
        accent = QColor(self._theme.accent)
        n = len(snapshot.path)
        if n:
            step = places.trace.width() / _span(snapshot)
            x = places.trace.right() - step * np.arange(n - 1, -1, -1)
            y = places.images.bottom() - (snapshot.path + 0.5) * places.row
            painter.setPen(QPen(accent, 1))
            painter.drawPolyline(
                QPolygonF([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])
            )
        now = places.centre(snapshot.place[0])
        tip = QPointF(places.trace.right() + MARK - 3, now)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        painter.drawPolygon(QPolygonF([tip, tip + QPointF(-7, -4), tip + QPointF(-7, 4)]))

    def _paint_swaps(self, painter: QPainter, snapshot: LadderSnapshot, places: Places) -> None:
        """Swap rates of neighbours, between their rows."""
        painter.setPen(Qt.PenStyle.NoPen)
        thick = min(5.0, 0.4 * places.row)
        known = bool(snapshot.swap_rates.any())
        for gap, rate in enumerate(snapshot.swap_rates):
            y = places.centre(gap + 0.5) - thick / 2
            track = QRectF(places.swaps.x(), y, places.swaps.width(), thick)
            painter.setBrush(QColor(self._theme.border))
            painter.drawRoundedRect(track, thick / 2, thick / 2)
            if known:
                track.setWidth(max(thick, rate * places.swaps.width()))
                if rate < LEAST_SWAP_RATE:
                    # Hollow, so that a poor one is told without its colour.
                    painter.setPen(QColor(self._theme.warning))
                    painter.setBrush(QColor(self._theme.surface))
                else:
                    painter.setBrush(QColor(self._theme.muted))
                painter.drawRoundedRect(track, thick / 2, thick / 2)
                painter.setPen(Qt.PenStyle.NoPen)

    def _paint_headings(self, painter: QPainter, snapshot: LadderSnapshot, places: Places) -> None:
        muted, line = QColor(self._theme.muted), painter.fontMetrics().height() + 2
        centre, right = Qt.AlignmentFlag.AlignCenter, Qt.AlignmentFlag.AlignRight
        painter.setPen(muted)
        head, foot = places.trace.y() - line, places.trace.bottom()
        painter.drawText(
            QRectF(0, head, places.trace.x() - 6, line), right | Qt.AlignmentFlag.AlignVCenter, "β"
        )
        painter.drawText(
            QRectF(places.trace.x(), head, places.trace.width(), line), centre, tr("way of one replica")
        )
        painter.drawText(QRectF(places.swaps.x(), head, places.swaps.width(), line), centre, tr("swaps"))
        axis = QRectF(places.trace.x(), foot, places.trace.width(), line)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(axis, Qt.AlignmentFlag.AlignLeft | middle, f"−{_span(snapshot)}")
        painter.drawText(axis, centre, tr("step"))
        painter.drawText(axis, right | middle, tr("now"))
        for start, name in enumerate(snapshot.groups):
            if start and snapshot.groups[start - 1] == name:
                continue
            width = snapshot.groups.count(name) * places.cell
            area = QRectF(places.images.x() + start * places.cell, head, width, line)
            painter.setPen(QColor(getattr(self._theme, GROUP_COLOURS.get(name, "muted"))))
            painter.drawText(area, centre, GROUP_NAMES.get(name, name))


def _span(snapshot: LadderSnapshot) -> int:
    """Steps that the trace has room for."""
    return min(MEMORY, max(LEAST_SPAN, len(snapshot.path)))
