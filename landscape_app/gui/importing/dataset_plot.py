"""A data set of points or of columns as a plot: what the model will learn the density of."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout

from landscape_app.data import Dataset, Kind
from landscape_app.experiments.figure import Bars, Heatmap, Panel, Points
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.axes_panel import AxesPanel
from landscape_app.gui.widgets.naming import named

MOST_POINTS = 3_000
"""That are drawn, evenly spread over all."""

BINS = 60


class DatasetPlot(QFrame):
    """Shows a histogram, a scatter plot, or how often each value of a column is.

    Args:
        theme: colours.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        named(self, "card")
        self.plot = AxesPanel("import-plot", theme)
        self.plot.setAccessibleName("The data as the model will see them")
        self.plot.setToolTip("The data as the model will see them: rows that are left out are not among them")
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setMinimumHeight(160)
        self.panel: Panel | None = None
        # Nothing is read off before there is something.
        self.plot.show_panel(Panel("", ()), fresh=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 6, 3)
        layout.addWidget(self.plot)

    def show_dataset(self, dataset: Dataset) -> None:
        """Shows a data set of points, spins or categories."""
        self.panel = panel_of(dataset)
        self.plot.show_panel(self.panel, fresh=True)
        columns, values = names_of(dataset)
        self.plot.name_ticks(
            [(i + 1.0, name) for i, name in enumerate(columns)],
            [(float(level), value) for level, value in enumerate(values)],
        )

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.plot.set_theme(theme)


def panel_of(dataset: Dataset) -> Panel:
    """What there is to see of points, of which the first two coordinates are shown, or of columns of values.

    Args:
        dataset: of items of one axis.
    """
    items = dataset.items
    if dataset.kind is not Kind.POINTS:
        return _shares(dataset)
    names = [column.name for column in dataset.columns] or [f"x{i + 1}" for i in range(items.shape[1])]
    if items.shape[1] == 1:
        heights, edges = np.histogram(items[:, 0], BINS, density=True)
        return Panel("", (Bars(edges, heights),), x_label=names[0], y_label="density")
    step = max(1, len(items) // MOST_POINTS)
    x, y = items[::step, 0].astype(float), items[::step, 1].astype(float)
    return Panel("", (Points(x, y, size=3.0),), x_label=names[0], y_label=names[1])


def names_of(dataset: Dataset) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What columns of spins or categories are called, and their levels where all columns have the same."""
    if dataset.kind is Kind.POINTS:
        return (), ()
    columns = tuple(column.name for column in dataset.columns)
    columns = columns or tuple(str(i + 1) for i in range(dataset.items.shape[1]))
    values = _common_values(dataset) if dataset.kind is Kind.LEVELS else ()
    return columns, values


def _common_values(dataset: Dataset) -> tuple[str, ...]:
    """The values of every column by their order; none where columns have different ones."""
    different = {column.values for column in dataset.columns}
    return different.pop() if len(different) == 1 else ()


def _shares(dataset: Dataset) -> Panel:
    """How often a column is +1, or the share of rows that have each value, by column."""
    columns, values = dataset.items.shape[1], _common_values(dataset)
    if dataset.kind is Kind.SPINS:
        edges = np.arange(columns + 1) + 0.5
        plus = (dataset.items.astype(float).mean(0) + 1) / 2
        share = f"share of rows with {f'“{values[1]}”' if values else '+1'}"
        return Panel("", (Bars(edges, plus),), x_label="column", y_label=share, y_range=(0.0, 1.0))
    counts = [np.bincount(dataset.items[:, i], minlength=dataset.levels) for i in range(columns)]
    shares = np.stack(counts, axis=1) / len(dataset.items)
    heat = Heatmap(np.arange(1.0, columns + 1), np.arange(float(dataset.levels)), shares, "share of rows")
    value = "value" if values else "value, in the order of the column's values"
    return Panel("", (heat,), x_label="column", y_label=value)
