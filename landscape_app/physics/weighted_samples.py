"""A store of weighted samples of one distribution, from which ensembles under other Hamiltonians start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from landscape_app.physics.hamiltonian import Hamiltonian
from landscape_app.physics.resampling import effective_count, effective_sample_size


@dataclass(frozen=True, eq=False)
class WeightedSamples:
    """Weighted samples of a distribution, with their energies under a model's Hamiltonian H.

    Attributes:
        x: configurations, shape (n, *shape).
        energy: H(x) in nats, shape (n,).
        log_weights: log importance weights, shape (n,).
    """

    x: Tensor
    energy: Tensor
    log_weights: Tensor

    def __len__(self) -> int:
        return len(self.x)

    @property
    def effective_sample_size(self) -> float:
        """Number of unweighted samples that the weighted ones are worth."""
        return effective_sample_size(self.log_weights)

    @classmethod
    def merge(cls, snapshots: Sequence[WeightedSamples], hamiltonian: Hamiltonian) -> WeightedSamples:
        """Snapshots taken under earlier Hamiltonians, reweighted to this one by exp(H_then − H_now).

        Every snapshot counts as much as its weights are worth. Of snapshots of the same chains, samples of one chain
        follow each other: systematic resampling then takes as few from the same chain as can be.
        """
        log_weights = []
        energies = [hamiltonian.energy(snapshot.x) for snapshot in snapshots]
        for snapshot, energy in zip(snapshots, energies, strict=True):
            weights = (snapshot.log_weights + snapshot.energy - energy).log_softmax(0)
            log_weights.append(weights + effective_count(weights).clamp_min(1e-12).log())
        columns = ([s.x for s in snapshots], energies, log_weights)
        if len({len(snapshot) for snapshot in snapshots}) == 1:
            return cls(*(torch.stack(column, dim=1).flatten(0, 1) for column in columns))
        return cls(*map(torch.cat, columns))
