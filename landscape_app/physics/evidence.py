"""Evidence lower bound: log p(x) from a factorised q in place of the posterior of hidden spins, and its gap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.physics.mean_field import free_energy

MOST_PASSES = 200
TOLERANCE = 1e-8
"""Largest change of a mean in a pass over all hidden spins at which q has settled."""


class Posterior(NamedTuple):
    """Posteriors of hidden spins ±1, p(s|x) ∝ exp(½ s·J·s + f(x)·s), one for each item.

    Attributes:
        couplings: J among the hidden spins, float64, shape (H, H); zero where the posterior factorises.
        fields: f(x), float64, shape (n, H).
        free_energy: −log Σ_s exp(½ s·J·s + f(x)·s), float64, shape (n,).
    """

    couplings: Tensor
    fields: Tensor
    free_energy: Tensor


class EvidenceStep(NamedTuple):
    """Gaps after so many updates.

    Attributes:
        updates: of a hidden spin each, in all items.
        gap: KL(q‖p(s|x)) = log p(x) − ELBO(x), nats, float64, shape (n,).
        settled: whether q has stopped moving.
    """

    updates: int
    gap: Tensor
    settled: bool


def evidence_steps(posterior: Posterior) -> Iterator[EvidenceStep]:
    """Gaps of ELBO(x) = E_q[log p(x, s)] + S[q], q a product that begins uniform, one spin after the other.

    ELBO(x) = log p(x) − KL(q‖p(s|x)): each update is the best for its spin, so that the bound never falls (Jordan et
    al. 1999). Where the posterior factorises, as that of a restricted Boltzmann machine, one pass makes it tight;
    where hidden spins are coupled, a gap is left. After the first pass only whole passes are told.
    """
    j, f = posterior.couplings, posterior.fields
    m = torch.zeros_like(f)
    units = f.shape[1]
    yield EvidenceStep(0, _gap(posterior, m), False)
    for number in range(MOST_PASSES):
        before = m.clone()
        for i in range(units):
            m[:, i] = torch.tanh(f[:, i] + m @ j[i])
            if number == 0 and i + 1 < units:
                yield EvidenceStep(i + 1, _gap(posterior, m), False)
        settled = float((m - before).abs().max()) < TOLERANCE
        yield EvidenceStep((number + 1) * units, _gap(posterior, m), settled)
        if settled:
            return


def _gap(posterior: Posterior, means: Tensor) -> Tensor:
    """KL(q‖p(s|x)), shape (n,), of a product q with means, shape (n, H): by how much its free energy is too high."""
    zero = posterior.fields.new_zeros(posterior.fields.shape[1])
    of_q = free_energy(posterior.couplings, zero, 1.0, means) - (posterior.fields * means).sum(1)
    return of_q - posterior.free_energy
