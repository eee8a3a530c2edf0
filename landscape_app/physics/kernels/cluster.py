"""Cluster moves of coupled spins: Swendsen–Wang and Wolff, which turn over whole domains at once."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.hamiltonian import Bonds, Coupled, Target
from landscape_app.physics.host import read_back
from landscape_app.physics.kernels.kernel import Info, Kernel, KernelParameter, State, metropolis
from landscape_app.physics.space import Space, Spins

if TYPE_CHECKING:
    from landscape_app.physics.kernels.compiled import Neighbours


class Clusters(NamedTuple):
    """Clusters that bonds have joined, in all chains.

    Attributes:
        number: of the cluster of each spin, all chains counted through, int64, shape (batch, sites).
        total: of all clusters.
        pull: Σ g_i s_i of each, g the fields in nats, shape (total,).
    """

    number: Tensor
    total: int
    pull: Tensor


class ClusterKernel(Kernel):
    """Bonds of satisfied pairs are drawn, and clusters of spins that they join turn over as one.

    A bond with K = J/T whose spins agree with it, K s_i s_j > 0, is drawn with probability 1 − exp(−2 |K|) (Fortuin,
    Kasteleyn 1972). Fields and base measure decide how a cluster turns; what else H consists of is a Metropolis
    decision on the whole.
    """

    default_step_size: ClassVar[float] = 1.0
    target_acceptance: ClassVar[float] = 1.0
    step_size_range: ClassVar[tuple[float, float]] = (1.0, 1.0)
    serves: ClassVar[tuple[type[Space], ...]] = (Spins,)

    def parameters(self, space: Space) -> tuple[KernelParameter, ...]:
        """Nothing to set."""
        return ()

    def check(self, target: Target) -> None:
        """Refuses a Hamiltonian whose spins are not coupled in pairs.

        Raises:
            ValueError: no term couples them so, or another space.
        """
        super().check(target)
        if _coupled(target) is None:
            raise ValueError(
                tr(
                    "the kernel “{kernel}” turns clusters of spins that are coupled in pairs, and here they are "
                    "not; choose another",
                    kernel=self.label,
                )
            )

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """Clusters of every chain once; one evaluation of H."""
        found = _coupled(target)
        assert found is not None
        coefficient, bonds = found
        bonds = Bonds(*(part.to(state.x.device) for part in bonds))
        strength = state.energy.new_full((len(state.x), 1), coefficient)
        if target.beta is not None:
            strength = target.beta.view(-1, 1) * strength
        with torch.no_grad():
            s = state.x.flatten(1)
            turned = self._turned(s, bonds, strength, target, generator)
            flat = torch.where(turned, -s, s)
            proposal_x = flat.view_as(state.x)
            proposal = State(proposal_x, target.hamiltonian.energy(proposal_x), None)
            log_ratio = torch.zeros_like(state.energy)
            if len(target.hamiltonian.terms) > 1:
                of_pairs = strength.squeeze(1) * (_energy(bonds, flat) - _energy(bonds, s))
                log_ratio = target.tempered(state.energy - proposal.energy) + of_pairs
        return metropolis(state, proposal, log_ratio, generator, evaluations=1)

    def _turned(
        self, s: Tensor, bonds: Bonds, strength: Tensor, target: Target, generator: torch.Generator
    ) -> Tensor:
        """Spins that turn over, bool, shape (batch, sites)."""
        clusters = self._clusters(s, bonds, strength, target, generator)
        return self._chosen(clusters, generator)[clusters.number]

    @abstractmethod
    def _chosen(self, clusters: Clusters, generator: torch.Generator) -> Tensor:
        """Clusters that turn over, bool, shape (total,)."""

    def _clusters(
        self, s: Tensor, bonds: Bonds, strength: Tensor, target: Target, generator: torch.Generator
    ) -> Clusters:
        satisfied = strength * bonds.couplings * s[:, bonds.first] * s[:, bonds.second]
        uniform = torch.rand(satisfied.shape, generator=generator, device=s.device)
        drawn = uniform < -torch.expm1(-2 * satisfied.clamp_min(0))
        # Clusters are found on the host: for that every step waits for the device once.
        mask, first, second = read_back(drawn, bonds.first, bonds.second)
        chain, bond = mask.nonzero(as_tuple=True)
        offset = chain * s.shape[1]
        labels, count = joined_clusters(s, offset + first[bond], offset + second[bond])
        assert isinstance(target.base_measure, ProductBase)
        table = target.base_measure.log_probabilities
        fields = strength * bonds.fields + (table[:, 1] - table[:, 0]) / 2
        pull = s.new_zeros(count).index_add_(0, labels.flatten(), (fields * s).flatten())
        return Clusters(labels, count, pull)


class SwendsenWang(ClusterKernel):
    """Draws the sign of every cluster anew, given the fields in it (Swendsen, Wang 1987)."""

    label: ClassVar[str] = tr("Swendsen–Wang")

    def _chosen(self, clusters: Clusters, generator: torch.Generator) -> Tensor:
        """Each turns with probability 1/(1 + exp(2 Σ g s))."""
        uniform = torch.rand(clusters.total, generator=generator, device=clusters.pull.device)
        return uniform < (-2 * clusters.pull).sigmoid()


class Wolff(ClusterKernel):
    """Turns over the cluster of one random spin of every chain, as far as the fields allow (Wolff 1989)."""

    label: ClassVar[str] = tr("Wolff")

    _bonds: tuple[Tensor, Tensor] | None = None
    _neighbours: Neighbours

    def steps_of_sweep(self, space: Space) -> int:
        """As many as there are sites in the worst case, where clusters are single spins."""
        return space.sites

    def _turned(
        self, s: Tensor, bonds: Bonds, strength: Tensor, target: Target, generator: torch.Generator
    ) -> Tensor:
        """On the host the cluster grows from its spin, in a compiled loop, and no other is drawn."""
        if not s.is_cpu:
            return super()._turned(s, bonds, strength, target, generator)
        # Its compiler loads for half a second, which those who turn no clusters need not wait for.
        from landscape_app.physics.kernels.compiled import Neighbours, wolff_clusters

        assert isinstance(target.base_measure, ProductBase)
        if self._bonds is None or not all(map(torch.equal, self._bonds, (bonds.first, bonds.second))):
            self._bonds = bonds.first, bonds.second
            self._neighbours = Neighbours.of(bonds.first.numpy(), bonds.second.numpy(), s.shape[1])
        each, group = strength.double().squeeze(1).unique(return_inverse=True)
        couplings = each.unsqueeze(1) * bonds.couplings.detach()
        odds = target.base_measure.host_table.diff(dim=1).squeeze(1)
        pulls = each.unsqueeze(1) * bonds.fields.detach() + odds / 2
        return wolff_clusters(s, self._neighbours, couplings, pulls, group, generator)

    def _chosen(self, clusters: Clusters, generator: torch.Generator) -> Tensor:
        """The cluster of a random spin turns with probability min(1, exp(−2 Σ g s))."""
        batch, sites = clusters.number.shape
        device = clusters.pull.device
        site = torch.randint(sites, (batch, 1), generator=generator, device=device)
        chosen = clusters.number.gather(1, site).squeeze(1)
        uniform = torch.rand(batch, generator=generator, device=device)
        turned = torch.zeros(clusters.total, dtype=torch.bool, device=device)
        turned[chosen] = uniform < (-2 * clusters.pull[chosen]).clamp(max=0).exp()
        return turned


def joined_clusters(s: Tensor, first: Tensor, second: Tensor) -> tuple[Tensor, int]:
    """Number of the cluster of each spin, int64, shape (batch, sites), and of all clusters, found on the host.

    Args:
        s: spins, shape (batch, sites).
        first: spin at one end of each bond, all chains counted through, int64, shape (bonds,).
        second: spin at its other end.
    """
    # scipy loads for a second, which those who turn no clusters need not wait for.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = tuple(part.numpy() for part in read_back(first, second))
    graph = coo_array((np.ones(len(first), bool), pairs), shape=(s.numel(), s.numel()))
    count, number = connected_components(graph.tocsr(), directed=False)
    return torch.as_tensor(number, dtype=torch.int64).to(s.device).view_as(s), count


def _energy(bonds: Bonds, s: Tensor) -> Tensor:
    """−Σ_b J_b s_i s_j − Σ_i h_i s_i, shape (batch,)."""
    return -(s[:, bonds.first] * s[:, bonds.second]) @ bonds.couplings - s @ bonds.fields


def _coupled(target: Target) -> tuple[float, Bonds] | None:
    """The first term that couples spins in pairs: its coefficient in H and its bonds; None without any."""
    for strength, term in target.hamiltonian.terms:
        bonds = term.bonds() if isinstance(term, Coupled) else None
        if bonds is not None:
            return strength / target.hamiltonian.temperature, bonds
    return None
