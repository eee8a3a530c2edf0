"""Figures as plain data: panels, their marks, and the part of the plane that each panel shows."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

PADDING = 0.04
"""Share of the span that is left free at either end."""

LEAST_FILLED = 0.6
"""Least share of a range that its marks fill; a range that is emptier shrinks."""

Span = tuple[float, float]
TickName = tuple[float, str]
"""A place on an axis, and its name."""


class Role(enum.Enum):
    """Meaning of a mark; each has one colour, the same in every figure.

    In an overlay of results the colour tells the result; `ANY` belongs to all of them.
    """

    MODEL = "model"
    DATA = "data"
    TRUTH = "truth"
    RIVAL = "rival"
    OTHER = "other"
    ANY = "any"
    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    FOURTH = "fourth"
    FIFTH = "fifth"
    SIXTH = "sixth"


RESULTS = (Role.FIRST, Role.SECOND, Role.THIRD, Role.FOURTH, Role.FIFTH, Role.SIXTH)
"""Roles of the results in an overlay, in their order."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A line through points, with an optional band.

    Attributes:
        x, y: shape (n,); NaN leaves a gap.
        name: in the legend; empty for none.
        role: its meaning.
        dashed, dotted: stroke; with both, dots and dashes in turn.
        low, high: edges of the band, shape (n,).
        faint: one of many.
    """

    x: np.ndarray
    y: np.ndarray
    name: str = ""
    role: Role = Role.MODEL
    dashed: bool = False
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    faint: bool = False
    dotted: bool = False


@dataclass(frozen=True, eq=False)
class Points:
    """Separate points.

    Attributes:
        x, y: shape (n,).
        name: in the legend; empty for none.
        role: their meaning.
        size: diameter, in points.
        error: half the height of their error bars, shape (n,).
    """

    x: np.ndarray
    y: np.ndarray
    name: str = ""
    role: Role = Role.DATA
    size: float = 4.0
    error: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Bars:
    """A histogram.

    Attributes:
        edges: shape (n + 1,).
        heights: shape (n,).
        name: in the legend; empty for none.
        role: their meaning.
    """

    edges: np.ndarray
    heights: np.ndarray
    name: str = ""
    role: Role = Role.DATA


@dataclass(frozen=True, eq=False)
class Heatmap:
    """Numbers over a plane.

    Attributes:
        x, y: centres of columns, shape (n,), and of rows, shape (m,), evenly spaced.
        values: shape (m, n); NaN leaves a gap.
        name: of the values, on the colour bar.
        contours: levels of contour lines, rising.
    """

    x: np.ndarray
    y: np.ndarray
    values: np.ndarray
    name: str
    contours: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Images:
    """Grey images side by side.

    Attributes:
        images: shape (n, height, width), row after row.
        columns: images in a row.
        top: value of full ink; 0 is paper.
        rows: names of the rows, or none.
        heads: names of the columns, or none.
    """

    images: np.ndarray
    columns: int
    top: float
    rows: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Marker:
    """A straight line across a panel.

    Attributes:
        at: its position.
        name: in the legend; empty for none.
        upright: at x; else at y.
        role: its meaning.
    """

    at: float
    name: str = ""
    upright: bool = True
    role: Role = Role.TRUTH


Mark = Curve | Points | Bars | Heatmap | Images | Marker


@dataclass(frozen=True, eq=False)
class Panel:
    """One plot of a figure.

    Attributes:
        title: above it.
        marks: the first is drawn lowest.
        x_label, y_label: names of the axes, with units; both empty under images.
        x_log, y_log: logarithmic axes.
        x_range, y_range: ends of the axes; None for the reach of all marks.
        square: one scale for both axes.
        x_names, y_names: names in place of the numbers along an axis, evenly spaced.
    """

    title: str
    marks: tuple[Mark, ...]
    x_label: str = ""
    y_label: str = ""
    x_log: bool = False
    y_log: bool = False
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    square: bool = False
    x_names: tuple[TickName, ...] = ()
    y_names: tuple[TickName, ...] = ()

    @property
    def is_of_images(self) -> bool:
        """True for a panel without axes."""
        return bool(self.marks) and all(isinstance(mark, Images) for mark in self.marks)


@dataclass(frozen=True, eq=False)
class Figure:
    """Panels in rows.

    Attributes:
        rows: of panels, from the top.
    """

    rows: tuple[tuple[Panel, ...], ...] = field(default=())

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All panels, row after row."""
        return tuple(panel for row in self.rows for panel in row)

    @property
    def face(self) -> Panel:
        """The panel that stands for the figure: the first with marks, or an empty one."""
        return next((panel for panel in self.panels if panel.marks), Panel("", ()))


@dataclass(frozen=True)
class Style:
    """Colours, as #rrggbb, and font of a drawing.

    Attributes:
        roles: colour of each role.
        surface: background.
        text: titles.
        muted: numbers and names of axes.
        border: axes and grids.
        paper, ink: of images.
        family: font; matplotlib's own where it knows none of this name.
    """

    roles: Mapping[Role, str]
    surface: str
    text: str
    muted: str
    border: str
    paper: str
    ink: str
    family: str


class Limits(NamedTuple):
    """Ends of both axes."""

    x: Span
    y: Span


def limits_of(panel: Panel, shown: Limits | None = None) -> Limits:
    """Ends of a panel's axes: its own ranges as they are, the reach of its marks with a little room, or (0, 1).

    Args:
        panel: any.
        shown: ends on view; each is kept as long as it serves, so that a live plot does not jitter.
    """
    x = _given(panel.x_range, panel.x_log)
    y = _given(panel.y_range, panel.y_log)
    wanted_x = x or _padded(_union(_reach(mark, panel)[0] for mark in panel.marks), panel.x_log)
    inside = wanted_x if panel.x_range is not None else None
    wanted_y = y or _padded(_union(_reach(mark, panel, inside)[1] for mark in panel.marks), panel.y_log)
    if shown is not None:
        wanted_x = wanted_x if x else _steady(_given(shown.x, panel.x_log), wanted_x)
        wanted_y = wanted_y if y else _steady(_given(shown.y, panel.y_log), wanted_y)
    return Limits(_numbers(wanted_x, panel.x_log), _numbers(wanted_y, panel.y_log))


def on_one_scale(panels: Sequence[Panel]) -> list[Panel]:
    """The panels with common ranges that show everything of each; unchanged where their scales differ."""
    drawn = [panel for panel in panels if panel.marks and not panel.is_of_images]
    if not drawn or len({(panel.x_log, panel.y_log) for panel in panels}) > 1:
        return list(panels)
    limits = [limits_of(panel) for panel in drawn]
    x, y = (_union(spans) for spans in zip(*limits, strict=True))
    return [replace(panel, x_range=x, y_range=y) for panel in panels]


def mosaic_of(mark: Images) -> np.ndarray:
    """All images in one, a pixel of paper between them, shape (rows (height + 1) − 1, columns (width + 1) − 1)."""
    n, height, width = mark.images.shape
    rows = -(-n // mark.columns)
    sheet = np.zeros((rows * (height + 1), mark.columns * (width + 1)))
    for i, image in enumerate(mark.images):
        row, column = divmod(i, mark.columns)
        top, left = row * (height + 1), column * (width + 1)
        sheet[top : top + height, left : left + width] = image
    return sheet[:-1, :-1]


def is_equal(one: Any, other: Any) -> bool:
    """True for panels, marks or arrays of the same content; NaN equals NaN."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(is_equal, one, other))
    if isinstance(one, Panel | Mark):
        return all(is_equal(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one))
    return bool(one == other)


def edges_of(centres: np.ndarray) -> np.ndarray:
    """Edges of cells about evenly spaced centres, shape (n + 1,); of width 1 about a single centre."""
    n = len(centres)
    if n == 0:
        return np.zeros(0)
    step = (centres[-1] - centres[0]) / (n - 1) if n > 1 else 1.0
    return centres[0] + step * (np.arange(n + 1) - 0.5)


def _positions(values: np.ndarray | float, logarithmic: bool) -> np.ndarray:
    """Places along an axis: the numbers, or their log₁₀; NaN where there is none."""
    values = np.asarray(values, float)
    if not logarithmic:
        return values
    return np.log10(np.where(values > 0, values, np.nan))


def _numbers(span: Span, logarithmic: bool) -> Span:
    return (10.0 ** max(span[0], -300.0), 10.0 ** min(span[1], 300.0)) if logarithmic else span


def _given(span: Span | None, logarithmic: bool) -> Span | None:
    """Positions of a range; None where it is empty or has no logarithm."""
    if span is None:
        return None
    low, high = (float(end) for end in _positions(np.array(span), logarithmic))
    return (low, high) if np.isfinite(low) and np.isfinite(high) and low < high else None


def _steady(shown: Span | None, wanted: Span) -> Span:
    if shown is None:
        return wanted
    inside = shown[0] <= wanted[0] and wanted[1] <= shown[1]
    filled = wanted[1] - wanted[0] >= LEAST_FILLED * (shown[1] - shown[0])
    return shown if inside and filled else wanted


def _reach(mark: Mark, panel: Panel, x_inside: Span | None = None) -> tuple[Span | None, Span | None]:
    """Positions of the ends of a mark along x and y; y is taken inside a range of x."""
    x_log, y_log = panel.x_log, panel.y_log
    match mark:
        case Curve():
            heights = [edge for edge in (mark.y, mark.low, mark.high) if edge is not None]
        case Points():
            error = 0.0 if mark.error is None else np.nan_to_num(mark.error)
            heights = [mark.y, mark.y - error, mark.y + error]
        case Bars():
            base = np.zeros(0 if y_log else 1)
            tops = np.concatenate([mark.heights, base])
            return _span(_positions(mark.edges, x_log)), _span(_positions(tops, y_log))
        case Heatmap():
            return _span(_positions(edges_of(mark.x), x_log)), _span(_positions(edges_of(mark.y), y_log))
        case Marker():
            place = _span(_positions(mark.at, x_log if mark.upright else y_log))
            return (place, None) if mark.upright else (None, place)
        case Images():
            return None, None
    x = _positions(mark.x, x_log)
    chosen = np.isfinite(x)
    if x_inside is not None:
        chosen &= (x >= x_inside[0]) & (x <= x_inside[1])
    return _span(x), _union(_span(_positions(height, y_log)[chosen]) for height in heights)


def _span(positions: np.ndarray) -> Span | None:
    finite = np.atleast_1d(positions)
    finite = finite[np.isfinite(finite)]
    return (float(finite.min()), float(finite.max())) if len(finite) else None


def _union(spans: Iterable[Span | None]) -> Span | None:
    known = [span for span in spans if span is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def _padded(span: Span | None, logarithmic: bool) -> Span:
    if span is None:
        return (0.0, 1.0)
    low, high = span
    room = PADDING * (high - low) or (0.5 if logarithmic or not low else 0.5 * abs(low))
    return (low - room, high + room)
