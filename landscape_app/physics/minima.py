"""Local minima of −log P on a discrete space, found by steepest descent from many starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.physics.base_measure import ProductBase, kind_of
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import distinct, is_true, number, positions

LEAST_FALL = 1e-3
"""Nats that a change must lower the energy by: less is the rounding of float32."""

SHORTLIST = 16
"""Moves tried at a step that find the steepest of a few hundred nearly always."""

NEVER = 1e9
"""Nats that stand for a level that does not exist."""

TOGETHER = 4_096
"""Configurations evaluated at once."""


class Minima(NamedTuple):
    """Distinct local minima, lowest first.

    Attributes:
        x: configurations, shape (n, *shape).
        energy: H − log q of each, nats, shape (n,).
        counts: how many of the starts came to each, shape (n,).
        basins: which minimum each start came to, shape (starts,).
    """

    x: Tensor
    energy: Tensor
    counts: Tensor
    basins: Tensor


class Descent:
    """Steepest descent of −log P from many configurations at once, until no move lowers any of them.

    Every step is the change of one site by one level that lowers H − log q most. A descent ends at a configuration
    that none lowers by more than `LEAST_FALL`.

    With a shortlist only so many moves are tried at a step, those that H's gradient and log q promise most of, and
    the best of them is taken: on a smooth energy nearly always the steepest. Before a descent ends, all are tried.
    Sites that q holds are put at their values first, and stay there.

    Args:
        target: q, on levels or spins, and H.
        x: starts, shape (n, *shape).
        shortlist: moves tried at a step before all of them are; None tries all at once.

    Raises:
        ValueError: the base measure is not one of levels.
    """

    def __init__(self, target: Target, x: Tensor, shortlist: int | None = None) -> None:
        if not isinstance(target.base_measure, ProductBase):
            raise ValueError(f"descent on levels needs a table of them, not {kind_of(target.base_measure)}")
        self._target = target
        self._space = target.base_measure.space
        x = target.base_measure.with_fixed_sites(x)
        self._levels = self._space.index(x.flatten(1))
        one = torch.eye(self._space.sites, dtype=torch.long, device=x.device)
        moves = torch.cat([one, -one])
        self._moves = moves[positions(~(moves.bool() & target.base_measure.fixed_sites).any(1))]
        self._shortlist = shortlist
        table = -target.base_measure.log_probabilities
        never = table.new_full((len(table), 1), NEVER)
        self._rises = torch.cat([table.diff(dim=1), never], 1)
        self._falls = torch.cat([never, -table.diff(dim=1)], 1)
        self._energy = target.surprisal(x)
        self._active = torch.full((len(x),), len(self._moves) > 0, device=x.device)
        self.steps = 0

    @property
    def x(self) -> Tensor:
        """The configurations as they stand, shape (n, *shape)."""
        return self._configurations(self._levels)

    @property
    def energy(self) -> Tensor:
        """H − log q of each, nats, shape (n,)."""
        return self._energy

    @property
    def arrived(self) -> float:
        """Share of the descents that have ended, 0 to 1."""
        return 1.0 - number(self._active.float().mean()) if len(self._active) else 1.0

    def step(self) -> bool:
        """One move of every descent that goes on; False where all have ended.

        Descents that have met go on as one.
        """
        going = positions(self._active)
        if not len(going):
            return False
        together, descent, _ = distinct(self._levels[going])
        energy = self._energy.new_empty(len(together))
        energy[descent] = self._energy[going]
        best, lowest = self._steepest(together, self._promising(together))
        falls = lowest < energy - LEAST_FALL
        stuck = going[:0] if self._shortlist is None else positions(~falls)
        if len(stuck):
            best[stuck], lowest[stuck] = self._steepest(together[stuck], None)
            falls = lowest < energy - LEAST_FALL
        moved = torch.where(falls.unsqueeze(1), together + self._moves[best], together)
        self._levels[going] = moved[descent]
        self._energy[going] = torch.where(falls, lowest, energy)[descent]
        self._active[going] = falls[descent]
        self.steps += 1
        return is_true(self._active.any())

    def run(self) -> Iterator[float]:
        """Descends to the end; yields the share that has arrived after every step."""
        while self.step():
            yield self.arrived

    def minima(self) -> Minima:
        """The distinct configurations as they stand, lowest first: minima, once every descent has ended."""
        levels, basins, counts = distinct(self._levels)
        x = self._configurations(levels)
        energy = self._target.surprisal(x)
        order = energy.argsort(stable=True)
        return Minima(x[order], energy[order], counts[order], order.argsort()[basins])

    def _promising(self, levels: Tensor) -> Tensor | None:
        """The moves of the shortlist for each configuration, shape (n, shortlist); None for all moves."""
        if self._shortlist is None or self._shortlist >= len(self._moves):
            return None
        _, gradient = self._target.hamiltonian.energy_and_gradient(self._configurations(levels))
        slope = self._space.spacing * gradient.flatten(1)
        sites = torch.arange(self._space.sites, device=levels.device)
        up, down = slope + self._rises[sites, levels], self._falls[sites, levels] - slope
        change = up @ (self._moves > 0).float().T + down @ (self._moves < 0).float().T
        return change.topk(self._shortlist, largest=False).indices

    def _steepest(self, levels: Tensor, tried: Tensor | None) -> tuple[Tensor, Tensor]:
        """The move that leads lowest from each configuration, and the energy there, both of shape (n,).

        Args:
            levels: shape (n, sites).
            tried: numbers of the moves to try, shape (n, some); None for all.
        """
        if tried is None:
            tried = torch.arange(len(self._moves), device=levels.device).expand(len(levels), -1)
        best, lowest = [], []
        together = max(1, TOGETHER // tried.shape[1])
        for piece, numbers in zip(levels.split(together), tried.split(together), strict=True):
            options = piece.unsqueeze(1) + self._moves[numbers]
            allowed = ((options >= 0) & (options < self._space.levels)).all(2)
            inside = positions(allowed.flatten())
            energy = torch.full((allowed.numel(),), torch.inf, device=levels.device)
            energy[inside] = self._target.surprisal(self._configurations(options.flatten(0, 1)[inside]))
            values, at = energy.view(allowed.shape).min(1)
            best.append(numbers.gather(1, at.unsqueeze(1)).squeeze(1))
            lowest.append(values)
        return torch.cat(best), torch.cat(lowest)

    def _configurations(self, levels: Tensor) -> Tensor:
        return self._space.from_index(levels).view(-1, *self._space.shape)
