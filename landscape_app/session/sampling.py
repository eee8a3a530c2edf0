"""Samples of a composition, as many as are wanted, from replicas that cross barriers or from plain chains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from torch import Tensor

from landscape_app.physics.ladder import Ladder
from landscape_app.session.composition import Composition
from landscape_app.session.memory import DRAWING, needs_memory
from landscape_app.session.records import SteeringRecord
from landscape_app.session.session import Session

BATCH = 2_048
"""Chains that move together; more than these are done one batch after the other."""

LADDERS = 128
"""Ladders of replicas side by side; more samples than these are taken from them one after the other."""

THINNING = 20
"""Steps of the ladders between two samples of each."""

TUNING_STEPS = 25
"""Steps between two moves of the ladders' temperatures, which end half-way."""


class Samples(NamedTuple):
    """Samples of a composition.

    Attributes:
        x: as they are stored (`Space.compact`): levels uint8, spins int8, coordinates float32; shape (n, *shape).
        energy: H(x) in nats under the composition, temperature included, float32, shape (n,).
    """

    x: np.ndarray
    energy: np.ndarray


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
    """

    share: float
    energy: float
    acceptance_rate: float | None
    replicas: int
    drawn: Samples | None
    jump: SteeringRecord | None
    x: Tensor


def sample(
    session: Session,
    n: int = 100,
    composition: Composition | None = None,
    *,
    steps: int = 100,
    start: str = "chains",
    ladder: bool = True,
    seed: int | None = None,
) -> Samples:
    """n samples of a composition; the session's walkers are what moves.

    Before its first epoch a session has λ = 0, and its model is the base measure q: these are then samples of q.

    Args:
        session: whose model.
        n: number of samples.
        composition: what to sample, on which the session stays; None for what it is on.
        steps: kernel steps of every chain.
        start: "chains" (resample–move from the model's samples), "data", "base" (samples of q) or "noise".
        ladder: whether every chain has replicas up to the base measure, with which it crosses barriers.
        seed: of the random numbers; None goes on with those of the session. The same seed gives the same samples of
            a session in the same state, such as one that was just opened.

    Raises:
        ValueError: there is no such place, no sample is asked for, or the composition cannot be made.
        FieldError: a person's own field failed.
    """
    if seed is not None:
        session.seed_walkers(seed)
    if composition is not None:
        session.steer(composition)
    parts = [r.drawn for r in drawing(session, n, steps, start, ladder) if r.drawn is not None]
    return Samples(
        np.concatenate([part.x for part in parts]), np.concatenate([part.energy for part in parts])
    )


def drawing(session: Session, n: int, steps: int, start: str, ladder: bool) -> Iterator[DrawRecord]:
    """Draws n samples of the session's composition, a start or a kernel step at each `next()`.

    Arguments are those of `sample`.

    Raises:
        ValueError: there is no such place, or a number is out of its range.
    """
    if n < 1 or steps < 0:
        raise ValueError(
            f"at least one sample and no negative number of steps are needed, got {n} and {steps}"
        )
    return (
        _from_ladders(session, n, steps, start)
        if ladder and steps
        else _from_chains(session, n, steps, start)
    )


def raise_ladder(session: Session) -> Ladder:
    """A ladder of replicas under the session's composition, one column from each walker."""
    walkers = session.walkers
    kernel = type(walkers.kernel)(walkers.kernel.step_size)
    return Ladder(len(walkers), walkers.target, kernel, walkers.generator, x=walkers.x)


@needs_memory(DRAWING)
def _from_ladders(session: Session, n: int, steps: int, start: str) -> Iterator[DrawRecord]:
    """Temperatures settle in the first half of the steps and stay."""
    sizes = _batches(n, LADDERS)
    total = steps + THINNING * (len(sizes) - 1)
    jump = session.restart_walkers(start, sizes[0])
    ladder = raise_ladder(session)
    x = ladder.x[: sizes[0]]
    yield DrawRecord(0.0, float(ladder.energy.mean()), None, ladder.replicas, None, jump, x)
    for step in range(1, total + 1):
        statistics = ladder.run(1)
        ladder.adapt = step < steps // 2
        if ladder.adapt and step % TUNING_STEPS == 0:
            ladder.respace()
        drawn, x = None, ladder.x[: sizes[0]]
        if step >= steps and (step - steps) % THINNING == 0:
            size = sizes[(step - steps) // THINNING]
            drawn = Samples(session.space.compact(x[:size]).cpu().numpy(), ladder.energy[:size].cpu().numpy())
        energy = float(ladder.energy.mean())
        yield DrawRecord(step / total, energy, statistics.acceptance_rate, ladder.replicas, drawn, None, x)


@needs_memory(DRAWING)
def _from_chains(session: Session, n: int, steps: int, start: str) -> Iterator[DrawRecord]:
    """A batch of chains after the other; without a step, where they start."""
    sweeps = session.sample()

    def drawn() -> Samples:
        walkers = session.walkers
        return Samples(session.space.compact(walkers.x).cpu().numpy(), walkers.energy.cpu().numpy())

    done, total = 0, n * max(steps, 1)
    for size in _batches(n, BATCH):
        jump = session.restart_walkers(start, size)
        walkers = session.walkers
        first = None if steps else drawn()
        done += 0 if steps else size
        yield DrawRecord(done / total, float(walkers.energy.mean()), None, 1, first, jump, walkers.x)
        for step in range(1, steps + 1):
            sweep = next(sweeps)
            done += size
            last = drawn() if step == steps else None
            yield DrawRecord(done / total, sweep.energy, sweep.acceptance_rate, 1, last, None, walkers.x)


def _batches(n: int, most: int) -> list[int]:
    """How many to draw at a time."""
    return [min(most, n - first) for first in range(0, n, most)]
