"""Trajectories of chains on one or two coordinates: the proposal of each step, and whether it was accepted."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from torch import Tensor

from landscape_app.data import ColumnMeaning
from landscape_app.data.columns import log_unit
from landscape_app.physics.chains import Chains
from landscape_app.physics.host import to_host
from landscape_app.session.landscape.plane import Landscape

MEMORY = 100
"""Steps remembered."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The last steps of one chain, the oldest first.

    Attributes:
        chain: its index.
        starts: where it was before each step, float32, shape (steps, coordinates).
        proposals: where it was to go, of the same shape.
        accepted: whether it went there, bool, shape (steps,).
        probabilities: of being accepted, shape (steps,).
        path: the places that the kernel went through to the last proposal, both ends included, shape
            (points, coordinates); None for kernels that jump.
    """

    chain: int
    starts: np.ndarray
    proposals: np.ndarray
    accepted: np.ndarray
    probabilities: np.ndarray
    path: np.ndarray | None

    @property
    def places(self) -> np.ndarray:
        """Positions before, between and after the steps, shape (steps + 1, coordinates)."""
        if not len(self.starts):
            return self.starts
        last = self.proposals[-1] if self.accepted[-1] else self.starts[-1]
        return np.concatenate([self.starts, last[None]])


@dataclass(frozen=True, eq=False)
class EnsembleSnapshot:
    """An ensemble of chains at one moment.

    Attributes:
        positions: float32, shape (chains, coordinates).
        trajectory: of the chain that is followed; None where there is none, or before its first step.
        tracks: where all chains have been, the oldest first, shape (steps + 1, chains, coordinates); None where
            nobody asked for it.
    """

    positions: np.ndarray
    trajectory: Trajectory | None
    tracks: np.ndarray | None

    def scaled(self, scale: np.ndarray, offset: np.ndarray) -> EnsembleSnapshot:
        """The same in other units, float64: positions times a scale and plus an offset, shape (coordinates,) each."""
        followed = self.trajectory
        if followed is not None:
            path = None if followed.path is None else followed.path * scale + offset
            followed = replace(
                followed,
                starts=followed.starts * scale + offset,
                proposals=followed.proposals * scale + offset,
                path=path,
            )
        tracks = None if self.tracks is None else self.tracks * scale + offset
        return EnsembleSnapshot(self.positions * scale + offset, followed, tracks)


@dataclass(frozen=True, eq=False)
class LandscapeRecord:
    """A landscape with chains on it, at one moment.

    Attributes:
        landscape: of what the chains sample; of a model in training, at most a little behind.
        chains: those that train, without their past, or the sampler's with theirs.
        followed: the chain that is followed.
    """

    landscape: Landscape
    chains: EnsembleSnapshot
    followed: int | None

    def in_units(self, columns: Sequence[ColumnMeaning]) -> LandscapeRecord:
        """The same in the units of a table; a column on a log scale by its natural logarithm."""
        if all(column.is_plain for column in columns):
            return self
        scale, offset = (np.array([getattr(column, of) for column in columns]) for of in ("scale", "offset"))
        axes = tuple(
            axis * column.scale + column.offset
            for axis, column in zip(self.landscape.axes, columns, strict=True)
        )
        landscape = replace(
            self.landscape, axes=axes, log_density=self.landscape.log_density - log_unit(columns)
        )
        return replace(self, landscape=landscape, chains=self.chains.scaled(scale, offset))


class _Step(NamedTuple):
    starts: np.ndarray
    proposals: np.ndarray
    accepted: np.ndarray
    probabilities: np.ndarray


class TrajectoryWatch:
    """Remembers the last steps of every chain; `observe` after every step, as `Chains.on_step` does.

    Args:
        chains: whose; of one or two continuous coordinates.
        memory: steps remembered.
    """

    def __init__(self, chains: Chains, memory: int = MEMORY) -> None:
        self._chains = chains
        self._steps: deque[_Step] = deque(maxlen=memory)
        self._path: Tensor | None = None
        self.followed: int | None = 0
        """The chain to follow; None for none. What it did before is known."""

    def observe(self) -> None:
        """Takes note of the chains' last step; one that does not begin where the last ended clears the memory."""
        move = self._chains.move
        if move is None:
            self.clear()
            return
        starts = _host(move.before.x)
        proposal = move.info.proposal
        proposals = _host(self._chains.x if proposal is None else proposal)
        accepted = to_host(move.info.accepted).numpy().copy()
        if self._steps and not _follows(self._steps[-1], starts):
            self.clear()
        self._steps.append(_Step(starts, proposals, accepted, to_host(move.info.probability).numpy().copy()))
        self._path = move.info.path

    def clear(self) -> None:
        """Forgets everything: the chains have started anew."""
        self._steps.clear()
        self._path = None

    def snapshot(self, with_tracks: bool = False) -> EnsembleSnapshot:
        """The chains at this moment.

        Args:
            with_tracks: whether where all chains have been shall be told.
        """
        positions = _host(self._chains.x)
        if self._steps and not _follows(self._steps[-1], positions):
            self.clear()
        followed = self.followed if self.followed is not None and self.followed < len(positions) else None
        tracks = np.stack([*(step.starts for step in self._steps), positions]) if with_tracks else None
        return EnsembleSnapshot(positions, None if followed is None else self._trajectory(followed), tracks)

    def _trajectory(self, chain: int) -> Trajectory | None:
        if not self._steps:
            return None
        starts, proposals, accepted, probabilities = (
            np.stack([step[i][chain] for step in self._steps]) for i in range(4)
        )
        path = None if self._path is None else _host(self._path[:, chain])
        return Trajectory(chain, starts, proposals, accepted, probabilities, path)


def _follows(step: _Step, positions: np.ndarray) -> bool:
    """True where chains are where a step left them."""
    if step.starts.shape != positions.shape:
        return False
    left = np.where(step.accepted[:, None], step.proposals, step.starts)
    return bool(np.array_equal(left, positions, equal_nan=True))


def _host(x: Tensor) -> np.ndarray:
    """Coordinates as an array of their own, float32, shape (…, coordinates)."""
    return to_host(x.detach().flatten(1)).numpy().copy()
