"""The numbers of an experiment's figure, panel by panel, as named columns."""

from __future__ import annotations

import numpy as np

from landscape_app.experiments.figure import Bars, Curve, Heatmap, Images, Mark, Marker, Panel, Points
from landscape_app.gui.widgets.plot_series import Column, Series


def series_of_panel(panel: Panel) -> list[Series]:
    """The numbers of every mark of a panel, in their order."""
    x, y = panel.x_label or "x", panel.y_label or "y"
    return [series for mark in panel.marks for series in _series_of(mark, x, y)]


def series_of_images(mark: Images) -> list[Series]:
    """The value of every pixel of every image; the names of its row and column in the figure, where it has them."""
    number, row, column = (index.ravel() for index in np.indices(mark.images.shape))
    values: list[Column] = [("row", row), ("column", column), ("value", mark.images.ravel())]
    for name, names, place in (
        ("name of its row", mark.rows, number // mark.columns),
        ("name of its column", mark.heads, number % mark.columns),
    ):
        if names:
            padded = np.array([*names, ""], dtype=object)
            values.append((name, padded[np.minimum(place, len(names))]))
    return [Series(("image", number + 1), tuple(values))]


def _series_of(mark: Mark, x: str, y: str) -> list[Series]:
    if isinstance(mark, Images):
        return series_of_images(mark)
    if isinstance(mark, Heatmap):
        across, up = np.meshgrid(mark.x, mark.y)
        return [Series((x, across.ravel()), ((y, up.ravel()), (mark.name, np.asarray(mark.values).ravel())))]
    name = f"{mark.name}: {y}" if mark.name else y
    if isinstance(mark, Marker):
        axis = x if mark.upright else y
        return [Series(("line", np.array([mark.name or "line"])), ((axis, np.array([mark.at])),))]
    if isinstance(mark, Bars):
        return [Series((f"from {x}", mark.edges[:-1]), ((f"to {x}", mark.edges[1:]), (name, mark.heights)))]
    values: list[Column] = [(name, mark.y)]
    if isinstance(mark, Curve) and mark.low is not None and mark.high is not None:
        values += [(f"{name}, low edge of the band", mark.low), (f"{name}, high edge of the band", mark.high)]
    if isinstance(mark, Points) and mark.error is not None:
        values.append((f"{name}, half an error bar", mark.error))
    return [Series((x, mark.x), tuple(values))]
