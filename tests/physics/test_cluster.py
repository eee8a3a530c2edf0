"""Cluster moves leave the enumerated law as it is, on lattices and with any couplings, and forget fast at T_c."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import scipy.stats
import torch
from torch import Tensor

from landscape_app.models.pairs import PairModel
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import HeatBath, Kernel
from landscape_app.physics.kernels.cluster import SwendsenWang, Wolff
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import Spins
from tests.physics.exact import LEAST_P_VALUE, pooled_chi_squared

CHAINS = 10_000
SPACE = Spins((3, 3))


@dataclass(frozen=True)
class Triple:
    """An energy that is no sum over pairs: −a s₀ s₁ s₂."""

    a: float = 0.8

    def energy(self, x: Tensor) -> Tensor:
        """Nats, shape (batch,)."""
        flat = x.flatten(1)
        return -self.a * flat[:, 0] * flat[:, 1] * flat[:, 2]


def frustrated() -> PairModel:
    """Couplings of both signs, and fields."""
    generator = torch.Generator().manual_seed(0)
    upper = 0.7 * torch.randn(9, 9, generator=generator).triu(1)
    return PairModel(ProductBase.uniform(SPACE), upper + upper.T, 0.5 * torch.randn(9, generator=generator))


def target_of(name: str) -> Target:
    table = torch.randn(9, 2, generator=torch.Generator().manual_seed(1))
    uniform, uneven = ProductBase.uniform(SPACE), ProductBase(SPACE, table)
    ising = Ising((3, 3), 0.4, 0.1)
    mask = torch.zeros(3, 3, dtype=torch.bool)
    mask[0, 1] = True
    return {
        "lattice": Target(uniform, Hamiltonian([WeightedTerm(1.0, ising)])),
        "free lattice": Target(
            uniform, Hamiltonian([WeightedTerm(1.0, Ising((3, 3), 0.5, -0.2, periodic=False))])
        ),
        "frustrated": Target(uniform, Hamiltonian([WeightedTerm(1.0, frustrated())], 0.8)),
        "uneven base and a field": Target(
            uneven, Hamiltonian([WeightedTerm(0.7, ising), WeightedTerm(1.0, Triple())], 1.3)
        ),
        "a fixed site": Target(
            uneven.clamped(mask, -torch.ones(3, 3)), Hamiltonian([WeightedTerm(1.0, ising)])
        ),
    }[name]


def p_value(x: Tensor, p: np.ndarray) -> float:
    number = (((x.flatten(1) + 1) / 2) @ (2.0 ** torch.arange(9).flip(0))).long()
    statistic, freedom = pooled_chi_squared(torch.bincount(number, minlength=512).numpy(), p)
    return float(scipy.stats.chi2.sf(statistic, freedom))


@pytest.mark.parametrize("kind", [SwendsenWang, Wolff])
@pytest.mark.parametrize(
    "name", ["lattice", "free lattice", "frustrated", "uneven base and a field", "a fixed site"]
)
def test_the_law_stays_as_it_is(name: str, kind: Callable[[], Kernel]) -> None:
    target, generator = target_of(name), torch.Generator().manual_seed(2)
    exact = ExactModel(target)
    p = exact.log_weights().exp()
    x = exact.x[torch.multinomial(p, CHAINS, replacement=True, generator=generator)]
    chains = Chains(x, target, kind(), generator)
    chains.run(4)
    assert not torch.equal(chains.x, x)
    torch.testing.assert_close(chains.energy, target.hamiltonian.energy(chains.x))
    assert p_value(chains.x, p.numpy()) > LEAST_P_VALUE


def test_replicas_at_their_own_temperatures() -> None:
    target = target_of("frustrated")
    for beta in (0.0, 0.5):
        p = ExactModel(target).log_weights(beta).exp()
        x = SPACE.enumerate()[torch.multinomial(p, CHAINS, True, generator=torch.Generator().manual_seed(3))]
        tempered = target._replace(beta=torch.full((CHAINS,), beta))
        chains = Chains(x, tempered, SwendsenWang(), torch.Generator().manual_seed(4))
        chains.run(3)
        assert p_value(chains.x, p.numpy()) > LEAST_P_VALUE


def test_at_the_critical_point_they_forget_much_faster_than_single_spins() -> None:
    """|m| of a 16 × 16 lattice after 10 steps: of the heat bath it remembers most, of clusters next to nothing."""
    beta = 0.5 * math.log(1 + 2**0.5)
    space = Spins((16, 16))
    target = Target(ProductBase.uniform(space), Hamiltonian([WeightedTerm(1.0, Ising((16, 16), beta))]))

    def memory(kernel: Kernel) -> float:
        generator = torch.Generator().manual_seed(5)
        chains = Chains(torch.ones(400, 16, 16), target, SwendsenWang(), generator)
        chains.run(30)
        chains.retarget(target, kernel=kernel)
        before = chains.x.mean((1, 2)).abs()
        chains.run(10)
        after = chains.x.mean((1, 2)).abs()
        return float(np.corrcoef(before, after)[0, 1])

    # A correlation of 400 pairs has an error of 0.05.
    assert memory(SwendsenWang()) < 0.35
    assert memory(HeatBath()) > 0.6


def test_spins_that_are_not_coupled_in_pairs_are_refused() -> None:
    hidden = PairModel(ProductBase.uniform(Spins((2,))), torch.zeros(3, 3), torch.zeros(3))
    for term in (Triple(), hidden):
        with pytest.raises(ValueError, match="coupled in pairs"):
            Wolff().check(Target(ProductBase.uniform(Spins((2,))), Hamiltonian([WeightedTerm(1.0, term)])))
