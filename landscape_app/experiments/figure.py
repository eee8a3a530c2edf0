"""What a figure shows, as plain data: whoever draws it, on a screen or on paper, adds nothing but looks."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

import numpy as np


class Role(enum.Enum):
    """What a mark stands for; each has one colour, the same in every figure.

    Where results are laid over one another the colour says which of them a mark is of; `ANY` is of all of them.
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
"""Of results that are laid over one another, in their order."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A line through points, with a band about it where there is one.

    Attributes:
        x, y: shape (n,); NaN leaves a gap.
        name: in the legend; empty for none.
        role: what it stands for.
        dashed, dotted: how it is drawn; with both, dots and dashes in turn.
        low, high: edges of the band, shape (n,).
        faint: whether it is one of many.
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
        role: what they stand for.
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
        role: what they stand for.
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
        name: what the values are, on the colour bar.
        contours: levels at which lines are drawn, rising.
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
        top: the value that is drawn darkest; 0 is paper.
        rows: a name for each row, or none.
        heads: a name for each column, or none.
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
        at: where.
        name: in the legend; empty for none.
        upright: whether it stands at x, or lies at y.
        role: what it stands for.
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
        title: what it shows.
        marks: what is drawn, the first below.
        x_label, y_label: of the axes, with units; both empty where there are none, as under images.
        x_log, y_log: whether an axis is logarithmic.
        x_range, y_range: what is shown; None for all there is.
        square: whether both axes have one scale.
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

    @property
    def is_of_images(self) -> bool:
        """Whether it has no axes."""
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
        """All of them, row after row."""
        return tuple(panel for row in self.rows for panel in row)


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
