"""Shades and contours of energies and densities."""

from __future__ import annotations

import enum

import contourpy
import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from landscape_app.gui.theme import Theme, rgb
from landscape_app.language import tr
from landscape_app.session.landscape.plane import Landscape

FLAT = 0.1
"""Least nats between the first and the last shade: a landscape that is flat looks flat."""

SPAN = 12.0
"""Nats above the lowest energy that are told apart: what lies higher is rarer by exp(−12), six in a million."""

CONTOUR_STEP = 2.0
"""Nats between two contours."""

SHARES = (0.5, 0.9, 0.99)
"""Of the probability, which the contours of a density enclose."""

DEEPEST = 0.62
"""Darkest shade, from the paper at 0 to the ink at 1."""


class Quantity(enum.Enum):
    """Quantities that a landscape shows."""

    ENERGY = tr("H, energy")
    SURPRISAL = "−log p"
    DENSITY = tr("p, density")

    def values(self, landscape: Landscape) -> np.ndarray:
        """The numbers at the nodes."""
        if self is Quantity.ENERGY:
            return landscape.energy
        return -landscape.log_density if self is Quantity.SURPRISAL else np.exp(landscape.log_density)

    def unit(self, dimensions: int, energy: str = "H") -> str:
        """Symbol and unit, for an axis.

        Args:
            dimensions: of the landscape.
            energy: symbol of the energy that is drawn.
        """
        if self is Quantity.DENSITY:
            return tr("p (per unit of x)") if dimensions == 1 else tr("p (per unit of x and y)")
        symbol = energy if self is Quantity.ENERGY else "−log p"
        return tr("{quantity} ({unit})", quantity=symbol, unit=tr("nats"))

    def levels(self, values: np.ndarray) -> tuple[float, float]:
        """Lowest and highest number that have a shade of their own."""
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        if self is Quantity.DENSITY:
            return 0.0, high or 1.0
        return low, max(min(high, low + SPAN), low + FLAT)

    def contours(self, landscape: Landscape) -> list[float]:
        """Numbers at which there is a contour."""
        if self is Quantity.DENSITY:
            return sorted({float(np.exp(landscape.enclosing(share))) for share in SHARES})
        low, high = self.levels(self.values(landscape))
        return [float(level) for level in np.arange(low + CONTOUR_STEP, high, CONTOUR_STEP)]

    @property
    def about_contours(self) -> str:
        """Description of the contours."""
        if self is Quantity.DENSITY:
            return tr("around 50, 90 and 99% of the probability")
        return tr(
            "every {step:g} nats, up to {span:g} above the lowest",
            step=CONTOUR_STEP,
            span=SPAN,
        )


def ramp(theme: Theme, quantity: Quantity) -> pg.ColorMap:
    """From paper, where it is improbable, to a deep grey, where it is probable: marks in colour stand out."""
    paper, ink = rgb(theme.surface).astype(float), rgb(QColor(theme.text)).astype(float)
    deep = paper + DEEPEST * (ink - paper)
    ends = [paper, deep] if quantity is Quantity.DENSITY else [deep, paper]
    return pg.ColorMap([0.0, 1.0], np.array(ends).round().astype(np.ubyte))


def contour_lines(landscape: Landscape, quantity: Quantity) -> np.ndarray:
    """Points of all contours of a plane, a row of NaN behind each piece, shape (n, 2)."""
    values = np.ma.masked_invalid(quantity.values(landscape))
    x, y = landscape.axes
    generator = contourpy.contour_generator(x, y, values)
    pieces = [line for level in quantity.contours(landscape) for line in generator.lines(level)]
    gap = np.full((1, 2), np.nan)
    return np.concatenate([part for line in pieces for part in (line, gap)] or [gap])
