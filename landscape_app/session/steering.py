"""Resample–move to a composition, from whichever reservoir is worth most samples of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from torch import Tensor

from landscape_app.physics.base import Base
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import EnergyTerm, Target, WeightedTerm
from landscape_app.physics.host import to_host
from landscape_app.physics.resampling import effective_sample_size, resample_move
from landscape_app.physics.reservoir import Reservoir
from landscape_app.session.composing import ClassifiedSamples, HamiltonianPath
from landscape_app.session.composition import Composition
from landscape_app.session.records import SteeringRecord


class Candidate(NamedTuple):
    """A reservoir to jump from.

    Attributes:
        reservoir: weighted samples of where the path starts.
        base: q of both ends of the path.
        path: from there to the composition.
        log_ratio: log of the composition's density over that where the path starts, shape (n,).
    """

    reservoir: Reservoir
    base: Base
    path: HamiltonianPath
    log_ratio: Tensor

    @property
    def worth(self) -> float:
        """Effective samples of the composition."""
        return effective_sample_size(self.reservoir.log_weights + self.log_ratio)


def candidate(
    model: EnergyTerm,
    base: Base,
    samples: ClassifiedSamples,
    composition: Composition,
    fields: Sequence[WeightedTerm],
) -> Candidate:
    """A composition as it is reached from samples.

    Args:
        model: the Min-MaxEnt term Σ λ f.
        base: q of both ends of the path.
        samples: of where the path starts.
        composition: where it ends.
        fields: of the composition, with their coefficients.
    """
    coefficient = composition.model_coefficient
    path = HamiltonianPath(model, fields, coefficient, samples.start)
    return Candidate(samples.reservoir, base, path, samples.log_ratio(coefficient, fields))


def jump(
    walkers: Chains, composition: Composition, candidates: Mapping[str, Candidate], moves: int
) -> tuple[SteeringRecord, Tensor]:
    """Puts the walkers on a composition; returns how, and the names of their ancestors, int64, shape (chains,).

    These are the indices of samples in the model's reservoir, or −1 − index of ones drawn from the base measure.

    Args:
        walkers: moved in place.
        composition: where to.
        candidates: reservoirs by the name of what they sample.
        moves: kernel moves after each resampling.

    Raises:
        ValueError: the composition is out of reach, or a field has failed; the walkers are as they were.
    """
    start = time.perf_counter()
    source = max(candidates, key=lambda name: candidates[name].worth)
    reservoir, base, path, log_ratio = candidates[source]
    with walkers.undone_by_failure():
        done = resample_move(
            walkers,
            reservoir.x,
            reservoir.log_weights,
            log_ratio,
            lambda s: Target(base, path.hamiltonian(s)),
            moves,
        )
    record = SteeringRecord(
        composition=composition,
        source=source,
        effective_sample_size=done.effective_sample_size,
        reservoir=len(reservoir),
        ancestors=len(to_host(done.ancestors).unique()),
        chains=len(walkers),
        stages=done.stages,
        seconds=time.perf_counter() - start,
    )
    return record, -1 - done.ancestors if source == "base" else done.ancestors
