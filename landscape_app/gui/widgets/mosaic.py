"""Images in a mosaic: composed as one picture, zoomed and moved, selected with mouse and keys."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QGestureEvent, QPinchGesture, QToolTip, QWidget

from landscape_app.gui.theme import Theme, rgb
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.gui.widgets.pixel_widget import PixelWidget
from landscape_app.language import tr

GAP = 1
"""Pixels of background between two images, where nothing else is said."""

GRID, PAPER = 255, 254
"""Indices of the background between images, and of places without one."""

CUBE = 6
"""Shades of red, of green and of blue that coloured images are drawn in: their 6³ colours leave room for tints."""

BAND_SHARE = 12
"""A tinted image in colour has a band of its tint below, a pixel for so many of its height."""


@dataclass(frozen=True, eq=False)
class Tinting:
    """Colours for the ink of images.

    Attributes:
        colours: of full ink, uint8, shape (k, 3).
        chosen: which of them each image has, uint8, shape (n,).
    """

    colours: np.ndarray
    chosen: np.ndarray


@dataclass(frozen=True, eq=False)
class MosaicPicture:
    """Images in a grid, row by row: grey ones in ink on paper, coloured ones in their colours.

    Attributes:
        images: levels, uint8, shape (n, height, width), or (n, height, width, 3).
        levels: number of levels.
        order: which image is at each place, int, shape (n,); None for their own order.
        tinting: colours of their ink, of coloured images those of a band below each; None for the theme's.
        in_row: images in a row; None makes as many rows.
        gap: pixels of background between two images, and around them all.
    """

    images: np.ndarray
    levels: int
    order: np.ndarray | None = None
    tinting: Tinting | None = None
    in_row: int | None = None
    gap: int = GAP
    _places: np.ndarray | None = field(init=False)

    def __post_init__(self) -> None:
        places = None
        if self.order is not None:
            places = np.empty_like(self.order)
            places[self.order] = np.arange(len(self.order))
        object.__setattr__(self, "_places", places)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def columns(self) -> int:
        """Images in a row."""
        return self.in_row or max(1, math.ceil(math.sqrt(len(self.images))))

    @property
    def rows(self) -> int:
        """Number of rows."""
        return max(1, math.ceil(len(self.images) / self.columns))

    @property
    def cell(self) -> tuple[int, int]:
        """Height and width of an image with its band and gap."""
        return self.images.shape[1] + self.band + self.gap, self.images.shape[2] + self.gap

    @property
    def is_coloured(self) -> bool:
        """True if the images have colours of their own."""
        return self.images.ndim == 4

    @property
    def band(self) -> int:
        """Pixels of tint below every image."""
        return 0 if self.tinting is None or not self.is_coloured else 1 + self.images.shape[1] // BAND_SHARE

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in image pixels."""
        height, width = self.cell
        return self.rows * height + self.gap, self.columns * width + self.gap

    def height_at(self, width: int) -> float:
        """Pixels that it would be high in a width, in any height."""
        high, wide = self.size
        return high * width / wide

    def height_in(self, room: QSize) -> float:
        """Pixels that it is high where a room shows all of it."""
        high, wide = self.size
        return high * drawn_scale(min(room.height() / high, room.width() / wide))

    def place_of(self, index: int) -> int:
        """The place of an image."""
        return index if self._places is None else int(self._places[index])

    def index_at(self, place: int) -> int:
        """The image at a place."""
        return place if self.order is None else int(self.order[place])

    @property
    def shades(self) -> int:
        """Colours of one ink: as many as there are levels, or as the table has room for."""
        inks = 1 if self.tinting is None else len(self.tinting.colours)
        return min(self.levels, PAPER // inks)

    @property
    def inks(self) -> int:
        """Colours of a table that its images have, from the first."""
        if self.is_coloured:
            return CUBE**3 + self._tints
        return self.shades * (1 if self.tinting is None else len(self.tinting.colours))

    def indices(self) -> np.ndarray:
        """The picture as indices into `table`, uint8, shape `size`."""
        rows, columns = self.rows, self.columns
        cells = self._coloured_cells() if self.is_coloured else self._inked_cells()
        height, width = cells.shape[1:]
        grid = np.full((rows * self.cell[0] + self.gap, columns * self.cell[1] + self.gap), GRID, np.uint8)
        # Splitting axes makes a view: what is written there is written into the grid.
        body = grid[self.gap :, self.gap :].reshape(rows, self.cell[0], columns, self.cell[1])
        body[:, :height, :, :width] = cells.reshape(rows, columns, height, width).transpose(0, 2, 1, 3)
        return grid

    def _inked_cells(self) -> np.ndarray:
        """Grey images in their places as indices, uint8, shape (rows · columns, height, width)."""
        n, (height, width) = len(self), self.images.shape[1:]
        shades = self.images
        if self.shades < self.levels:
            shades = self._steps(self.shades)[shades]
        cells = np.full((self.rows * self.columns, height, width), PAPER, np.uint8)
        if self.order is None:
            cells[:n] = shades
        else:
            np.take(shades, self.order, axis=0, out=cells[:n])
        if self.tinting is not None:
            first = self.tinting.chosen * np.uint8(self.shades)
            cells[:n] += (first if self.order is None else first[self.order])[:, None, None]
        return cells

    def _coloured_cells(self) -> np.ndarray:
        """Coloured images in their places, each over its band, shape (rows · columns, height + band, width)."""
        n, (height, width) = len(self), self.images.shape[1:3]
        steps = self._steps(CUBE)
        red, green, blue = (steps[self.images[..., plane]] for plane in range(3))
        shades = np.uint8(CUBE * CUBE) * red + np.uint8(CUBE) * green + blue
        order = slice(None) if self.order is None else self.order
        cells = np.full((self.rows * self.columns, height + self.band, width), PAPER, np.uint8)
        cells[:n, :height] = shades[order]
        if self.tinting is not None:
            tints = CUBE**3 + self.tinting.chosen.astype(int) * self._tints // len(self.tinting.colours)
            cells[:n, height:] = tints.astype(np.uint8)[order][:, None, None]
        return cells

    def _steps(self, shades: int) -> np.ndarray:
        """The shade of each level, uint8, shape (levels,)."""
        return (np.arange(self.levels) * (shades - 1) / (self.levels - 1)).round().astype(np.uint8)

    @property
    def _tints(self) -> int:
        """Colours of bands that the table has room for."""
        return 0 if self.tinting is None else min(len(self.tinting.colours), PAPER - CUBE**3)

    def table(self, theme: Theme) -> np.ndarray:
        """The colours in a theme, uint8, shape (256, 3)."""
        table = np.empty((256, 3), np.uint8)
        table[:] = rgb(theme.paper)
        table[GRID] = rgb(theme.border)
        if self.is_coloured:
            # Between images of many colours a grey line is lost: they lie apart on the window itself.
            table[GRID] = rgb(theme.window)
            corners = np.indices((CUBE, CUBE, CUBE)).reshape(3, -1).T
            table[: CUBE**3] = (corners * (255 / (CUBE - 1))).round()
            if self.tinting is not None:
                chosen = np.arange(self._tints) * len(self.tinting.colours) // self._tints
                table[CUBE**3 : CUBE**3 + self._tints] = self.tinting.colours[chosen]
            return table
        share = np.linspace(0, 1, self.shades)
        if self.tinting is None:
            table[: self.shades] = theme.ink_table[(255 * share).astype(np.uint8)]
            return table
        paper = rgb(theme.paper).astype(float)
        inks = paper + share[None, :, None] * (self.tinting.colours[:, None].astype(float) - paper)
        table[: inks.shape[0] * self.shades] = inks.round().astype(np.uint8).reshape(-1, 3)
        return table


WHOLE_SCALE = 3.0
"""From here scales are whole numbers, so that all pixels of the picture are drawn alike."""


def drawn_scale(scale: float) -> float:
    """Pixels of a widget for one of a picture, given how many there is room for."""
    return math.floor(scale) if scale >= WHOLE_SCALE else scale


def columns_for(count: int, cell: tuple[int, int], gap: int, room: QSize) -> int:
    """Columns in which images are largest in a room: those of a square, or else of the room's own shape.

    Args:
        count: of images.
        cell: height and width of an image with its gap, in its pixels.
        gap: around all, likewise.
        room: in pixels of the window.
    """
    columns = np.arange(1, max(1, count) + 1)
    rows = -(-max(1, count) // columns)
    high, wide = rows * cell[0] + gap, columns * cell[1] + gap
    scale = np.minimum(room.height() / high, room.width() / wide)
    scale = np.array([drawn_scale(float(one)) for one in scale])
    best = np.flatnonzero(scale >= scale.max())
    square = math.ceil(math.sqrt(max(1, count)))
    if square in columns[best]:
        return square
    unlike = np.abs(np.log(high / wide) - math.log(room.height() / room.width()))
    return int(columns[best[np.argmin(unlike[best])]])


class Viewport:
    """Maps a picture to a widget; the picture never leaves the widget where it is larger, nor its middle where not.

    Attributes:
        zoom: 1 shows all of it.
    """

    def __init__(self) -> None:
        self._widget = QSizeF(1, 1)
        self._picture = QSizeF(1, 1)
        self._most = 1.0
        self.zoom = 1.0
        self._centre = QPointF(0.5, 0.5)

    def set_sizes(self, widget: QSizeF, picture: QSizeF, smallest: QSizeF) -> None:
        """Takes the sizes of widget and picture; a part of size `smallest` fills the widget at most."""
        if (widget, picture) != (self._widget, self._picture):
            centre = QPointF(
                self._centre.x() / self._picture.width() * picture.width(),
                self._centre.y() / self._picture.height() * picture.height(),
            )
            self._widget, self._picture, self._centre = widget, picture, centre
            fit = self._fit(picture)
            self._most = max(1.0, self._fit(smallest) / fit)
            self.zoom = min(self.zoom, self._most)
            self._keep_inside()

    @property
    def scale(self) -> float:
        """Pixels of the widget for one of the picture."""
        return drawn_scale(self._fit(self._picture) * self.zoom)

    @property
    def area(self) -> QRectF:
        """Rectangle of the whole picture in the widget, in part outside where it is enlarged."""
        scale = self.scale
        x = round(self._widget.width() / 2 - self._centre.x() * scale)
        y = round(self._widget.height() / 2 - self._centre.y() * scale)
        return QRectF(x, y, self._picture.width() * scale, self._picture.height() * scale)

    def to_picture(self, point: QPointF) -> QPointF:
        """A point of the widget, in pixels of the picture."""
        return (point - self.area.topLeft()) / self.scale

    def zoom_at(self, factor: float, point: QPointF) -> None:
        """Enlarges by a factor; what is under a point of the widget stays there."""
        held = self.to_picture(point)
        self.zoom = min(max(self.zoom * factor, 1.0), self._most)
        middle = QPointF(self._widget.width() / 2, self._widget.height() / 2)
        self._centre = held + (middle - point) / self.scale
        self._keep_inside()

    def pan(self, by: QPointF) -> None:
        """Moves the picture by so many pixels of the widget."""
        self._centre -= by / self.scale
        self._keep_inside()

    def show_part(self, part: QRectF) -> None:
        """Moves just so far that a part of the picture is in sight."""
        half = self._half()
        x = min(max(self._centre.x(), part.right() - half.width()), part.left() + half.width())
        y = min(max(self._centre.y(), part.bottom() - half.height()), part.top() + half.height())
        self._centre = QPointF(x, y)
        self._keep_inside()

    def reset(self) -> None:
        """Shows all of it."""
        self.zoom = 1.0
        self._keep_inside()

    def _fit(self, size: QSizeF) -> float:
        return max(1e-6, min(self._widget.width() / size.width(), self._widget.height() / size.height()))

    def _half(self) -> QSizeF:
        """Half of what the widget shows, in pixels of the picture."""
        return self._widget / (2 * self.scale)

    def _keep_inside(self) -> None:
        half = self._half()
        self._centre = QPointF(
            _between(self._centre.x(), half.width(), self._picture.width()),
            _between(self._centre.y(), half.height(), self._picture.height()),
        )


def _between(centre: float, half: float, size: float) -> float:
    """A centre such that half on both sides is inside; the middle where that cannot be."""
    return size / 2 if 2 * half >= size else min(max(centre, half), size - half)


WHEEL_ZOOM = 1.25
"""Enlargement for one notch of the wheel, or one key."""

NOTCH = 120
"""Angle of one notch of a wheel in Qt's units."""

MOSAIC_KEYS = KeyTable(
    tr("In the mosaic"),
    (
        ("Left, Right, Up, Down", tr("Follow the chain beside")),
        ("Home, End", tr("Follow the first chain, the last")),
    ),
)


class Mosaic(PixelWidget):
    """Shows images of integer levels in a grid; a click selects one.

    The wheel, a pinch and `zoom_by` enlarge; where it is enlarged, dragging moves it. Dragging an image takes it
    out: any, where all are in sight, else the one selected.

    Args:
        theme: colours.
        plain: whether images are neither selected nor enlarged; they can still be dragged out.

    Signals:
        selected: index of the image clicked.
        dragged: index of an image that is dragged out.
        zoomed: how many times it is enlarged.
        pointed: index of the image that the pointer has come to; −1 where it has left all.
    """

    selected = Signal(int)
    pointed = Signal(int)
    dragged = Signal(int)
    zoomed = Signal(float)

    def __init__(self, theme: Theme, plain: bool = False, parent: QWidget | None = None) -> None:
        super().__init__("mosaic", tr("Markov chains"), 17, parent)
        self._plain = plain
        self.setMouseTracking(True)
        if plain:
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        else:
            self.setMinimumSize(200, 200)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self._shown: MosaicPicture | None = None
        self._indices = np.zeros((0, 0), np.uint8)
        self._table = np.zeros(256, np.uint32)
        self._view = Viewport()
        self.describe: Callable[[int], str] | None = None
        """Text for an image's tooltip, by index."""
        self._selection: int | None = None
        self._pressed: QPointF | None = None
        self._grabbed: int | None = None
        self._panned = False
        self._pointed = -1
        self.set_theme(theme)

    def show_images(
        self,
        images: np.ndarray,
        levels: int,
        order: np.ndarray | None = None,
        tinting: Tinting | None = None,
        in_row: int | None = None,
        gap: int = GAP,
    ) -> None:
        """Shows images.

        Args:
            images: uint8 levels, shape (n, height, width).
            levels: number of levels.
            order: which image is at each place, shape (n,); None for their own order.
            tinting: colours of their ink; None for the theme's.
            in_row: images in a row; None makes as many rows.
            gap: pixels of background between two images, in pixels of theirs.
        """
        shown = MosaicPicture(images, levels, order, tinting, in_row, gap) if len(images) else None
        self.show_picture(shown)

    def show_picture(self, picture: MosaicPicture | None) -> None:
        """Shows images, or none."""
        self._shown = picture
        if self._selection is not None and self._selection >= self._count:
            self._selection = None
        self._compose()

    @property
    def shown(self) -> MosaicPicture | None:
        """State on show."""
        return self._shown

    @property
    def pixels(self) -> np.ndarray:
        """The picture, a pixel a pixel of the images, uint8, shape (height, width, 3)."""
        assert self._shown is not None
        return self._shown.table(self._theme)[self._indices]

    @property
    def zoom(self) -> float:
        """Enlargement of the picture."""
        return self._view.zoom

    @property
    def selection(self) -> int | None:
        """Index of the image selected."""
        return self._selection

    def select(self, index: int | None) -> None:
        """Marks an image, or none."""
        self._selection = index
        self.setAccessibleDescription(
            "" if index is None else tr("{number} of {count}", number=index + 1, count=self._count)
        )
        self.update()

    def zoom_by(self, factor: float, point: QPointF | None = None) -> None:
        """Enlarges about a point of the widget; without one about the selection, else the middle."""
        if self._shown is None or self._plain:
            return
        if point is None:
            chosen = self._selection
            point = QRectF(self.rect()).center()
            if chosen is not None and self.rect().contains(self.image_rect(chosen)):
                point = QRectF(self.image_rect(chosen)).center()
        before = self.zoom
        self._view.zoom_at(factor, point)
        self._after_zoom(before)

    def reset_zoom(self) -> None:
        """Shows all images."""
        before = self.zoom
        self._view.reset()
        self._after_zoom(before)

    def image_rect(self, index: int) -> QRect:
        """Rectangle of an image in the widget."""
        part = self._part(index)
        scale, corner = self._view.scale, self._view.area.topLeft()
        return QRect(
            round(corner.x() + part.x() * scale),
            round(corner.y() + part.y() * scale),
            round(part.width() * scale),
            round(part.height() * scale),
        )

    def index_at(self, position: QPoint) -> int | None:
        """Index of the image at a position in the widget, None beside the images."""
        shown = self._shown
        if shown is None or not self.rect().contains(position):
            return None
        point = self._view.to_picture(QPointF(position))
        column, row = int(point.x() // shown.cell[1]), int(point.y() // shown.cell[0])
        place = row * shown.columns + column
        inside = 0 <= column < shown.columns and 0 <= row < shown.rows and place < len(shown)
        return shown.index_at(place) if inside else None

    @property
    def _count(self) -> int:
        return 0 if self._shown is None else len(self._shown)

    def _part(self, index: int) -> QRectF:
        """Rectangle of an image in the picture."""
        assert self._shown is not None
        height, width = self._shown.cell
        row, column = divmod(self._shown.place_of(index), self._shown.columns)
        gap = self._shown.gap
        return QRectF(gap + column * width, gap + row * height, width - gap, height - gap)

    def _after_zoom(self, before: float) -> None:
        if self.zoom != before:
            self.setCursor(Qt.CursorShape.OpenHandCursor if self.zoom > 1 else Qt.CursorShape.ArrowCursor)
            self.zoomed.emit(self.zoom)
        self.update()

    def _fit(self) -> None:
        if self._shown is not None:
            height, width = self._shown.size
            cell_height, cell_width = self._shown.cell
            before = self.zoom
            smallest = QSizeF(cell_width + self._shown.gap, cell_height + self._shown.gap)
            self._view.set_sizes(QSizeF(self.size()), QSizeF(width, height), smallest)
            self._after_zoom(before)

    def _compose(self) -> None:
        if self._shown is not None:
            self._indices = self._shown.indices()
            red, green, blue = self._shown.table(self._theme).T.astype(np.uint32)
            self._table = 0xFF000000 | red << 16 | green << 8 | blue
            self._fit()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fits the picture."""
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws what is in sight, and a frame around the selection."""
        painter = QPainter(self)
        if self._shown is None:
            self._paint_placeholder(painter)
            self._paint_focus(painter)
            return
        scale = self._view.scale
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < WHOLE_SCALE)
        self._paint_pixels(painter, self._view.area, scale)
        if self._selection is not None:
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRect(self.image_rect(self._selection).adjusted(-1, -1, 1, 1))
        self._paint_focus(painter)

    def _paint_pixels(self, painter: QPainter, area: QRectF, scale: float) -> None:
        """Looks the colours up of what is in sight only: Qt scales true colours many times faster than indices."""
        seen = area.intersected(QRectF(self.rect()))
        height, width = self._indices.shape
        left, top = max(0, int((seen.x() - area.x()) / scale)), max(0, int((seen.y() - area.y()) / scale))
        right = min(width, int(np.ceil((seen.right() - area.x()) / scale)))
        bottom = min(height, int(np.ceil((seen.bottom() - area.y()) / scale)))
        colours = self._table.take(self._indices[top:bottom, left:right])
        high, wide = colours.shape
        picture = QImage(colours.data, wide, high, 4 * wide, QImage.Format.Format_RGB32)
        place = QRectF(area.x() + left * scale, area.y() + top * scale, wide * scale, high * scale)
        painter.drawImage(place, picture)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Enlarges about the pointer."""
        if self._plain or self._shown is None or not event.angleDelta().y():
            super().wheelEvent(event)
            return
        self.zoom_by(WHEEL_ZOOM ** (event.angleDelta().y() / NOTCH), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Selects the image under the pointer, at once where all are in sight: else the press may begin a move."""
        if event.button() is not Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        index = self.index_at(event.position().toPoint())
        self._pressed, self._panned, self._grabbed = event.position(), False, index
        if self.zoom > 1 and index != self._selection:
            self._grabbed = None
        elif index is not None:
            self._choose(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Takes an image out, or moves the picture."""
        index = self.index_at(event.position().toPoint())
        self._point_at(-1 if index is None else index)
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        way = event.position() - self._pressed
        if not self._panned and way.manhattanLength() < QApplication.startDragDistance():
            return
        if self._grabbed is not None:
            grabbed, self._grabbed, self._pressed = self._grabbed, None, None
            self.dragged.emit(grabbed)
        elif self.zoom > 1:
            self._panned, self._pressed = True, event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._view.pan(way)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Points at nothing any longer."""
        super().leaveEvent(event)
        self._point_at(-1)

    def _point_at(self, index: int) -> None:
        if index != self._pointed:
            self._pointed = index
            self.pointed.emit(index)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Selects where the picture was not moved."""
        pressed, self._pressed, self._grabbed = self._pressed, None, None
        if self.zoom > 1:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            index = self.index_at(event.position().toPoint())
            if pressed is not None and not self._panned and index is not None:
                self._choose(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys move the selection from place to place, and the picture with it; Home and End go to the ends."""
        shown = self._shown
        if shown is None:
            super().keyPressEvent(event)
            return
        last = len(shown) - 1
        place = -1 if self._selection is None else shown.place_of(self._selection)
        steps = {
            Qt.Key.Key_Left: place - 1,
            Qt.Key.Key_Right: place + 1,
            Qt.Key.Key_Up: place - shown.columns,
            Qt.Key.Key_Down: place + shown.columns,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        wanted = steps.get(Qt.Key(event.key()))
        if wanted is None:
            super().keyPressEvent(event)
            return
        wanted = 0 if place < 0 else wanted
        if 0 <= wanted <= last:
            index = shown.index_at(wanted)
            self._view.show_part(self._part(index))
            self._choose(index)

    def _choose(self, index: int) -> None:
        if self._plain:
            return
        self.select(index)
        self.selected.emit(index)

    def event(self, event: QEvent) -> bool:
        """Shows the description of the image under the pointer; follows two fingers."""
        if event.type() == QEvent.Type.ToolTip and self.describe is not None:
            position = self.cursor().pos()
            index = self.index_at(self.mapFromGlobal(position))
            if index is not None:
                QToolTip.showText(position, self.describe(index), self)
                return True
        if (
            isinstance(event, QNativeGestureEvent)
            and event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture
        ):
            self.zoom_by(max(0.1, 1 + event.value()), event.position())
            return True
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self.zoom_by(pinch.scaleFactor(), QPointF(self.mapFromGlobal(pinch.centerPoint().toPoint())))
                return True
        return super().event(event)
