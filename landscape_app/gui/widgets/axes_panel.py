"""A panel of a figure that has axes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from landscape_app.experiments.figure import Panel
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.mark_items import MarkItem, item_for
from landscape_app.gui.widgets.panel_bounds import Bounds, bounds_of, scales_of, steady
from landscape_app.gui.widgets.panel_series import series_of_panel
from landscape_app.gui.widgets.plot_series import Series
from landscape_app.gui.widgets.plots import LogAxis, Plot
from landscape_app.gui.widgets.tick_names import TickName, names_in_lines, names_side_by_side

LEFT_AXIS = 56
"""Width of the vertical axis with numbers and a name: fixed, so that longer numbers do not shift the plot."""

AXIS_NAME = 24
"""Width of the name of a vertical axis, with the gap between it and what stands at the ticks."""


class AxesPanel(Plot):
    """Draws the marks of a panel, and changes them in place.

    Args:
        name: object name.
        theme: colours.
    """

    def __init__(self, name: str, theme: Theme) -> None:
        self._marks: list[MarkItem] = []
        self._panel: Panel | None = None
        self._shown: Bounds | None = None
        self._tick_names: dict[str, Sequence[TickName]] = {}
        super().__init__(name, "", "", theme, left=LogAxis("left"), bottom=LogAxis("bottom"))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.getViewBox().disableAutoRange()
        self.getAxis("left").setWidth(LEFT_AXIS)
        self.getViewBox().sigResized.connect(self._show_tick_names)

    def sizeHint(self) -> QSize:
        """No more than it needs: a layout that asked for nothing would cut it where what is above it wraps."""
        return self.minimumSize()

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self._panel is not None:
            self._draw_marks(self._panel)

    def show_panel(self, panel: Panel, fresh: bool) -> None:
        """Draws a panel.

        Args:
            panel: it has axes.
            fresh: whether it has nothing to do with the one before, so that its ranges are its own.
        """
        self._draw_marks(panel)
        self._draw_axes(panel)
        wanted = bounds_of(panel)
        if fresh or self._panel is None or self._shown is None or scales_of(panel) != scales_of(self._panel):
            shown = wanted
        else:
            shown = Bounds(
                wanted.x if panel.x_range is not None else steady(self._shown.x, wanted.x),
                wanted.y if panel.y_range is not None else steady(self._shown.y, wanted.y),
            )
        if shown != self._shown or self._panel is None or panel.square != self._panel.square:
            self.setAspectLocked(panel.square)
            self.setRange(xRange=shown.x, yRange=shown.y, padding=0)
        self._shown, self._panel = shown, panel

    def name_ticks(self, bottom: Sequence[TickName] = (), left: Sequence[TickName] = ()) -> None:
        """Puts names in place of numbers along the axes; none where there are none.

        Args:
            bottom: along the horizontal axis, at places that are 1 apart.
            left: along the vertical axis, likewise.
        """
        self._tick_names = {"bottom": bottom, "left": left}
        self._show_tick_names()

    def _show_tick_names(self) -> None:
        if not self._tick_names or self._shown is None:
            return
        box, metrics = self.getViewBox(), QFontMetrics(self.getAxis("left").style["tickFont"])
        for side, (low, high), length, choose in (
            ("bottom", self._shown.x, box.width(), names_side_by_side),
            ("left", self._shown.y, box.height(), names_in_lines),
        ):
            axis, names = self.getAxis(side), self._tick_names[side]
            shown = choose(names, length / (high - low), metrics)
            axis.setTicks([list(shown)] if names else None)
            if side == "left":
                longest = max((metrics.horizontalAdvance(name) for _, name in shown), default=0)
                axis.setWidth(max(LEFT_AXIS, longest + AXIS_NAME))

    @property
    def pictured(self) -> QWidget:
        """The card around it, where title and legend are."""
        return self.parentWidget() or self

    def series(self) -> list[Series]:
        """The numbers of every mark."""
        return [] if self._panel is None else series_of_panel(self._panel)

    def _draw_marks(self, panel: Panel) -> None:
        item, scales = self.getPlotItem(), scales_of(panel)
        for depth, mark in enumerate(panel.marks):
            kind = item_for(mark)
            if depth < len(self._marks) and type(self._marks[depth]) is not kind:
                self._marks[depth].remove()
                self._marks[depth] = kind(item, depth)
            elif depth == len(self._marks):
                self._marks.append(kind(item, depth))
            self._marks[depth].show(mark, scales, self._theme)
            self._marks[depth].fit(self.height())
        for mark_item in self._marks[len(panel.marks) :]:
            mark_item.remove()
        del self._marks[len(panel.marks) :]

    def _draw_axes(self, panel: Panel) -> None:
        self._show_numbers("left", bool(panel.marks) or panel.y_range is not None)
        self._show_numbers("bottom", bool(panel.marks) or panel.x_range is not None)
        if self._panel is None or scales_of(panel) != scales_of(self._panel):
            self.getAxis("bottom").setLogMode(x=panel.x_log, y=False)
            self.getAxis("left").setLogMode(x=False, y=panel.y_log)
        for side, text, old in (
            ("bottom", panel.x_label, "" if self._panel is None else self._panel.x_label),
            ("left", panel.y_label, "" if self._panel is None else self._panel.y_label),
        ):
            if text != old:
                self.label_axis(side, text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fits what depends on the height of the plot."""
        super().resizeEvent(event)
        for mark_item in self._marks:
            mark_item.fit(self.height())
