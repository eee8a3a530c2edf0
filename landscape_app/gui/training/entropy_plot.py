"""The entropy and the cross-entropies against the epoch: error bands, the state that is kept, and bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import QMenu

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.plots import EpochPlot, Series
from landscape_app.language import english_of, tr
from landscape_app.physics.estimate import Estimate
from landscape_app.session.measurement import Measurement

CURVES = (("S", "model"), (tr("training"), "training"), (tr("validation"), "held_out"))
VALIDATION = 2

MOST_OF_BANDS = 0.5
"""Most that bands add to the vertical axis at either end, as a share of what the curves span."""


MANY_NATS = 20.0
"""From so many on one decimal is shown."""


def in_short(nats: Estimate) -> str:
    """Nats with their error or bounds, in the digits of the header."""
    return f"{nats:.{1 if abs(nats.value) >= MANY_NATS else 2}f}"


class Reading(NamedTuple):
    """Figures at one epoch.

    Attributes:
        curves: S and the cross-entropies of the training and the validation set, of which the last has the error of
            its finite number of items, too.
        log_z_error: standard error of log Z; NaN where bounds are all that is known.
        scatter: standard error of the validation nats from the finite number of items alone.
    """

    curves: tuple[Estimate, Estimate, Estimate]
    log_z_error: float
    scatter: float

    @classmethod
    def of(cls, found: Measurement) -> Reading:
        """Reading of a measurement: the very estimates that the header shows."""
        return cls((found.s, found.training, found.validation), _error(found.log_z), found.validation_scatter)

    @classmethod
    def of_numbers(cls, values: np.ndarray, errors: np.ndarray, scatter: float) -> Reading:
        """Reading of numbers and their standard errors, the latter of S and of log Z, shapes (3,)."""
        s, training, validation = (
            Estimate(v, e) for v, e in zip(values.tolist(), errors.tolist(), strict=True)
        )
        return cls((s, training, validation.plus(0.0, scatter)), validation.error, scatter)


def _error(estimate: Estimate) -> float:
    """Standard error; NaN of bounds, which have none."""
    return math.nan if estimate.is_bracket else estimate.error


class EntropyPlot(EpochPlot):
    """Three curves in nats with bands of one standard error; a ring marks the best state, crosses bounds.

    Args:
        name: object name.
        tooltip: what it means, in words.
        theme: colours.

    Attributes:
        edges: lower and upper end of each band, a standard error from its curve.
        bands: the area between them.
        best: the ring.
        bounds: the crosses.
    """

    side_padding = 0.05
    """The ring is whole at the last epoch."""

    log_axes = "x"
    smooths = False

    def __init__(self, name: str, tooltip: str, theme: Theme) -> None:
        self.bands: list[pg.FillBetweenItem] = []
        self.best: pg.ScatterPlotItem | None = None
        self.bounds: pg.ScatterPlotItem | None = None
        self._errors = np.zeros((0, len(CURVES)))
        self._scatter = np.zeros(0)
        self._found: dict[float, Measurement] = {}
        self._best: tuple[float, float] | None = None
        self._bounds = np.zeros((0, 2))
        self._zoomed = False
        super().__init__(name, tr("Entropy:"), tooltip, theme, CURVES)
        self.edges = [(pg.PlotDataItem(), pg.PlotDataItem()) for _ in CURVES]
        self.bands = [pg.FillBetweenItem(low, high) for low, high in self.edges]
        for band in self.bands:
            band.setZValue(-5)
            self.addItem(band)
        self.best = pg.ScatterPlotItem(size=9, brush=None)
        self.bounds = pg.ScatterPlotItem(size=8, symbol="x")
        self.addItem(self.best)
        self.addItem(self.bounds)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        for curve, band, (_, colour) in zip(self.lines, self.bands, CURVES, strict=False):
            shade = QColor(getattr(theme, colour))
            curve.setSymbol("o")
            curve.setSymbolSize(3)
            curve.setSymbolPen(None)
            curve.setSymbolBrush(shade)
            shade.setAlphaF(0.22)
            band.setBrush(shade)
        if self.best is not None:
            self.best.setPen(pg.mkPen(theme.text, width=1.2))
        if self.bounds is not None:
            self.bounds.setPen(pg.mkPen(theme.warning, width=1.2))

    def series(self) -> list[Series]:
        """The curves by the epoch with their standard errors, and the least and the most that each may be.

        The figures are those of the header. A number has its standard error, and lies within two of them. Where
        bounds are all that is known there is neither number nor error, and lower and upper are the bounds. The number
        for the training set is about its very items; its error is that of log Z alone. That of the finite number of
        validation items has a column of its own.
        """
        epochs = self._data[0]
        # Of a bound from one side no error is known either: it is told where the measurement itself is at hand.
        places = np.union1d(epochs, self._bounds[:, 0]) if self._found else epochs
        rows = [self._reading_at(epoch) for epoch in places]
        names = [name for name, _ in CURVES]
        estimates = [[row.curves[i] for row in rows] for i in range(len(CURVES))]

        def column(name: str, numbers: list[float]) -> tuple[str, np.ndarray]:
            return self.with_unit(name), np.array(numbers, float)

        columns = [
            column(name, [math.nan if one.is_bracket else one.value for one in of])
            for name, of in zip(names, estimates, strict=True)
        ]
        errors = {name: [_error(one) for one in of] for name, of in zip(names, estimates, strict=True)}
        errors |= {
            "log Z": [row.log_z_error for row in rows],
            "validation items": [row.scatter for row in rows],
        }
        columns += [
            column(f"standard error of {english_of(name)}", numbers) for name, numbers in errors.items()
        ]
        for name, of in zip(names, estimates, strict=True):
            for side, end in enumerate(("lower", "upper")):
                columns.append(column(f"{english_of(name)}, {end}", [one.bounds[side] for one in of]))
        return [Series((self.named_axis("bottom", self._counts), places), tuple(columns))]

    def show_measurements(
        self,
        epochs: np.ndarray,
        values: np.ndarray,
        errors: np.ndarray,
        best: tuple[float, float] | None = None,
        scatter: np.ndarray | None = None,
        found: Sequence[Measurement] = (),
    ) -> None:
        """Draws the curves and their bands, and crosses where there is a bound from one side only.

        Args:
            epochs: shape (n,).
            values: S and the cross-entropies of the training and the validation set, nats, shape (n, 3).
            errors: standard errors of S and of log Z for both sets, or half the distance of bounds, shape (n, 3); not
                finite for a single bound.
            best: epoch and validation nats of the best state; None for the lowest point.
            scatter: standard error of the validation nats from the finite number of items alone, shape (n,), which
                is in no band; None for 0.
            found: the measurements themselves, by which figures are told; none where all are numbers with errors.
        """
        drawn = np.isfinite(values).all(1) & np.isfinite(errors).all(1)
        bounds = ~drawn & np.isfinite(values[:, VALIDATION])
        self._bounds = np.stack([epochs[bounds], values[bounds, VALIDATION]], 1).astype(float)
        self._errors, self._best = errors[drawn], best
        self._scatter = np.zeros(int(drawn.sum())) if scatter is None else scatter[drawn]
        self._found = {float(row.epoch): row for row in found}
        if best is None and drawn.any():
            lowest = int(values[drawn, VALIDATION].argmin())
            self._best = float(epochs[drawn][lowest]), float(values[drawn][lowest, VALIDATION])
        self.show_data(epochs[drawn], values[drawn])

    def set_log(self, axis: str, logarithmic: bool) -> None:
        """Makes the axis of epochs logarithmic or linear, and draws bands and marks where they are then."""
        super().set_log(axis, logarithmic)
        self._draw()

    def _reading_at(self, epoch: float) -> Reading:
        """Figures at an epoch that was measured."""
        if epoch in self._found:
            return Reading.of(self._found[epoch])
        epochs, values = self._data
        row = int(np.searchsorted(epochs, epoch))
        return Reading.of_numbers(values[row], self._errors[row], float(self._scatter[row]))

    def _number_of(self, row: int, curve: int, value: float) -> str:
        """The number, or the bounds where these are all that is known."""
        estimate = self._reading_at(float(self._data[0][row])).curves[curve]
        if not estimate.is_bracket:
            return super()._number_of(row, curve, value)
        return in_short(estimate)

    def _draw(self) -> None:
        super()._draw()
        if self.best is None or self.bounds is None:
            return
        epochs, values = self._data

        def place(x: np.ndarray) -> np.ndarray:
            return np.log10(x) if self._log["x"] else x

        x = place(epochs.astype(float))
        for (low, high), band, column, error in zip(
            self.edges, self.bands, values.T, self._errors.T, strict=True
        ):
            low.setData(x, column - error)
            high.setData(x, column + error)
            band.setVisible(len(x) > 1)
        self.bounds.setData(place(self._bounds[:, 0]), self._bounds[:, 1])
        best = np.array([self._best] if self._best is not None and len(x) else [], float).reshape(-1, 2)
        self.best.setData(place(best[:, 0]), best[:, 1])
        self._set_range()

    def menu_actions(self, menu: QMenu) -> list[QAction]:
        """Those on the view, and the choice of the vertical axis."""
        action = QAction(tr("Zoom in on the latter half"), menu)
        action.setObjectName("zoom")
        action.setToolTip(
            tr("Scale the axis to the latter half of the measurements; the first fall is far above them")
        )
        action.setCheckable(True)
        action.setChecked(self._zoomed)
        action.toggled.connect(self.zoom)
        return [*super().menu_actions(menu), action]

    def zoom(self, on: bool) -> None:
        """Scales the vertical axis to the latter half of the measurements, or to all."""
        self._zoomed = on
        self._set_range()
        self.getViewBox().reset()

    def _set_range(self) -> None:
        values, errors = self._data[1], self._errors
        start = len(values) // 2 if self._zoomed else 0
        values, errors = values[start:], errors[start:]
        if not len(values):
            return
        low, high = float(values.min()), float(values.max())
        margin = min(1.0, max(0.1, 0.25 * (high - low)))
        # Bands are whole, but where they would leave the curves little of the height.
        most = max(margin, MOST_OF_BANDS * (high - low))
        below = min(most, max(margin, low - float((values - errors).min())))
        above = min(most, max(margin, float((values + errors).max()) - high))
        self.setYRange(low - below, high + above, padding=0.05)
