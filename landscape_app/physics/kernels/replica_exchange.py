"""Replica exchange: neighbouring temperatures swap configurations, and every replica keeps its distribution."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.physics.kernels.kernel import State


class Exchange(NamedTuple):
    """Outcome of one round of swaps.

    Attributes:
        order: where each replica's configuration came from: row of the ensemble, int64, shape (replicas, columns).
        probability: acceptance probability of each proposed swap, shape (replicas − 1, columns); NaN where
            this round proposed none.
    """

    order: Tensor
    probability: Tensor


def propose_exchange(energy: Tensor, betas: Tensor, odd: bool, generator: torch.Generator) -> Exchange:
    """Swaps neighbours a, b with probability min(1, exp((β_b − β_a)(H_b − H_a))), every other pair at once.

    Even pairs in one round and odd pairs in the next: replicas then move through the ladder in long runs, not
    in a random walk (Okabe et al. 2001; Syed, Bouchard-Côté, Deligiannidis, Doucet 2022).

    Args:
        energy: H of each replica, shape (replicas, columns): a column is one ladder, independent of the others.
        betas: inverse temperatures, shape (replicas,).
        odd: whether the pairs (1, 2), (3, 4) … are tried, else (0, 1), (2, 3) ….
        generator: random state.
    """
    replicas, columns = energy.shape
    first = torch.arange(int(odd), replicas - 1, 2, device=energy.device)
    gap = (betas[first + 1] - betas[first]).to(energy.dtype).unsqueeze(1)
    log_ratio = gap * (energy[first + 1] - energy[first])
    chance = log_ratio.clamp(max=0).exp().nan_to_num(0.0)
    swap = torch.rand(chance.shape, generator=generator, device=energy.device) < chance
    order = torch.arange(replicas, device=energy.device).unsqueeze(1).repeat(1, columns)
    step = swap.long()
    order[first] += step
    order[first + 1] -= step
    probability = energy.new_full((replicas - 1, columns), torch.nan)
    probability[first] = chance
    return Exchange(order, probability)


def rearrange(state: State, order: Tensor) -> State:
    """The state of an ensemble of replicas × columns chains after an exchange, its order (replicas, columns)."""
    columns = order.shape[1]
    rows = (order * columns + torch.arange(columns, device=order.device)).flatten()
    return state.rows(rows)
