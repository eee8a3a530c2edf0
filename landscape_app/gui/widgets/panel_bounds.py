"""What part of the plane a panel shows: from its ranges, or from all that its marks reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from landscape_app.experiments.figure import Bars, Curve, Heatmap, Images, Mark, Marker, Panel, Points

PADDING = 0.04
"""Share of the span that is left free at either end."""

LEAST_FILLED = 0.6
"""Share of a range that its marks fill at least; else it shrinks."""

Span = tuple[float, float]


class Scales(NamedTuple):
    """Which axes of a panel are logarithmic; positions there are log₁₀ of the numbers."""

    x_log: bool
    y_log: bool

    def x(self, values: np.ndarray | float) -> np.ndarray:
        """Positions along x; NaN where a logarithm has none."""
        return _positions(values, self.x_log)

    def y(self, values: np.ndarray | float) -> np.ndarray:
        """Positions along y; NaN where a logarithm has none."""
        return _positions(values, self.y_log)


class Bounds(NamedTuple):
    """Positions of the ends of both axes."""

    x: Span
    y: Span


def scales_of(panel: Panel) -> Scales:
    """The scales of a panel."""
    return Scales(panel.x_log, panel.y_log)


def bounds_of(panel: Panel) -> Bounds:
    """What a panel shows: its own ranges as they are, others with a little room; (0, 1) where there is nothing."""
    scales = scales_of(panel)
    x = _given(panel.x_range, panel.x_log)
    if x is None:
        x = _padded(_union(_reach(mark, scales)[0] for mark in panel.marks))
    y = _given(panel.y_range, panel.y_log)
    if y is None:
        inside = x if panel.x_range is not None else None
        y = _padded(_union(_reach(mark, scales, inside)[1] for mark in panel.marks))
    return Bounds(x, y)


def steady(shown: Span, wanted: Span) -> Span:
    """The range on view as long as it serves, so that a plot that is drawn again and again does not jitter."""
    inside = shown[0] <= wanted[0] and wanted[1] <= shown[1]
    filled = wanted[1] - wanted[0] >= LEAST_FILLED * (shown[1] - shown[0])
    return shown if inside and filled else wanted


def on_one_scale(panels: Sequence[Panel]) -> list[Panel]:
    """The same panels, all with the ranges that show everything of each, so that they can be compared."""
    if not panels or any(scales_of(panel) != scales_of(panels[0]) for panel in panels):
        return list(panels)
    drawn = [bounds_of(panel) for panel in panels if panel.marks and not panel.is_of_images]
    if not drawn:
        return list(panels)
    x = _numbers(_union(bounds.x for bounds in drawn), panels[0].x_log)
    y = _numbers(_union(bounds.y for bounds in drawn), panels[0].y_log)
    return [replace(panel, x_range=x, y_range=y) for panel in panels]


def _positions(values: np.ndarray | float, logarithmic: bool) -> np.ndarray:
    values = np.asarray(values, float)
    if not logarithmic:
        return values
    positive = np.where(values > 0, values, np.nan)
    return np.log10(positive)


def _numbers(span: Span | None, logarithmic: bool) -> Span | None:
    if span is None or not logarithmic:
        return span
    return (10 ** span[0], 10 ** span[1])


def _given(span: Span | None, logarithmic: bool) -> Span | None:
    """Positions of a range that was given, None where a logarithm has none, or it is empty."""
    if span is None:
        return None
    low, high = (float(end) for end in _positions(np.array(span), logarithmic))
    return (low, high) if np.isfinite(low) and np.isfinite(high) and low < high else None


def _reach(mark: Mark, scales: Scales, x_inside: Span | None = None) -> tuple[Span | None, Span | None]:
    """How far a mark reaches along x and y; along y what counts is inside a range of x."""
    match mark:
        case Curve():
            edges = [edge for edge in (mark.y, mark.low, mark.high) if edge is not None]
        case Points():
            error = 0.0 if mark.error is None else np.nan_to_num(mark.error)
            edges = [mark.y, mark.y - error, mark.y + error]
        case Bars():
            base = np.zeros(0 if scales.y_log else 1)
            return _span(scales.x(mark.edges)), _span(scales.y(np.concatenate([mark.heights, base])))
        case Heatmap():
            return _span(scales.x(_ends(mark.x))), _span(scales.y(_ends(mark.y)))
        case Marker():
            return (_span(scales.x(mark.at)), None) if mark.upright else (None, _span(scales.y(mark.at)))
        case Images():
            return None, None
    x = scales.x(mark.x)
    chosen = np.isfinite(x)
    if x_inside is not None:
        chosen &= (x >= x_inside[0]) & (x <= x_inside[1])
    return _span(x), _union(_span(scales.y(edge)[chosen]) for edge in edges)


def _ends(centres: np.ndarray) -> np.ndarray:
    """Outer edges of cells about evenly spaced centres."""
    if not len(centres):
        return np.zeros(0)
    half = (centres[-1] - centres[0]) / max(2 * (len(centres) - 1), 1) or 0.5
    return np.array([centres[0] - half, centres[-1] + half])


def _span(positions: np.ndarray) -> Span | None:
    finite = np.atleast_1d(positions)
    finite = finite[np.isfinite(finite)]
    return (float(finite.min()), float(finite.max())) if len(finite) else None


def _union(spans: Iterable[Span | None]) -> Span | None:
    known = list(_known(spans))
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def _known(spans: Iterable[Span | None]) -> Iterator[Span]:
    for span in spans:
        if span is not None:
            yield span


def _padded(span: Span | None) -> Span:
    if span is None:
        return (0.0, 1.0)
    low, high = span
    room = PADDING * (high - low) or 0.5 * max(abs(low), 1e-12)
    return (low - room, high + room)
