"""Points that are added, moved and taken away, with every state before: what the canvas edits."""

from __future__ import annotations

import numpy as np

MOST_STATES = 200
"""States that can be gone back to."""

ROOM = 1.1
"""Half the side of a square that has grown, in units of its outermost point."""

SPRAYED = 6
"""Points that one touch of the brush leaves."""


class Drawing:
    """Points within a square, and their history.

    Args:
        half_side: of the square around the origin.
        most: points that fit.
    """

    def __init__(self, half_side: float, most: int) -> None:
        self.half_side = half_side
        self.most = most
        self._random = np.random.default_rng(0)
        self._states = [np.zeros((0, 2))]
        self._now = 0
        self._stroke: np.ndarray | None = None

    @property
    def points(self) -> np.ndarray:
        """The points, float64, shape (n, 2); never changed in place."""
        return self._states[self._now] if self._stroke is None else self._stroke

    @property
    def can_undo(self) -> bool:
        """True where there is an edit to undo."""
        return self._now > 0

    @property
    def can_redo(self) -> bool:
        """True where there is an edit to redo."""
        return self._now < len(self._states) - 1

    def undo(self) -> None:
        """Goes back by one edit."""
        self.end_stroke()
        self._now = max(0, self._now - 1)

    def redo(self) -> None:
        """Takes an edit up again."""
        self.end_stroke()
        self._now = min(len(self._states) - 1, self._now + 1)

    def replace(self, points: np.ndarray) -> None:
        """Takes other points, shape (n, 2), as one edit; the square grows to hold them; the first fit."""
        self._stroke = None
        taken = np.asarray(points, float)[: self.most]
        farthest = float(np.abs(taken).max(initial=0.0))
        if farthest > self.half_side:
            self.half_side = ROOM * farthest
        self._commit(taken)

    def clear(self) -> None:
        """Takes all points away."""
        if len(self.points):
            self.replace(np.zeros((0, 2)))

    def add(self, place: np.ndarray) -> None:
        """A point more, shape (2,); held inside."""
        if len(self.points) < self.most:
            self._commit(np.vstack([self.points, self._inside(place)]))

    def remove(self, index: int) -> None:
        """A point less."""
        self._commit(np.delete(self.points, index, axis=0))

    def begin_stroke(self) -> None:
        """Begins an edit that ends with `end_stroke`."""
        self._stroke = self.points.copy()

    def move(self, index: int, place: np.ndarray) -> None:
        """Moves a point within a stroke, to shape (2,); held inside."""
        assert self._stroke is not None
        moved = self._stroke.copy()
        moved[index] = self._inside(place)
        self._stroke = moved

    def spray(self, place: np.ndarray, width: float) -> None:
        """Adds points within a stroke, normal around shape (2,) with deviation `width`; none outside."""
        assert self._stroke is not None
        drops = place + width * self._random.standard_normal((SPRAYED, 2))
        drops = drops[(np.abs(drops) <= self.half_side).all(axis=1)]
        self._stroke = np.vstack([self._stroke, drops])[: self.most]

    def end_stroke(self) -> None:
        """Makes one edit of a stroke, if it has changed anything."""
        stroke, self._stroke = self._stroke, None
        if stroke is not None and not np.array_equal(stroke, self.points):
            self._commit(stroke)

    def nearest(self, place: np.ndarray, reach: float) -> int | None:
        """Index of the point nearest to a place, shape (2,), within so much of it."""
        if not len(self.points):
            return None
        distances = np.hypot(*(self.points - place).T)
        index = int(distances.argmin())
        return index if distances[index] <= reach else None

    def _inside(self, place: np.ndarray) -> np.ndarray:
        return np.clip(place, -self.half_side, self.half_side)

    def _commit(self, points: np.ndarray) -> None:
        self._states = [*self._states[: self._now + 1], points][-MOST_STATES:]
        self._now = len(self._states) - 1
