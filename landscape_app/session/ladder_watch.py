"""A ladder of replicas watched over time: some of its columns as images, and the path of one replica."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.host import number, read_back, to_host
from landscape_app.physics.ladder import Ladder
from landscape_app.session.pictures import picture_levels, pictures

MEMORY = 500
"""Steps for which it is remembered where the replicas were."""

SHOWN = 6
"""Columns shown."""

LEAST_ROUNDS = 4
"""Rounds of swaps before their rates are shown: every pair has been tried twice."""


@dataclass(frozen=True, eq=False)
class LadderSnapshot:
    """Some columns of a ladder at one moment; row 0 is at β = 0, the last at β = 1.

    Attributes:
        betas: inverse temperatures, shape (replicas,).
        groups: name of the group that each column shown belongs to, one a column.
        images: a picture of each replica (see `session.pictures`), uint8, shape (replicas, shown, …).
        levels: of their ink.
        replica_ids: number of the replica at each temperature, shape (replicas, shown). Swaps exchange them; one
            that comes to β = 0 goes on as itself with a fresh configuration from q.
        swap_rates: between neighbours, over the whole ladder, shape (replicas − 1,); zeros before they are known.
        round_trips: of all replicas of the ladder.
        followed: one of the replicas.
        path: its row after each of the last steps, oldest first, shape (steps,).
    """

    betas: np.ndarray
    groups: tuple[str, ...]
    images: np.ndarray
    levels: int
    replica_ids: np.ndarray
    swap_rates: np.ndarray
    round_trips: int
    followed: int
    path: np.ndarray

    @property
    def place(self) -> tuple[int, int]:
        """Row and column where the followed replica is."""
        row, column = np.argwhere(self.replica_ids == self.followed)[0]
        return int(row), int(column)

    @property
    def trips(self) -> int:
        """Number of times that the followed replica has come down to β = 0 from β = 1 along its path."""
        top = len(self.betas) - 1
        ends = self.path[(self.path == 0) | (self.path == top)]
        return int(((ends[:-1] == top) & (ends[1:] == 0)).sum())


class LadderWatch:
    """Remembers where the replicas of some columns have been; `observe` after every step of the ladder.

    Args:
        ladder: whose.
        groups: names of the groups that the ladder's columns fall into, each of equally many neighbours.
        shown: how many columns to show, evenly from the groups.
    """

    def __init__(self, ladder: Ladder, groups: Sequence[str] = ("",), shown: int = SHOWN) -> None:
        size = ladder.columns // len(groups)
        each = max(1, min(size, shown // len(groups)))
        self._ladder = ladder
        self._groups = tuple(name for name in groups for _ in range(each))
        self._columns = torch.tensor(
            [group * size + i for group in range(len(groups)) for i in range(each)],
            device=ladder.replica_ids.device,
        )
        self._rounds = ladder.rounds
        self._tables: deque[Tensor] = deque(maxlen=MEMORY)
        self._swap_rates = np.zeros(ladder.replicas - 1)
        self._table = self._now()
        self._followed = int(number(self._table[-1, 0]))

    def observe(self) -> None:
        """Takes note of where the replicas are, where the ladder has moved since."""
        if self._ladder.rounds == self._rounds:
            return
        self._rounds = self._ladder.rounds
        self._look()
        self._tables.append(self._table)

    def follow(self, replica: int) -> None:
        """Follows another replica from here; where it has been is known.

        Raises:
            ValueError: it is not in a column shown.
        """
        if replica not in to_host(self._table):
            raise ValueError(tr("replica {replica} is in none of the columns on view", replica=replica))
        self._followed = replica

    def snapshot(self) -> LadderSnapshot:
        """The ladder at this moment."""
        self._look()
        ladder = self._ladder
        base = ladder.target.base_measure
        x = ladder.state.x.view(ladder.replicas, ladder.columns, *ladder.state.x.shape[1:])
        shown = pictures(base, x[:, self._columns].flatten(0, 1))
        now, past, rates, betas = (
            part.numpy()
            for part in read_back(
                self._table,
                torch.stack([self._table, *self._tables]),
                ladder.spacing.swap_rates,
                ladder.betas,
            )
        )
        column = int(np.argwhere(now == self._followed)[0, 1])
        visited = past[1:, :, column]
        if ladder.spacing.rounds >= LEAST_ROUNDS:
            self._swap_rates = rates
        return LadderSnapshot(
            betas=betas,
            groups=self._groups,
            images=shown.reshape(ladder.replicas, len(self._columns), *shown.shape[1:]),
            levels=picture_levels(base),
            replica_ids=now,
            swap_rates=self._swap_rates,
            round_trips=ladder.round_trips,
            followed=self._followed,
            path=(visited == self._followed).argmax(1),
        )

    def _look(self) -> None:
        """Reads which replica is where; a ladder that has grown has numbered its replicas anew."""
        before, self._table = self._table, self._now()
        if len(before) == len(self._table):
            return
        row, column = np.argwhere(to_host(before).numpy() == self._followed)[0]
        nearest = round(row * (len(self._table) - 1) / (len(before) - 1))
        self._followed = int(number(self._table[nearest, column]))
        self._tables.clear()
        self._swap_rates = np.zeros(len(self._table) - 1)

    def _now(self) -> Tensor:
        """The replicas on view, int64, on the device: read when somebody looks."""
        return self._ladder.replica_ids[:, self._columns]
