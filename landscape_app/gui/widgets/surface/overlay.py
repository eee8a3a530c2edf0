"""Chains drawn over a plot: positions, tracks, and the proposal of the one that is followed."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from landscape_app.gui.theme import Theme
from landscape_app.session.trajectory import EnsembleSnapshot

Lift = Callable[[np.ndarray], np.ndarray]
"""From places in the space, shape (…, coordinates), to points of the plot, shape (…, 2)."""


class Marks(NamedTuple):
    """Points of a plot, x and y in the last axis; steps are in order, the oldest first.

    Attributes:
        chains: where the chains are, shape (chains, 2).
        followed: index of the chain that is followed; None for none.
        places: where it was before, between and after its last steps, shape (steps + 1, 2) or (0, 2).
        proposals: where it was to go, shape (steps, 2).
        accepted: whether it went there, bool, shape (steps,).
        path: through which places to the last proposal, shape (points, 2), or (0, 2) where it jumped.
        tracks: where all have been, shape (steps + 1, chains, 2); None where they are not shown.
    """

    chains: np.ndarray
    followed: int | None
    places: np.ndarray
    proposals: np.ndarray
    accepted: np.ndarray
    path: np.ndarray
    tracks: np.ndarray | None


NOTHING = np.zeros((0, 2))
NO_MARKS = Marks(NOTHING, None, NOTHING, NOTHING, np.zeros(0, bool), NOTHING, None)


def marks_of(view: EnsembleSnapshot, lift: Lift) -> Marks:
    """The marks of an ensemble."""
    chains = lift(view.positions)
    tracks = None if view.tracks is None else lift(view.tracks)
    trajectory = view.trajectory
    if trajectory is None:
        return NO_MARKS._replace(chains=chains, tracks=tracks)
    return Marks(
        chains=chains,
        followed=trajectory.chain,
        places=lift(trajectory.places),
        proposals=lift(trajectory.proposals),
        accepted=trajectory.accepted,
        path=NOTHING if trajectory.path is None else lift(trajectory.path),
        tracks=tracks,
    )


RADIUS, FOLLOWED_RADIUS, EVENT_RADIUS = 3.2, 6.0, 2.6
"""Of a chain, of the one that is followed, and of one of its steps, in pixels."""

ARROW_HEAD = 10.0
RUG = 9.0
"""Height of a tick of the rug, in pixels."""

AGES, TRACK_AGES = 6, 5
"""Shades by which a trajectory fades, of the chain that is followed and of the others."""

FAINTEST = 0.12
"""Opacity of the oldest step."""

FARTHEST = 1e6
"""Pixels from the corner at which points are held."""

REACH = 14.0
"""Pixels between a click and the chain that it takes."""


class ChainsOverlay(pg.GraphicsObject):
    """Draws marks in pixels of the screen, so that their sizes do not follow the zoom.

    Args:
        theme: colours.
        rug: whether the chains are ticks at the foot of the plot, rather than dots.
    """

    def __init__(self, theme: Theme, rug: bool = False) -> None:
        super().__init__()
        self._theme, self._rug = theme, rug
        self.marks = NO_MARKS
        self.shows_steps = True
        """True if steps and proposal of the chain that is followed are drawn."""
        self.joins_steps = True
        """True if a line joins the steps."""
        self.setZValue(50)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.update()

    def show_marks(self, marks: Marks) -> None:
        """Draws marks in place of those before."""
        self.marks = marks
        self.update()

    def nearest(self, position: QPointF) -> int | None:
        """Index of the chain at a position in the view, None where none is near."""
        transform = self.deviceTransform_()
        if transform is None or not len(self.marks.chains):
            return None
        places = _mapped(self.marks.chains, transform)
        distances = np.hypot(places[:, 0] - position.x(), places[:, 1] - position.y())
        index = int(np.nanargmin(np.where(np.isfinite(distances), distances, np.inf)))
        return index if distances[index] <= REACH else None

    def place_of(self, chain: int) -> QPointF:
        """Position of a chain in the view; the origin before there is one."""
        transform = self.deviceTransform_()
        if transform is None:
            return QPointF()
        return QPointF(*_mapped(self.marks.chains[chain], transform).tolist())

    def boundingRect(self) -> QRectF:
        """Part of the plot that is on view."""
        rectangle = self.viewRect()
        return QRectF() if rectangle is None else QRectF(rectangle)

    def viewTransformChanged(self) -> None:
        """Follows pan and zoom."""
        super().viewTransformChanged()
        self.prepareGeometryChange()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draws tracks, chains, then the steps of the one that is followed."""
        marks = self.marks
        if not len(marks.chains):
            return
        transform = painter.transform()
        area = transform.mapRect(self.boundingRect())
        painter.save()
        painter.resetTransform()
        painter.setClipRect(area)
        if marks.tracks is not None:
            self._paint_tracks(painter, _mapped(marks.tracks, transform))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chains = _mapped(marks.chains, transform)
        if self._rug:
            self._paint_rug(painter, chains[:, 0], area.bottom())
        else:
            self._paint_chains(painter, chains)
        if marks.followed is not None and marks.followed < len(chains):
            if self.shows_steps and len(marks.proposals):
                self._paint_steps(painter, transform)
                self._paint_proposal(painter, transform)
            self._paint_followed(painter, chains[marks.followed])
        painter.restore()

    def _paint_tracks(self, painter: QPainter, tracks: np.ndarray) -> None:
        """Tracks, shape (steps + 1, chains, 2), in a few shades by age; without smoothing, as there are many."""
        for begin, end, opacity in _ages(len(tracks) - 1, TRACK_AGES):
            steps = np.stack([tracks[begin:end], tracks[begin + 1 : end + 1]], axis=2)
            moved = steps[(steps[:, :, 0] != steps[:, :, 1]).any(axis=2)].reshape(-1, 2)
            painter.setPen(QPen(_shade(self._theme.model, 0.55 * opacity), 1))
            painter.drawPath(pg.arrayToQPath(moved[:, 0], moved[:, 1], connect="pairs"))

    def _paint_rug(self, painter: QPainter, x: np.ndarray, foot: float) -> None:
        painter.setPen(QPen(_shade(self._theme.model, 0.6), 1))
        known = x[np.isfinite(x)]
        ends = np.stack([np.repeat(known, 2), np.tile([foot, foot - RUG], len(known))], axis=1)
        painter.drawPath(pg.arrayToQPath(ends[:, 0], ends[:, 1], connect="pairs"))

    def _paint_chains(self, painter: QPainter, chains: np.ndarray) -> None:
        points = _polygon(chains)
        caps = Qt.PenCapStyle.RoundCap
        for colour, radius in ((self._theme.surface, RADIUS + 1), (self._theme.model, RADIUS)):
            painter.setPen(QPen(QColor(colour), 2 * radius, c=caps))
            painter.drawPoints(points)

    def _paint_followed(self, painter: QPainter, place: np.ndarray) -> None:
        painter.setPen(QPen(QColor(self._theme.surface), 1.5))
        painter.setBrush(QColor(self._theme.held_out))
        painter.drawEllipse(QPointF(*place.tolist()), FOLLOWED_RADIUS, FOLLOWED_RADIUS)

    def _paint_steps(self, painter: QPainter, transform: QTransform) -> None:
        """The trajectory, and each earlier proposal: a dot where it was accepted, a ring where it was not."""
        marks = self.marks
        places, proposals = _mapped(marks.places, transform), _mapped(marks.proposals, transform)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for begin, end, opacity in _ages(len(proposals), AGES) if self.joins_steps else ():
            painter.setPen(QPen(_shade(self._theme.held_out, opacity), 1.6))
            # One by one: as a single line that crosses itself they take several times as long.
            painter.drawLines(_lines(places[begin : end + 1]))
        for begin, end, opacity in _ages(len(proposals) - 1, AGES):
            accepted = marks.accepted[begin:end]
            dots = QPen(_shade(self._theme.held_out, opacity), 2 * EVENT_RADIUS, c=Qt.PenCapStyle.RoundCap)
            painter.setPen(dots)
            painter.drawPoints(_polygon(proposals[begin:end][accepted]))
            painter.setPen(QPen(_shade(self._theme.danger, opacity), 1.2))
            for place in proposals[begin:end][~accepted]:
                painter.drawEllipse(QPointF(*place.tolist()), EVENT_RADIUS, EVENT_RADIUS)

    def _paint_proposal(self, painter: QPainter, transform: QTransform) -> None:
        """The last proposal: an arrow from a ring where it was accepted, a dashed line to a ring where it was not."""
        marks, accepted = self.marks, bool(self.marks.accepted[-1])
        colour = QColor(self._theme.held_out if accepted else self._theme.danger)
        line = marks.path if len(marks.path) else np.stack([marks.places[-2], marks.proposals[-1]])
        points = _mapped(line, transform)
        if not np.isfinite(points).all():
            return
        style = Qt.PenStyle.SolidLine if accepted else Qt.PenStyle.DashLine
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 2.0, style))
        painter.drawPolyline(_polygon(points))
        if len(points) > 2:
            painter.setPen(QPen(colour, 2 * EVENT_RADIUS, c=Qt.PenCapStyle.RoundCap))
            painter.drawPoints(_polygon(points[1:-1]))
        painter.setPen(QPen(colour, 1.6))
        painter.setBrush(QColor(self._theme.surface))
        ring = points[0] if accepted else points[-1]
        painter.drawEllipse(QPointF(*ring.tolist()), FOLLOWED_RADIUS - 1, FOLLOWED_RADIUS - 1)
        if accepted:
            painter.setBrush(colour)
            painter.drawPolygon(_arrow_head(points, FOLLOWED_RADIUS))


def _mapped(points: np.ndarray, transform: QTransform) -> np.ndarray:
    """Points of the plot in pixels, of the same shape; far outside they are held where Qt can still reckon."""
    x, y = points[..., 0].astype(np.float64), points[..., 1].astype(np.float64)
    across = transform.m11() * x + transform.m21() * y + transform.dx()
    down = transform.m12() * x + transform.m22() * y + transform.dy()
    return np.clip(np.stack([across, down], axis=-1), -FARTHEST, FARTHEST)


def _ages(steps: int, shades: int) -> list[tuple[int, int, float]]:
    """Runs of steps of about one age, the oldest first: first, end, and opacity."""
    edges = np.unique(np.linspace(0, max(steps, 0), shades + 1).round().astype(int))
    return [
        (int(begin), int(end), FAINTEST + (1 - FAINTEST) * (end / max(steps, 1)) ** 2)
        for begin, end in pairwise(edges)
    ]


def _shade(colour: str, opacity: float) -> QColor:
    shade = QColor(colour)
    shade.setAlphaF(min(opacity, 1.0))
    return shade


def _polygon(points: np.ndarray) -> QPolygonF:
    known = points[np.isfinite(points).all(axis=1)]
    if not len(known):
        return QPolygonF()
    return pg.functions.arrayToQPolygonF(known[:, 0].astype(float), known[:, 1].astype(float))


def _lines(points: np.ndarray) -> list[QLineF]:
    """The pieces of a line through points, those left out that lead nowhere."""
    ends = np.concatenate([points[:-1], points[1:]], axis=1)
    moved = (ends[:, :2] != ends[:, 2:]).any(axis=1) & np.isfinite(ends).all(axis=1)
    return [QLineF(*piece) for piece in ends[moved].tolist()]


def _arrow_head(points: np.ndarray, short: float) -> QPolygonF:
    """A triangle before the last point, so many pixels short of it, in the direction in which the line comes."""
    tip = points[-1]
    away = np.hypot(*(points - tip).T)
    behind = points[np.flatnonzero(away > 1)[-1]] if (away > 1).any() else tip - [1, 0]
    angle = math.atan2(tip[1] - behind[1], tip[0] - behind[0])
    tip = tip - short * np.array([math.cos(angle), math.sin(angle)])
    corners = [tip]
    for turn in (math.pi - 0.45, math.pi + 0.45):
        corners.append(tip + ARROW_HEAD * np.array([math.cos(angle + turn), math.sin(angle + turn)]))
    return _polygon(np.array(corners))
