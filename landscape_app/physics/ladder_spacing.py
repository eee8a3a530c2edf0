"""Spacing of a ladder's temperatures: as far apart as replicas pass them equally well."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from landscape_app.physics.host import read_back
from landscape_app.physics.ranks import Ranks

LEAST_ROUNDS = 20
"""Rounds of swaps before temperatures are moved."""

LEAST_TRAVELLERS = 200
"""Replicas of known direction, per temperature and summed over rounds, before their flow is gone by."""

FLOOR = 0.02
"""Least weight of a gap, over the mean: no temperature is taken away altogether."""

DAMPING = 0.5
"""Share of the way that temperatures move towards where the statistics put them."""

LEAST_GAP = 1e-6
"""Least distance of neighbouring β: some units in the last place of float32 just below 1."""


@dataclass
class SpacingStatistics:
    """Statistics of swaps and replicas, summed over rounds and columns.

    Attributes:
        rounds: number of rounds.
        accepted: sum of the swap probabilities, shape (replicas − 1,).
        proposed: number of swaps proposed, shape (replicas − 1,).
        rising: replicas that had seen β = 0 last, shape (replicas,).
        falling: replicas that had seen β = 1 last, shape (replicas,).
    """

    rounds: int
    accepted: Tensor
    proposed: Tensor
    rising: Tensor
    falling: Tensor

    @classmethod
    def empty(cls, replicas: int, device: torch.device | str) -> SpacingStatistics:
        """Nothing seen yet."""
        tables = [torch.zeros(n, device=device) for n in (replicas - 1, replicas - 1, replicas, replicas)]
        return cls(0, *tables)

    def on_host(self) -> SpacingStatistics:
        """The same on the host, in float64; waits for the device."""
        tables = read_back(self.accepted, self.proposed, self.rising, self.falling)
        return SpacingStatistics(self.rounds, *(table.double() for table in tables))

    def of_all(self, ranks: Ranks) -> SpacingStatistics:
        """The statistics of the ladders of all ranks."""
        return SpacingStatistics(
            self.rounds, *ranks.sum(self.accepted, self.proposed, self.rising, self.falling)
        )

    def __add__(self, other: SpacingStatistics) -> SpacingStatistics:
        return SpacingStatistics(
            self.rounds + other.rounds,
            self.accepted + other.accepted,
            self.proposed + other.proposed,
            self.rising + other.rising,
            self.falling + other.falling,
        )

    def add(self, probability: Tensor, direction: Tensor) -> None:
        """Takes in one round: swap probabilities, NaN where none was proposed, and the replicas' directions."""
        self.rounds += 1
        proposed = ~torch.isnan(probability)
        self.accepted += probability.nan_to_num(0.0).sum(1)
        self.proposed += proposed.sum(1)
        self.rising += (direction == 1).sum(1)
        self.falling += (direction == -1).sum(1)

    @property
    def swap_rates(self) -> Tensor:
        """Mean acceptance probability between neighbours, shape (replicas − 1,)."""
        return self.accepted / self.proposed.clamp_min(1)

    @property
    def flow(self) -> Tensor:
        """Share of the replicas of known direction that are rising, from 1 at β = 0 to 0 at β = 1, (replicas,)."""
        return self.rising / (self.rising + self.falling).clamp_min(1)

    @property
    def is_sufficient(self) -> bool:
        """True if there is enough to move temperatures by."""
        return self.rounds >= LEAST_ROUNDS

    @property
    def has_flow(self) -> bool:
        """True if enough replicas have come from both ends to every temperature."""
        known = (self.rising + self.falling)[1:-1]
        crossed = bool((self.rising[-2] > 0) & (self.falling[1] > 0))
        return crossed and bool((known >= LEAST_TRAVELLERS).all())


def respace(betas: Tensor, seen: SpacingStatistics, replicas: int) -> Tensor:
    """New temperatures from 0 to 1, float64, shape (replicas,).

    Each gap between neighbours gets a weight: how hard it is to pass. Where replicas have come through from both
    ends that is √Δf, f being the share of rising replicas: iterated, f then falls by the same amount
    across every gap, which makes round trips most frequent (Katzgraber, Trebst, Huse, Troyer 2006). Before, it
    is the rejection rate of the gap, which evens swap rates (Syed et al. 2022). Temperatures are put at
    equal steps of the weights' sum, and half-way there at a time. No two come nearer than `LEAST_GAP`:
    of a model that differs little from its base measure nearly all swaps are accepted, the flow falls at
    both ends alone, and every temperature would end there.

    Args:
        betas: the temperatures now, shape (n,).
        seen: their statistics, on the host.
        replicas: how many temperatures there shall be.
    """
    betas = betas.double()
    weight = (-seen.flow.diff()).clamp_min(0).sqrt() if seen.has_flow else 1 - seen.swap_rates
    weight = weight.double()
    weight = weight.clamp_min(float(FLOOR * weight.mean().clamp_min(1e-6)))
    total = torch.cat([weight.new_zeros(1), weight.cumsum(0)]) / weight.sum()
    steps = torch.linspace(0, 1, replicas, dtype=torch.float64)
    ideal = _interpolate(steps, total, betas)
    now = _interpolate(steps, torch.linspace(0, 1, len(betas), dtype=torch.float64), betas)
    moved = now + DAMPING * (ideal - now)
    moved[0], moved[-1] = 0.0, 1.0
    return apart(moved)


def apart(betas: Tensor) -> Tensor:
    """Temperatures of which neighbours that are less than `LEAST_GAP` apart are moved apart; others stay.

    Args:
        betas: from 0 to 1, float64, shape (replicas,); those that fall are left as they are.
    """
    gaps = betas.diff()
    if len(gaps) == 0 or bool((gaps < 0).any()) or bool((gaps >= LEAST_GAP).all()):
        return betas
    steps = gaps.clamp_min(LEAST_GAP).cumsum(0)
    spread = torch.cat([betas[:1], betas[0] + (betas[-1] - betas[0]) * steps / steps[-1]])
    spread[-1] = betas[-1]
    return spread


def _interpolate(at: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """y at `at`, linear between the points (x, y), x rising."""
    right = torch.searchsorted(x, at).clamp(1, len(x) - 1)
    share = (at - x[right - 1]) / (x[right] - x[right - 1])
    return y[right - 1] + share * (y[right] - y[right - 1])
