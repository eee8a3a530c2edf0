"""Ladders whose replicas begin where they belong: heated from samples of the model, or cooled from q."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.physics.chains import Chains
from landscape_app.physics.host import number
from landscape_app.physics.ladder import MOST_REPLICAS, Ladder
from landscape_app.physics.resampling import systematic_resample, tempering_step

POOL, LEAST_POOL = 4, 128
"""Chains that are heated for each ladder, so that few replicas share an ancestor, and the least that are annealed."""

OVERLAP = 1 / 3
"""Share of the chains that stays effective from one temperature to the next.

Of energies with a normal distribution, neighbours then swap with probability 0.46."""

STAGES, MOVES = 5, 2
"""Stages from one temperature to the next, and kernel moves after each: many small ones leave more ancestors."""

LAST_GAP = 0.25
"""A last gap narrower than this share of the one before is closed: there the ladder needs no temperature more."""


class Rung(NamedTuple):
    """Chains at one temperature.

    Attributes:
        beta: inverse temperature.
        x: configurations, shape (pool, *shape).
        ancestors: of which of the first chains each is a descendant, int64, shape (pool,).
        step_size: of the kernel there.
    """

    beta: float
    x: Tensor
    ancestors: Tensor
    step_size: float


def pool(columns: int) -> int:
    """Number of chains to heat for so many ladders."""
    return max(POOL * columns, LEAST_POOL)


def heated(chains: Chains, ancestors: Tensor) -> list[Rung]:
    """Chains in equilibrium at every temperature above that of the model, hottest first: sequential Monte Carlo.

    From β to a lower β' they are weighted by exp((β − β') H), resampled and moved, in `STAGES`. Each β' is as far
    from β as leaves `OVERLAP` of the weights effective where there is one stage. Exact as their number grows.

    Args:
        chains: in equilibrium at β = 1; moved in place.
        ancestors: names of what they descend from, int64, shape (pool,).

    Source: Del Moral, Doucet, Jasra, "Sequential Monte Carlo samplers" (2006).
    """
    rungs: list[Rung] = []
    beta = 1.0
    while (step := _step(chains, beta, 0.0, len(rungs))) is not None:
        for _ in range(STAGES):
            chosen = systematic_resample(step / STAGES * chains.energy, len(chains), chains.generator)
            beta, ancestors = beta - step / STAGES, ancestors[chosen]
            _move(chains, beta, chains.x[chosen])
        rungs.append(Rung(beta, chains.x, ancestors, chains.kernel.step_size))
    return rungs[::-1]


def cooled(chains: Chains, ancestors: Tensor) -> list[Rung]:
    """Chains taken from q to lower and lower temperatures, hottest first, by simulated annealing.

    Temperatures are as far apart as in `heated`. Nothing is resampled, so that chains stay independent of each other,
    and behind the equilibrium, to which the ladder brings them.

    Args:
        chains: samples of q; moved in place.
        ancestors: their names, int64, shape (pool,).

    Source: Kirkpatrick, Gelatt, Vecchi, "Optimization by simulated annealing" (1983).
    """
    rungs: list[Rung] = []
    beta = 0.0
    while (step := _step(chains, beta, 1.0, len(rungs))) is not None:
        for _ in range(STAGES):
            beta -= step / STAGES
            _move(chains, beta, chains.x)
        rungs.append(Rung(beta, chains.x, ancestors, chains.kernel.step_size))
    return rungs


def _step(chains: Chains, beta: float, end: float, rungs: int) -> float | None:
    """From β to the next temperature, signed as β − β'; None where the end is next."""
    whole = beta - end
    step = whole * tempering_step(whole * chains.energy, OVERLAP * len(chains))
    reached = abs(whole - step) < LAST_GAP * abs(step)
    return None if reached or rungs >= MOST_REPLICAS - 2 else step


def _move(chains: Chains, beta: float, x: Tensor) -> None:
    target = chains.target._replace(beta=chains.energy.new_full((len(x),), beta))
    chains.retarget(target, x)
    chains.run(MOVES)


def annealed_ladder(chains: Chains, ancestors: Tensor, columns: int, from_base: bool) -> Ladder:
    """A ladder with some of the chains at β = 1, in their order, and its replicas annealed.

    Replicas that begin as copies of the chains are colder than their temperatures, and swaps bring what comes of that
    to β = 1. These are heated from the chains step by step, and each column has some that have nothing to do with it:
    the exchange of replicas leaves only the product of all temperatures invariant. Or they are cooled from q, where
    the chains are not in equilibrium; then each column has those of a chain of its own, and columns share nothing.

    Args:
        chains: left as they are; in equilibrium, and as many as `pool` says, where replicas are heated from them.
        ancestors: names of what the chains descend from, int64, shape (chains,), equal for chains of one ancestor.
        columns: number of ladders.
        from_base: whether replicas are cooled from q.
    """
    target, generator = chains.target._replace(beta=None), chains.generator
    kernel, step, device = chains.kernel, chains.kernel.step_size, chains.x.device
    count = max(columns, LEAST_POOL) if from_base else len(chains)
    start = target.base_measure.sample(count, generator) if from_base else chains.x
    moving = Chains(start, target, kernel.anew(step), generator)
    if from_base:
        own = min(0, int(number(ancestors.min()))) - 1 - torch.arange(count, device=device)
        rungs, orders = cooled(moving, own), [torch.arange(columns, device=device)] * MOST_REPLICAS
    else:
        rungs = heated(moving, ancestors)
        orders = [torch.randperm(count, generator=generator, device=device)[:columns] for _ in rungs]
    at_one = torch.randperm(len(chains), generator=generator, device=device)[:columns].sort().values
    taken = [(rung.x[order], rung.ancestors[order]) for rung, order in zip(rungs, orders, strict=False)]
    taken.append((chains.x[at_one], ancestors[at_one]))
    ladder = Ladder(
        columns,
        target,
        kernel.anew([*(rung.step_size for rung in rungs), step]),
        generator,
        [0.0, *(rung.beta for rung in rungs), 1.0],
        torch.cat([target.base_measure.sample(columns, generator), *(x for x, _ in taken)]),
    )
    ladder.name_ancestors(torch.stack([names for _, names in taken]))
    return ladder
