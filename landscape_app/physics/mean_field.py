"""Mean field: the Gibbs–Bogoliubov bound on the free energy of coupled spins, and what TAP makes of it."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

MOST_SWEEPS = 10_000
TOLERANCE = 1e-10
"""Largest change of a mean in a sweep at which a solution has settled."""

DISTINCT = 1e-4
"""Largest difference of two means up to which two solutions are one."""

DAMPING = 0.5
"""Share of the old means that a step of TAP keeps: undamped it goes round in circles (Bolthausen 2014)."""

EDGE = 1e-15


class MeanFieldSolution(NamedTuple):
    """A stationary point of the free energy of independent spins.

    Attributes:
        means: ⟨s_i⟩, float64, shape (N,).
        free_energy: F[q] = ⟨E⟩_q − T S[q], nats times T.
        falls: F[q] after each sweep, as long as it went.
        settled: whether the means stopped moving.
        starts: how many of the starts came here.
    """

    means: Tensor
    free_energy: float
    falls: tuple[float, ...]
    settled: bool
    starts: int


def mean_field(
    couplings: Tensor, fields: Tensor, temperature: float, starts: Tensor
) -> list[MeanFieldSolution]:
    """Solutions of m_i = tanh((h_i + Σ_j J_ij m_j)/T), one spin after the other: F[q] never rises.

    F[q] is an upper bound of F = −T log Z, Z = Σ_s exp(−E/T); the gap is T KL(q‖P) (Gibbs–Bogoliubov; Feynman 1972).

    Args:
        couplings: J, symmetric with a zero diagonal, shape (N, N).
        fields: h, shape (N,).
        temperature: T > 0.
        starts: means to start from, shape (starts, N), from −1 to 1.

    Returns:
        The distinct solutions, the lowest F[q] first.
    """
    j, h, m = (table.detach().double().cpu() for table in (couplings, fields, starts))
    m, falls, settled = m.clone(), [], False
    for _ in range(MOST_SWEEPS):
        before = m.clone()
        for i in range(len(h)):
            m[:, i] = torch.tanh((h[i] + m @ j[i]) / temperature)
        falls.append(free_energy(j, h, temperature, m))
        settled = float((m - before).abs().max()) < TOLERANCE
        if settled:
            break
    return _distinct(m, torch.stack(falls), settled)


def tap(couplings: Tensor, fields: Tensor, temperature: float, starts: Tensor) -> list[MeanFieldSolution]:
    """Solutions of mean field with Onsager's reaction term (Thouless, Anderson, Palmer 1977).

    The free energy of TAP is that of `mean_field` less ¼ Σ_ij J_ij² (1 − m_i²)(1 − m_j²)/T: for weak couplings nearer
    to the truth, but no bound of it. Arguments and result are those of `mean_field`.
    """
    j, h, m = (table.detach().double().cpu() for table in (couplings, fields, starts))
    falls, settled = [], False
    for _ in range(MOST_SWEEPS):
        reaction = m * ((1 - m**2) @ j**2) / temperature
        wanted = torch.tanh((h + m @ j - reaction) / temperature)
        change = float((wanted - m).abs().max())
        m = DAMPING * m + (1 - DAMPING) * wanted
        spread = 1 - m**2
        falls.append(
            free_energy(j, h, temperature, m) - ((spread @ j**2) * spread).sum(1) / (4 * temperature)
        )
        settled = change < TOLERANCE
        if settled:
            break
    return _distinct(m, torch.stack(falls), settled)


def free_energy(couplings: Tensor, fields: Tensor, temperature: float, means: Tensor) -> Tensor:
    """F[q] = −½ mJm − h·m − T S[q] of independent spins, float64, shape (starts,), of means of shape (starts, N)."""
    up = ((1 + means) / 2).clamp(EDGE, 1 - EDGE)
    entropy = -(up * up.log() + (1 - up) * (1 - up).log()).sum(1)
    return -0.5 * (means @ couplings * means).sum(1) - means @ fields - temperature * entropy


def random_starts(spins: int, count: int, generator: torch.Generator) -> Tensor:
    """Means to start from: all nearly up, all nearly down, none, and others at random, shape (count, spins)."""
    drawn = 2 * torch.rand(max(count, 3), spins, generator=generator, dtype=torch.float64) - 1
    drawn[0], drawn[1], drawn[2] = 0.9, -0.9, 0.0
    return drawn[:count] if count >= 3 else drawn


def exact_free_energy(log_partition: float, spins: int, temperature: float) -> float:
    """F = −T log Z from log Z of the energies E/T relative to uniform spins, as all models here have it."""
    return -temperature * (log_partition + spins * math.log(2))


def _distinct(means: Tensor, falls: Tensor, settled: bool) -> list[MeanFieldSolution]:
    """Solutions that differ, the lowest free energy first."""
    found: list[MeanFieldSolution] = []
    for start in falls[-1].argsort().tolist():
        m = means[start]
        twin = next((i for i, s in enumerate(found) if float((s.means - m).abs().max()) < DISTINCT), None)
        if twin is None:
            fall = falls[:, start].tolist()
            found.append(MeanFieldSolution(m, fall[-1], tuple(fall), settled, 1))
        else:
            found[twin] = found[twin]._replace(starts=found[twin].starts + 1)
    return found
