"""Samples of a composition, as many as are wanted, from replicas that cross barriers or from plain chains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.data import ColumnMeaning
from landscape_app.data.columns import in_units
from landscape_app.language import tr
from landscape_app.physics.annealing import annealed_ladder, pool
from landscape_app.physics.batched import AT_ONCE
from landscape_app.physics.chain_statistics import ChainDraws
from landscape_app.physics.host import number, read_back, to_host
from landscape_app.physics.ladder import DEFAULT_REPLICAS
from landscape_app.physics.resampling import independent_samples
from landscape_app.physics.space import Space
from landscape_app.session.memory import DRAWING, needs_memory
from landscape_app.session.records import ClassShares, SteeringRecord
from landscape_app.session.sampler import Sampler, features

BATCH = 2_048
"""Chains that move together; more than these are done one batch after the other."""

LEAST_LADDERS = 64
"""Ladders of replicas side by side that memory is found for, however large a configuration is."""

LEAST_RECORDED = 2

MOST_SITES = 4_096
"""Of a configuration whose sites are recorded one by one."""

FEW = 4
"""Numbers of a draw beside the sites, about."""

MOST_RECORDED = 2**24
"""Numbers of all draws; where there are more, draws are recorded in even steps."""

BATCH_NAMES = 2**40
"""Distance of the names, in two batches, of ancestors that are drawn from q, which batches never share."""


class Samples(NamedTuple):
    """Samples of a composition.

    Attributes:
        x: as they are stored (`Space.compact`): levels uint8, spins int8, coordinates float32, in the units of the
            table where they are rows of one; shape (n, *shape).
        energy: H(x) in nats under the composition, temperature included, float32, shape (n,).
        effective_samples: how many independent samples they are worth, 1 to n, for the mean of whichever is worst
            known: H, the model's energy, the mean site, the probabilities of classes (where the session has a
            classifier), or the configuration itself. Samples that descend from one weighted sample, or of the data,
            count as one as far as they are alike still (`physics.resampling.independent_samples`), and as one where
            there is no other ancestor to compare with; one that has come from the base measure since has no ancestor.
            It does not say how well those hold the model, nor whether chains that did not start in them have
            arrived: `diagnose` does.
        shares: of samples on target, and in each class, with the errors of as many independent ones; None where
            nothing is wanted of classes.
    """

    x: np.ndarray
    energy: np.ndarray
    effective_samples: float
    shares: ClassShares | None


class Drawn(NamedTuple):
    """Samples of one batch.

    Attributes:
        x: as they are stored, shape (n, *shape).
        energy: H(x) in nats, float32, shape (n,).
        features: what their worth is judged by beside x (`sampler.features`).
        classes: by the classifier, int64, shape (n,); None without one.
        ancestors: names of what they descend from, int64, shape (n,), as of `independent_samples`.
    """

    x: np.ndarray
    energy: np.ndarray
    features: tuple[Tensor, ...]
    classes: Tensor | None
    ancestors: Tensor


class DrawRecord(NamedTuple):
    """One step of drawing.

    Attributes:
        share: of the steps that are done, 0 to 1.
        energy: mean H of what moves, nats.
        acceptance_rate: mean acceptance probability; None before the first step.
        replicas: temperatures of each chain; 1 without a ladder.
        drawn: samples that are complete with this step; None for none.
        jump: how the chains were put on the composition, where this step is that.
        x: where the chains of this batch are at β = 1, shape (batch, *shape).
        energies: H of each there, nats, shape (batch,).
    """

    share: float
    energy: float
    acceptance_rate: float | None
    replicas: int
    drawn: Drawn | None
    jump: SteeringRecord | None
    x: Tensor
    energies: Tensor


def joined(batches: Sequence[Drawn], sampler: Sampler, columns: Sequence[ColumnMeaning] = ()) -> Samples:
    """All that was drawn of a sampler's composition, in the units of the columns, and what it is worth."""
    composition, composer = sampler.composition, sampler.composer
    x = np.concatenate([batch.x for batch in batches])
    found = [torch.cat(parts) for parts in zip(*(batch.features for batch in batches), strict=True)]
    ancestors = torch.cat([batch.ancestors for batch in batches])
    worth = independent_samples([*found, composer.space.unit(torch.from_numpy(x))], ancestors)
    shares = None
    classes = [batch.classes for batch in batches if batch.classes is not None]
    if composition.conditions and classes:
        shares = ClassShares.of(composition, torch.cat(classes), composer.classes, worth)
    return Samples(in_units(columns, x), np.concatenate([batch.energy for batch in batches]), worth, shares)


def drawing(sampler: Sampler, n: int, steps: int, start: str, ladder: bool) -> Iterator[DrawRecord]:
    """Draws n samples of the sampler's composition, a start or a kernel step at each `next()`.

    Arguments are those of `sample`.

    Raises:
        ValueError: there is no such place, or a number is out of its range.
    """
    if n < 1 or steps < 0:
        raise ValueError(
            tr(
                "at least one sample and no negative number of steps are needed, got {samples} and {steps}",
                samples=n,
                steps=steps,
            )
        )
    most = chains_at_once(sampler.composer.space, ladder and steps > 0)
    sizes = [min(most, n - first) for first in range(0, n, most)]
    return (
        _from_ladders(sampler, sizes, steps, start)
        if ladder and steps
        else _from_chains(sampler, sizes, steps, start)
    )


def chains_at_once(space: Space, ladder: bool) -> int:
    """Number of samples that are drawn side by side; more are drawn one batch after the other."""
    return max(LEAST_LADDERS, AT_ONCE // (DEFAULT_REPLICAS * space.sites)) if ladder else BATCH


@needs_memory(DRAWING)
def _from_ladders(sampler: Sampler, sizes: list[int], steps: int, start: str) -> Iterator[DrawRecord]:
    """A batch of ladders after the other; step sizes settle in the first half of the steps and stay."""
    heats = start == "chains"
    done, total = 0, sum(sizes) * steps
    for batch, size in enumerate(sizes):
        jump = sampler.restart(start, pool(size) if heats else size)
        ladder = annealed_ladder(sampler.chains, sampler.ancestors, size, from_base=not heats)
        if jump is not None:
            # Of the chains that are drawn from, not of all that replicas are heated from.
            jump = replace(jump, chains=size, ancestors=len(to_host(ladder.ancestors[-1]).unique()))
        yield DrawRecord(
            done / total,
            number(ladder.energy.mean()),
            None,
            ladder.replicas,
            None,
            jump,
            ladder.x,
            ladder.energy,
        )
        for step in range(1, steps + 1):
            ladder.adapt = step <= steps // 2
            moved = ladder.advance(1)
            done += size
            x, energy = ladder.x, ladder.energy
            statistics, (mean,) = moved.along_with(energy.mean())
            drawn = _drawn(sampler, x, energy, ladder.ancestors[-1], batch) if step == steps else None
            if step == steps:
                sampler.chains.retarget(sampler.chains.target, x)
                sampler.ancestors = ladder.ancestors[-1]
            yield DrawRecord(
                done / total, float(mean), statistics.acceptance_rate, ladder.replicas, drawn, None, x, energy
            )


@needs_memory(DRAWING)
def _from_chains(sampler: Sampler, sizes: list[int], steps: int, start: str) -> Iterator[DrawRecord]:
    """A batch of chains after the other; without a step, where they start."""
    sweeps = sampler.sample()

    def drawn(batch: int) -> Drawn:
        chains = sampler.chains
        return _drawn(sampler, chains.x, chains.energy, sampler.ancestors, batch)

    done, total = 0, sum(sizes) * max(steps, 1)
    for batch, size in enumerate(sizes):
        jump = sampler.restart(start, size)
        chains = sampler.chains
        first = None if steps else drawn(batch)
        done += 0 if steps else size
        yield DrawRecord(
            done / total, number(chains.energy.mean()), None, 1, first, jump, chains.x, chains.energy
        )
        for step in range(1, steps + 1):
            sweep = next(sweeps)
            done += size
            last = drawn(batch) if step == steps else None
            yield DrawRecord(
                done / total, sweep.energy, sweep.acceptance_rate, 1, last, None, chains.x, chains.energy
            )


class DrawsRecorder:
    """Draws of chains over their steps: H, what the space summarises a configuration by, and its sites.

    The first half of the steps is left out: in it kernels are tuned, and chains forget where they started.

    Args:
        space: of the chains.
        chains: how many there are.
        steps: that they make.
        columns: of a table, in whose units draws are.

    Raises:
        ValueError: there are too few steps.
    """

    def __init__(self, space: Space, chains: int, steps: int, columns: Sequence[ColumnMeaning] = ()) -> None:
        if steps < LEAST_RECORDED:
            raise ValueError(
                f"draws are recorded in the second half of at least {LEAST_RECORDED} steps, got {steps}"
            )
        self._space, self._first = space, steps - steps // 2 + 1
        self._sites = space.sites if space.sites <= MOST_SITES else 0
        numbers = chains * (steps // 2) * (self._sites + FEW)
        self.spacing = max(1, -(-numbers // MOST_RECORDED))
        self._columns = columns
        self._x: list[np.ndarray] = []
        self._scalars: list[dict[str, np.ndarray]] = []

    def observe(self, step: int, record: DrawRecord) -> None:
        """Takes note of a step, counted from 1."""
        if step < self._first or (step - self._first) % self.spacing:
            return
        summaries = {} if self._sites == len(names := self._space.summaries(record.x)) else names
        x = self._space.compact(record.x) if self._sites else record.x[:, :0]
        energies, x, *rest = read_back(record.energies, x, *summaries.values())
        self._x.append(x.numpy().copy())
        found = {"energy": energies, **dict(zip(summaries, rest, strict=True))}
        self._scalars.append({name: values.numpy().copy() for name, values in found.items()})

    def draws(self, name: str) -> ChainDraws:
        """All that was recorded, shape (chains, draws) each."""
        arrays = {key: np.stack([step[key] for step in self._scalars], 1) for key in self._scalars[0]}
        x = np.stack(self._x, 1)
        if self._columns and x.ndim == 3 and len(self._columns) == x.shape[2]:
            in_unit = in_units(self._columns, x)
            arrays |= {column.name: in_unit[:, :, k] for k, column in enumerate(self._columns)}
        elif self._sites:
            arrays["x"] = x
        notes = (
            ()
            if self._sites
            else (tr("the {sites:,} sites are left out: they are too many", sites=self._space.sites),)
        )
        return ChainDraws.of_arrays(name, arrays, units={"energy": "nats"}, spacing=self.spacing, notes=notes)


def _drawn(sampler: Sampler, x: Tensor, energy: Tensor, ancestors: Tensor, batch: int) -> Drawn:
    """Samples as they leave the device; batches share the ancestors that are no draws from q."""
    composer, names = sampler.composer, to_host(ancestors)
    found = features(composer, sampler.model, x, energy)
    return Drawn(
        to_host(composer.space.compact(x)).numpy(),
        to_host(energy).numpy(),
        found,
        None if composer.classifier is None else found[-1].argmax(1),
        torch.where(names < 0, names - batch * BATCH_NAMES, names),
    )
