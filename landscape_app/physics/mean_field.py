"""Mean field: the Gibbs–Bogoliubov bound on free energies of spins and of two layers of units, and TAP, no bound."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
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


class SpinForm(NamedTuple):
    """A distribution as coupled spins ±1: Z = Σ_s exp(−E(s)/T), E = −½ sJs − h·s + constant.

    Attributes:
        couplings: J, symmetric with a zero diagonal, float64, shape (N, N).
        fields: h, float64, shape (N,).
        constant: nats times T.
    """

    couplings: Tensor
    fields: Tensor
    constant: float


class TwoLayers(NamedTuple):
    """Sites v and hidden units h in {0, 1}, coupled across: Z = Σ_vh q(v) exp(a·v + b·h + v·W·h), q a product.

    Attributes:
        visible: a, float64, shape (sites,).
        hidden: b, float64, shape (H,).
        weights: W, float64, shape (sites, H).
        values: those that a site can have, float64, shape (levels,).
        log_q: log q_i of each, float64, shape (sites, levels).
    """

    visible: Tensor
    hidden: Tensor
    weights: Tensor
    values: Tensor
    log_q: Tensor


class MeanFieldSweep(NamedTuple):
    """All starts after a sweep.

    Attributes:
        means: shape (starts, N).
        free_energy: F[q], shape (starts,).
        settled: whether all means have stopped moving.
    """

    means: Tensor
    free_energy: Tensor
    settled: bool


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
    return solutions(mean_field_sweeps(couplings, fields, temperature, starts))


def mean_field_sweeps(
    couplings: Tensor, fields: Tensor, temperature: float, starts: Tensor
) -> Iterator[MeanFieldSweep]:
    """The sweeps of `mean_field` until the means have settled, `MOST_SWEEPS` at most; its arguments."""
    j, h, m = (table.detach().double().cpu() for table in (couplings, fields, starts))
    m, settled = m.clone(), False
    for _ in range(MOST_SWEEPS):
        before = m.clone()
        for i in range(len(h)):
            m[:, i] = torch.tanh((h[i] + m @ j[i]) / temperature)
        settled = float((m - before).abs().max()) < TOLERANCE
        yield MeanFieldSweep(m.clone(), free_energy(j, h, temperature, m), settled)
        if settled:
            return


def layer_sweeps(layers: TwoLayers, starts: Tensor) -> Iterator[MeanFieldSweep]:
    """Mean field of two layers, all units of one at once: given the other they are independent, and F[q] never rises.

    With q(v) ∝ ∏ q_i(v_i) exp(v_i t_i), t = a + Wμ, and μ the means of the hidden units,
    F[q] = −Σ_i log Σ_v q_i(v) exp(v t_i) − b·μ − S(μ), an upper bound of −log Z.

    Args:
        layers: the distribution, at temperature 1.
        starts: means 2μ − 1 of the hidden units to start from, shape (starts, H).

    Returns:
        Sweeps whose means are those of the sites, ⟨v_i⟩, and then of the hidden units, 2μ − 1.
    """
    a, b, w, values, log_q = layers
    mu, before = (1 + starts.double()) / 2, None
    for _ in range(MOST_SWEEPS):
        tilted = log_q + (a + mu @ w.T).unsqueeze(2) * values
        site = tilted.softmax(2) @ values
        energy = -tilted.logsumexp(2).sum(1) - mu @ b - _binary_entropy(mu)
        mean = torch.cat([site, 2 * mu - 1], 1)
        settled = before is not None and float((mean - before).abs().max()) < TOLERANCE
        yield MeanFieldSweep(mean, energy, settled)
        if settled:
            return
        before, mu = mean, (b + site @ w).sigmoid()


def tap(couplings: Tensor, fields: Tensor, temperature: float, starts: Tensor) -> list[MeanFieldSolution]:
    """Solutions of mean field with Onsager's reaction term (Thouless, Anderson, Palmer 1977).

    The free energy of TAP is that of `mean_field` less ¼ Σ_ij J_ij² (1 − m_i²)(1 − m_j²)/T: for weak couplings nearer
    to the truth, but no bound of it. Arguments and result are those of `mean_field`.
    """
    return solutions(tap_sweeps(couplings, fields, temperature, starts))


def tap_sweeps(
    couplings: Tensor, fields: Tensor, temperature: float, starts: Tensor
) -> Iterator[MeanFieldSweep]:
    """The sweeps of `tap` until the means have settled, `MOST_SWEEPS` at most; its arguments."""
    j, h, m = (table.detach().double().cpu() for table in (couplings, fields, starts))
    for _ in range(MOST_SWEEPS):
        reaction = m * ((1 - m**2) @ j**2) / temperature
        wanted = torch.tanh((h + m @ j - reaction) / temperature)
        change = float((wanted - m).abs().max())
        m = DAMPING * m + (1 - DAMPING) * wanted
        spread = 1 - m**2
        correction = ((spread @ j**2) * spread).sum(1) / (4 * temperature)
        yield MeanFieldSweep(m, free_energy(j, h, temperature, m) - correction, change < TOLERANCE)
        if change < TOLERANCE:
            return


def solutions(sweeps: Iterable[MeanFieldSweep]) -> list[MeanFieldSolution]:
    """The distinct states in which starts have ended, the lowest free energy first."""
    falls, last = [], None
    for sweep in sweeps:
        falls.append(sweep.free_energy)
        last = sweep
    return [] if last is None else _distinct(last.means, torch.stack(falls), last.settled)


def free_energy(couplings: Tensor, fields: Tensor, temperature: float, means: Tensor) -> Tensor:
    """F[q] = −½ mJm − h·m − T S[q] of independent spins, float64, shape (starts,), of means of shape (starts, N)."""
    entropy = _binary_entropy((1 + means) / 2)
    return -0.5 * (means @ couplings * means).sum(1) - means @ fields - temperature * entropy


def _binary_entropy(p: Tensor) -> Tensor:
    """−Σ_i p_i log p_i + (1 − p_i) log(1 − p_i), shape (n,), of probabilities, shape (n, N)."""
    p = p.clamp(EDGE, 1 - EDGE)
    return -(p * p.log() + (1 - p) * (1 - p).log()).sum(1)


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
