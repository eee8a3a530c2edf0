"""Ising spins that are all coupled to one another: their energy, and kernels that need no list of bonds."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import to_host
from landscape_app.physics.kernels.chromatic import FLIP_ATTEMPTS
from landscape_app.physics.kernels.cluster import Clusters, SwendsenWang, Wolff, joined_clusters
from landscape_app.physics.kernels.kernel import Info, Kernel, KernelParameter, State
from landscape_app.physics.space import Space, Spins


@dataclass(frozen=True)
class CompleteGraph:
    """H(s) = −(J/N) Σ_{i<j} s_i s_j − h Σ_i s_i = −J (M² − N)/(2N) − h M, M = Σ s_i (Curie, Weiss; Kac 1968).

    Args:
        coupling: J, in units of k_B T; with J = 1/T the transition of many spins is at T = 1.
        field: h.
    """

    coupling: float = 1.0
    field: float = 0.0

    def energy(self, x: Tensor) -> Tensor:
        """H(x) in nats, shape (batch,)."""
        s = x.flatten(1)
        total, spins = s.sum(1), s.shape[1]
        return -self.coupling * (total**2 - spins) / (2 * spins) - self.field * total


def _constants(target: Target, chains: int) -> tuple[Tensor, Tensor] | None:
    """βJ and βh of every chain, shape (chains, 1); None where H is more than one such energy."""
    hamiltonian = target.hamiltonian
    if len(hamiltonian.terms) != 1 or not isinstance(hamiltonian.terms[0].term, CompleteGraph):
        return None
    strength, term = hamiltonian.terms[0]
    assert isinstance(term, CompleteGraph)
    table = target.base_measure
    if not isinstance(table, ProductBase):
        return None
    beta = torch.ones(chains, device=table.device) if target.beta is None else target.beta
    scale = (strength / hamiltonian.temperature) * beta.view(-1, 1)
    return scale * term.coupling, scale * term.field


class CompleteGraphKernel(Kernel):
    """A kernel for a single `CompleteGraph` energy with J ≥ 0 and uniform spins."""

    default_step_size: ClassVar[float] = 1.0
    target_acceptance: ClassVar[float] = 1.0
    step_size_range: ClassVar[tuple[float, float]] = (1.0, 1.0)
    serves: ClassVar[tuple[type[Space], ...]] = (Spins,)

    def parameters(self, space: Space) -> tuple[KernelParameter, ...]:
        """Nothing to set."""
        return ()

    def check(self, target: Target) -> None:
        """Refuses another energy.

        Raises:
            ValueError: H is not one `CompleteGraph` with J ≥ 0, or spins are not uniform.
        """
        super().check(target)
        constants = _constants(target, 1 if target.beta is None else len(target.beta))
        table = getattr(target.base_measure, "host_table", None)
        if constants is None or table is None or bool((table[:, 0] != table[:, 1]).any()):
            raise ValueError(
                tr(
                    "the kernel “{kernel}” is for uniform spins on a complete graph; choose another",
                    kernel=self.label,
                )
            )
        if bool((to_host(constants[0]) < 0).any()):
            raise ValueError(tr("spins on a complete graph need a coupling J ≥ 0"))


class AuxiliaryField(CompleteGraphKernel):
    """Spins on a complete graph, moved under a common field that is drawn anew in every step.

    exp(K M²/2N) is the mean of exp(φM) over a Gaussian φ of variance K/N (Hubbard 1959; Stratonovich 1957). Given the
    spins, φ is Gaussian with mean KM/N; given φ the spins are independent, and each is updated once.
    """

    @abstractmethod
    def flip_probability(self, log_ratio: Tensor) -> Tensor:
        """Probability of flipping a spin, by the log of new over old probability."""

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """Draws φ, then every spin of every chain; one evaluation of H."""
        constants = _constants(target, len(state.x))
        assert constants is not None
        coupling, field = constants
        s = state.x.flatten(1)
        normal = torch.randn(len(s), 1, generator=generator, device=s.device)
        common = coupling * s.mean(1, keepdim=True) + (coupling / s.shape[1]).sqrt() * normal
        probability = self.flip_probability(-2 * s * (common + field))
        flips = torch.rand(s.shape, generator=generator, device=s.device) < probability
        x = torch.where(flips, -s, s).view_as(state.x)
        moved = State(x, target.hamiltonian.energy(x), None)
        return moved, Info(flips.any(1), self._reported(probability), evaluations=1)

    def _reported(self, probability: Tensor) -> Tensor:
        return probability.mean(1)


class CompleteMetropolis(AuxiliaryField):
    """Four of five spins try to flip under the common field, accepted by Metropolis's rule."""

    label: ClassVar[str] = tr("Metropolis")

    def flip_probability(self, log_ratio: Tensor) -> Tensor:
        """min(1, ratio), of the spins that try."""
        return FLIP_ATTEMPTS * log_ratio.clamp(max=0).exp()


class CompleteHeatBath(AuxiliaryField):
    """Every spin is drawn anew under the common field."""

    label: ClassVar[str] = tr("Heat bath")

    def flip_probability(self, log_ratio: Tensor) -> Tensor:
        """1/(1 + 1/ratio)."""
        return log_ratio.sigmoid()

    def _reported(self, probability: Tensor) -> Tensor:
        return torch.ones(len(probability), device=probability.device)


class _CompleteClusters(CompleteGraphKernel):
    """Clusters of spins on a complete graph.

    A pair of equal spins is joined with probability 1 − exp(−2K/N): it carries at least one of the bonds of which
    a Poisson number with mean 2K/N falls on every pair. So all bonds of the up spins are a Poisson number of random
    pairs, as are those of the down spins.
    """

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """Clusters of every chain once; one evaluation of H."""
        constants = _constants(target, len(state.x))
        assert constants is not None
        coupling, field = constants
        s = state.x.flatten(1)
        batch, spins = s.shape
        up = (s > 0).sum(1)
        counts = torch.stack([spins - up, up], 1).float()
        bonds = torch.poisson(counts**2 * coupling / spins, generator=generator)
        # The down spins of every chain first, then the up ones: groups lie one behind the other.
        order = s.argsort(dim=1)
        starts = torch.stack([torch.zeros_like(up), spins - up], 1)
        starts = starts + spins * torch.arange(batch, device=s.device).view(-1, 1)
        group = torch.arange(2 * batch, device=s.device).repeat_interleave(bonds.flatten().long())
        size, start = counts.flatten()[group], starts.flatten()[group]
        offset = spins * torch.arange(batch, device=s.device).view(-1, 1)
        places = (order + offset).flatten()
        ends = [
            places[start + (torch.rand(size.shape, generator=generator, device=s.device) * size).long()]
            for _ in range(2)
        ]
        labels, total = joined_clusters(s, *ends)
        pull = s.new_zeros(total).index_add_(0, labels.flatten(), (field * s).flatten())
        turned = self._chosen(Clusters(labels, total, pull), generator)[labels]
        x = torch.where(turned, -s, s).view_as(state.x)
        moved = State(x, target.hamiltonian.energy(x), None)
        return moved, Info(torch.ones_like(up, dtype=torch.bool), s.new_ones(batch), evaluations=1)

    @abstractmethod
    def _chosen(self, clusters: Clusters, generator: torch.Generator) -> Tensor:
        """Mask of the clusters that turn over."""


class CompleteSwendsenWang(_CompleteClusters):
    """Draws the sign of every cluster anew (Swendsen, Wang 1987)."""

    label: ClassVar[str] = SwendsenWang.label
    _chosen = SwendsenWang._chosen


class CompleteWolff(_CompleteClusters):
    """Turns over the cluster of one random spin of every chain (Wolff 1989)."""

    label: ClassVar[str] = Wolff.label
    _chosen = Wolff._chosen


def mean_field_magnetisation(temperature: float, field: float = 0.0) -> float:
    """m of many spins: the root of m = tanh((m + h)/T) with the sign of h, or the positive one; J = 1."""
    m = 1.0
    for _ in range(100_000):
        new = math.tanh((m + abs(field)) / temperature)
        if abs(new - m) < 1e-12:
            break
        m = new
    return math.copysign(m, field) if field else m
