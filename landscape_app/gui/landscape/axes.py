"""Axes over a landscape: panned, zoomed and reset with mouse and keys; a click takes a chain to follow."""

from __future__ import annotations

from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent

from landscape_app.gui.landscape.overlay import ChainsOverlay
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.key_table import KeyTable
from landscape_app.gui.widgets.plot_series import Series
from landscape_app.gui.widgets.plots import Plot
from landscape_app.session.landscape import Bounds

PAN = 0.1
"""Share of the range on view by which an arrow key pans."""

ZOOM = 1.25
CLOSEST = 1 / 200
"""Smallest part of the bounds on view."""

FARTHEST = 3.0
"""Largest range on view, in units of the bounds."""

AXES_KEYS = KeyTable(
    "On a landscape of one or two coordinates",
    (
        ("Left, Right, Up, Down", "Move the view"),
        ("PgUp, PgDown", "Zoom in, out"),
        ("Home", "All of the landscape"),
    ),
)

ADVICE = "Drag to pan, wheel to zoom, Home to reset; arrows, Page up and Page down with the keyboard."


ALIKE = 4.0
"""Ratio of the ranges of two coordinates up to which both are drawn to one scale."""


def are_alike(bounds: Bounds) -> bool:
    """Whether a unit can be as long along both coordinates without one of them becoming a line."""
    (left, right), (bottom, top) = bounds
    return 1 / ALIKE < (right - left) / (top - bottom) < ALIKE


class LandscapeAxes(Plot):
    """A plot whose ranges are a person's: they change with the landscape's bounds, and never with its numbers.

    Args:
        name: object name.
        title: what is shown.
        tooltip: what it means, in words.
        theme: colours.
        rug: whether the chains are ticks at the foot of the plot, rather than dots.

    Signals:
        taken: index of the chain that was clicked.
    """

    taken = Signal(int)

    def __init__(self, name: str, title: str, tooltip: str, theme: Theme, rug: bool = False) -> None:
        self.overlay: ChainsOverlay | None = None
        self._bounds: Bounds = ((0.0, 1.0), (0.0, 1.0))
        super().__init__(name, title, f"{tooltip}<br>{ADVICE}<br>Click a chain to follow it.", theme)
        self.setMouseEnabled(x=True, y=True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.getAxis("left").setWidth(52)
        self.getViewBox().disableAutoRange()
        self.overlay = ChainsOverlay(theme, rug)
        self.addItem(self.overlay, ignoreBounds=True)
        self.scene().sigMouseClicked.connect(self._on_click)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        self.showGrid(x=False, y=False)
        if self.overlay is not None:
            self.overlay.set_theme(theme)

    def chains_series(self) -> list[Series]:
        """Where the chains are in the plot, and the steps of the one that is followed."""
        assert self.overlay is not None
        across, up = self.named_axis("bottom", "x"), self.named_axis("left", "y")
        marks = self.overlay.marks
        found = []
        for name, points in (("chains", marks.chains), ("followed chain", marks.places)):
            if len(points):
                found.append(Series((f"{name}: {across}", points[:, 0]), ((f"{name}: {up}", points[:, 1]),)))
        return found

    def set_bounds(self, bounds: Bounds) -> None:
        """Takes the ends of both axes, and shows all between them."""
        self._bounds = bounds
        (left, right), (bottom, top) = bounds
        width, height = right - left, top - bottom
        self.getViewBox().setLimits(
            xMin=left - FARTHEST * width,
            xMax=right + FARTHEST * width,
            yMin=bottom - FARTHEST * height,
            yMax=top + FARTHEST * height,
            minXRange=CLOSEST * width,
            minYRange=CLOSEST * height,
            maxXRange=(1 + 2 * FARTHEST) * width,
            maxYRange=(1 + 2 * FARTHEST) * height,
        )
        self.reset_view()

    def reset_view(self) -> None:
        """Shows everything."""
        x, y = self._bounds
        self.setRange(xRange=x, yRange=y, padding=0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pans, zooms and resets."""
        view = self.getViewBox()
        (left, right), (bottom, top) = view.viewRange()
        width, height = PAN * (right - left), PAN * (top - bottom)
        keys = Qt.Key
        pans = {
            keys.Key_Left: (-width, 0.0),
            keys.Key_Right: (width, 0.0),
            keys.Key_Up: (0.0, height),
            keys.Key_Down: (0.0, -height),
        }
        zooms = {keys.Key_PageUp: 1 / ZOOM, keys.Key_PageDown: ZOOM}
        key = keys(event.key())
        if key in pans:
            x, y = pans[key]
            view.translateBy(x=x, y=y)
        elif key in zooms:
            view.scaleBy((zooms[key], zooms[key]))
        elif key == keys.Key_Home:
            self.reset_view()
        else:
            super().keyPressEvent(event)

    def _on_click(self, event: MouseClickEvent) -> None:
        assert self.overlay is not None
        if event.button() != Qt.MouseButton.LeftButton:
            return
        chain = self.overlay.nearest(event.scenePos())
        if chain is not None:
            event.accept()
            self.taken.emit(chain)
