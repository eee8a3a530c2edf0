"""A panel of a figure in a window, drawn by matplotlib in a background thread."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QRectF, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFontInfo,
    QImage,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    Qt,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from landscape_app.experiments.figure import (
    RESULTS,
    Bars,
    Curve,
    Heatmap,
    Images,
    Limits,
    Mark,
    Marker,
    Panel,
    Points,
    Role,
    Style,
    is_equal,
    limits_of,
)
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.plots import SHARPNESS, Column, PlotMenu, Series
from landscape_app.language import tr
from landscape_app.runs.atomic import atomic_write

if TYPE_CHECKING:
    from landscape_app.experiments.render import PanelSheet, Picture

LEAST_WIDTH, LEAST_HEIGHT = 190, 176
"""Least size of a panel; where there is less room, the figure scrolls."""

LEAST_PLOT = 96
"""Least height of a plot between its axes, below a title and a legend of any length."""

DRAWINGS = 4.5
"""Most drawings of a live figure a second."""

REST = 4.0
"""Pause after a drawing of a live figure, in times that it took: the experiment gets the processor."""

LOOK_MILLISECONDS = 15
"""Time between two looks at a drawing under way."""

HINT = tr("Its menu, by right click or Shift+F10, exports it as PNG, SVG or CSV")

Task = tuple[Callable[[], Any], Callable[[Any], None]]
"""A drawing, done in the background thread, and what takes it, called in the window's thread."""

_thread = ThreadPoolExecutor(1, thread_name_prefix="drawing")


class Drawer(QObject):
    """Draws in the background thread; the window never waits.

    Args:
        tasks: all drawings that are due.
        parent: with which it ends.
    """

    def __init__(self, tasks: Callable[[], Sequence[Task]], parent: QWidget) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._asked = False
        self._next = 0.0
        self._drawing: Future[tuple[list[Any], float]] | None = None
        self._takers: list[Callable[[Any], None]] = []
        self._timer = QTimer(self, interval=LOOK_MILLISECONDS)
        self._timer.timeout.connect(self._look)

    @property
    def is_idle(self) -> bool:
        """True while nothing is due or under way."""
        return self._drawing is None and not self._asked

    def ask(self, live: bool = False) -> None:
        """Asks for the drawings that are due; `live` ones wait for their turn."""
        self._asked = True
        if not live:
            self._next = 0.0
        if not self._timer.isActive():
            self._timer.start()

    def _look(self) -> None:
        if self._drawing is not None and self._drawing.done():
            drawing, self._drawing = self._drawing, None
            pictures, seconds = drawing.result()
            self._next += REST * seconds
            for take, picture in zip(self._takers, pictures, strict=True):
                take(picture)
        if self._drawing is None and self._asked and time.perf_counter() >= self._next:
            self._begin()
        if self.is_idle:
            self._timer.stop()

    def _begin(self) -> None:
        self._asked = False
        tasks = self._tasks()
        if tasks:
            self._takers = [take for _, take in tasks]
            self._next = time.perf_counter() + 1 / DRAWINGS
            self._drawing = _thread.submit(_draw_all, [draw for draw, _ in tasks])


def _draw_all(drawings: Sequence[Callable[[], Any]]) -> tuple[list[Any], float]:
    """All pictures, and the seconds that they took."""
    start = time.perf_counter()
    return [draw() for draw in drawings], time.perf_counter() - start


class PanelCanvas(QWidget):
    """Shows a panel.

    Args:
        name: object name.
        theme: colours.

    Signals:
        stale: a drawing is due; true where it belongs to a live figure.
    """

    accessible_role = QAccessible.Role.Chart

    stale = Signal(bool)

    def __init__(self, name: str, theme: Theme) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(tr("Plot"))
        self.setToolTip(HINT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(LEAST_WIDTH, LEAST_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.menu = PlotMenu(self, self.series, picture=self.write_picture)
        self.panel = Panel("", ())
        self.limits: Limits | None = None
        self._theme, self._style = theme, style_of(theme)
        self._sheet: PanelSheet | None = None
        self._image: QImage | None = None
        self._is_stale = True

    def show_panel(self, panel: Panel, fresh: bool = True) -> None:
        """Shows a panel.

        Args:
            panel: what to show.
            fresh: unrelated to the panel before; else the ends of the axes stay as long as they serve.
        """
        before, self.panel = self.panel, panel
        same_scales = (panel.x_log, panel.y_log) == (before.x_log, before.y_log)
        self.limits = limits_of(panel, self.limits if same_scales and not fresh and before.marks else None)
        if panel.title:
            self.setAccessibleName(panel.title)
            self.setToolTip("\n".join(part for part in (panel.title, _axes_of(panel), HINT) if part))
        self.setAccessibleDescription(", ".join(part for part in (_axes_of(panel), *names_of(panel)) if part))
        if not is_equal(panel, before) or fresh:
            self._expire(not fresh)

    def clear(self) -> None:
        """Shows nothing until the next drawing."""
        self._image = None
        self._expire()

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme, self._style = theme, style_of(theme)
        self._expire()

    def tasks(self) -> list[Task]:
        """The drawing that is due, if any."""
        if not self._is_stale or not self.isVisible():
            return []
        self._is_stale = False
        dpi, ratio = self.logicalDpiY(), self.devicePixelRatioF()
        return [
            (partial(self._draw, *self._drawn, dpi * ratio, LEAST_PLOT / dpi), partial(self._take, ratio))
        ]

    def series(self) -> list[Series]:
        """The numbers of every mark."""
        return series_of(self.panel)

    def write_picture(self, path: Path, format: str) -> None:
        """Writes the panel as "png" or "svg".

        Raises:
            RunFileError: the file cannot be written.
        """
        from landscape_app.experiments.render import write_panel

        with atomic_write(path) as part:
            write_panel(*self._drawn, SHARPNESS * self.logicalDpiY(), part, format)

    @property
    def image(self) -> QImage | None:
        """The last drawing."""
        return self._image

    @property
    def _drawn(self) -> tuple[Panel, Style, float, float]:
        """The panel between its ends, its style, and its size in inches."""
        panel, dpi = self.panel, self.logicalDpiY()
        if self.limits is not None:
            panel = replace(panel, x_range=self.limits.x, y_range=self.limits.y)
        if not self.panel.marks:
            panel = self.panel
        return panel, self._style, self.width() / dpi, self.height() / dpi

    def _expire(self, live: bool = False) -> None:
        self._is_stale = True
        self.stale.emit(live)

    def _draw(self, *arguments: Any) -> Picture:
        """Loads matplotlib, in the background thread."""
        from landscape_app.experiments.render import PanelSheet

        if self._sheet is None:
            self._sheet = PanelSheet()
        return self._sheet.picture_of(*arguments)

    def _take(self, ratio: float, picture: Picture) -> None:
        around = math.ceil(picture.around * self.logicalDpiY())
        self.setMinimumHeight(max(LEAST_HEIGHT, around + LEAST_PLOT + 1))
        if picture.pixels is not None:
            height, width = picture.pixels.shape[:2]
            image = QImage(picture.pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
            self._image = image.copy()
            self._image.setDevicePixelRatio(ratio)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Shows the last drawing, stretched until there is one of the size, and a line where the keys are.

        Before the first, which may take seconds, it shows what will be there.
        """
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._style.surface))
        if self._image is not None:
            painter.drawImage(QRectF(self.rect()), self._image)
        elif self.panel.marks:
            painter.setPen(QColor(self._theme.muted))
            middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), middle, self.panel.title or _axes_of(self.panel))
        if self.hasFocus():
            painter.setPen(QColor(self._theme.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Asks for a drawing of the size."""
        super().resizeEvent(event)
        self._expire()

    def showEvent(self, event: QShowEvent) -> None:
        """Asks for what was not drawn while nobody saw it."""
        super().showEvent(event)
        if self._is_stale:
            self.stale.emit(False)

    def event(self, event: QEvent) -> bool:
        """Asks for a drawing of another sharpness where the window goes to another screen."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._expire()
        return super().event(event)


def style_of(theme: Theme) -> Style:
    """A theme's colours, and the font of the windows."""
    roles = {
        Role.MODEL: theme.model,
        Role.DATA: theme.training,
        Role.TRUTH: theme.text,
        Role.RIVAL: theme.held_out,
        Role.OTHER: theme.other,
        Role.ANY: theme.muted,
        **dict(zip(RESULTS, theme.results, strict=True)),
    }
    return Style(
        roles=roles,
        surface=theme.surface,
        text=theme.text,
        muted=theme.muted,
        border=theme.border,
        paper=theme.paper,
        ink=theme.ink,
        family=QFontInfo(QApplication.font()).family(),
    )


def names_of(panel: Panel) -> tuple[str, ...]:
    """The names in the legend of a panel, each once."""
    names = (mark.name for mark in panel.marks if not isinstance(mark, Heatmap | Images))
    return tuple(dict.fromkeys(name for name in names if name))


def _axes_of(panel: Panel) -> str:
    return tr("{y} against {x}", y=panel.y_label, x=panel.x_label) if panel.x_label and panel.y_label else ""


def series_of(panel: Panel) -> list[Series]:
    """The numbers of every mark of a panel, in their order."""
    x, y = panel.x_label or "x", panel.y_label or "y"
    return [_series_of(mark, x, y) for mark in panel.marks]


def _series_of(mark: Mark, x: str, y: str) -> Series:
    match mark:
        case Images():
            return _pixels_of(mark)
        case Heatmap():
            across, up = np.meshgrid(mark.x, mark.y)
            return Series(
                (x, across.ravel()), ((y, up.ravel()), (mark.name, np.asarray(mark.values).ravel()))
            )
        case Marker():
            return Series(
                ("line", np.array([mark.name or "line"])), ((x if mark.upright else y, np.array([mark.at])),)
            )
    name = f"{mark.name}: {y}" if mark.name else y
    if isinstance(mark, Bars):
        return Series((f"from {x}", mark.edges[:-1]), ((f"to {x}", mark.edges[1:]), (name, mark.heights)))
    values: list[Column] = [(name, mark.y)]
    if isinstance(mark, Curve) and mark.low is not None and mark.high is not None:
        values += [(f"{name}, low edge of the band", mark.low), (f"{name}, high edge of the band", mark.high)]
    if isinstance(mark, Points) and mark.error is not None:
        values.append((f"{name}, half an error bar", mark.error))
    return Series((x, mark.x), tuple(values))


def _pixels_of(mark: Images) -> Series:
    """The value of every pixel, with the names of its row and column in the figure, where it has them."""
    number, row, column = (index.ravel() for index in np.indices(mark.images.shape))
    values: list[Column] = [("row", row), ("column", column), ("value", mark.images.ravel())]
    for name, names, place in (
        ("name of its row", mark.rows, number // mark.columns),
        ("name of its column", mark.heads, number % mark.columns),
    ):
        if names:
            padded = np.array([*names, ""], dtype=object)
            values.append((name, padded[np.minimum(place, len(names))]))
    return Series(("image", number + 1), tuple(values))
