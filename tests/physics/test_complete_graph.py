"""Spins on a complete graph: their kernels leave the enumerated law as it is, and many spins follow mean field."""

import math

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
import torch

from landscape_app.models.pairs import PairModel
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.complete_graph import (
    CompleteGraph,
    CompleteGraphKernel,
    CompleteHeatBath,
    CompleteMetropolis,
    CompleteSwendsenWang,
    CompleteWolff,
    mean_field_magnetisation,
)
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import Spins
from tests.physics.exact import LEAST_P_VALUE, pooled_chi_squared

SPACE, CHAINS = Spins((9,)), 10_000
KERNELS = (CompleteMetropolis, CompleteHeatBath, CompleteSwendsenWang, CompleteWolff)


def target_of(field: float = 0.1, temperature: float = 0.8) -> Target:
    base = ProductBase.uniform(SPACE)
    return Target(base, Hamiltonian([WeightedTerm(1.0, CompleteGraph(1.0, field))], temperature))


def test_energy_is_that_of_all_pairs() -> None:
    x = SPACE.enumerate()
    couplings = (1 - torch.eye(9)) / 9
    pairs = PairModel(ProductBase.uniform(SPACE), couplings, torch.full((9,), 0.3))
    torch.testing.assert_close(CompleteGraph(1.0, 0.3).energy(x), pairs.energy(x).detach())


@pytest.mark.parametrize("kind", KERNELS)
@pytest.mark.parametrize("field", [0.0, 0.1])
def test_the_law_stays_as_it_is(kind: type[CompleteGraphKernel], field: float) -> None:
    target, generator = target_of(field), torch.Generator().manual_seed(2)
    exact = ExactModel(target)
    p = exact.log_weights().exp()
    x = exact.x[torch.multinomial(p, CHAINS, replacement=True, generator=generator)]
    chains = Chains(x, target, kind(), generator, adapt=False)
    chains.run(4)
    assert not torch.equal(chains.x, x)
    torch.testing.assert_close(chains.energy, target.hamiltonian.energy(chains.x))
    number = (((chains.x + 1) / 2) @ (2.0 ** torch.arange(9).flip(0))).long()
    statistic, freedom = pooled_chi_squared(torch.bincount(number, minlength=512).numpy(), p.numpy())
    assert float(scipy.stats.chi2.sf(statistic, freedom)) > LEAST_P_VALUE


@pytest.mark.parametrize("kind", KERNELS)
def test_the_law_is_reached_from_afar(kind: type[CompleteGraphKernel]) -> None:
    target, generator = target_of(), torch.Generator().manual_seed(3)
    chains = Chains(-torch.ones(4_000, 9), target, kind(), generator, adapt=False)
    chains.run(60)
    exact = ExactModel(target).at()
    error = math.sqrt(exact.heat_capacity / len(chains))
    assert float(chains.energy.mean()) == pytest.approx(exact.energy, abs=4 * error)


def test_chains_may_have_temperatures_of_their_own() -> None:
    beta = torch.tensor([0.0, 1.0]).repeat_interleave(4_000)
    for kind in (CompleteHeatBath, CompleteSwendsenWang):
        target = target_of()._replace(beta=beta)
        chains = Chains(torch.ones(8_000, 9), target, kind(), torch.Generator().manual_seed(4), adapt=False)
        chains.run(40)
        for k, inverse in enumerate((0.0, 1.0)):
            exact = ExactModel(target_of()).at(inverse)
            found = chains.energy[4_000 * k : 4_000 * (k + 1)]
            assert float(found.mean()) == pytest.approx(
                exact.energy, abs=4 * float(found.std()) / math.sqrt(4_000)
            )


def test_other_energies_are_refused() -> None:
    base = ProductBase.uniform(SPACE)
    with pytest.raises(ValueError, match="complete graph"):
        CompleteHeatBath().check(Target(base, Hamiltonian([WeightedTerm(1.0, Ising((9,)))])))
    with pytest.raises(ValueError, match="J ≥ 0"):
        CompleteWolff().check(Target(base, Hamiltonian([WeightedTerm(1.0, CompleteGraph(-1.0))])))
    uneven = ProductBase(SPACE, torch.randn(9, 2, generator=torch.Generator().manual_seed(0)))
    with pytest.raises(ValueError, match="uniform"):
        CompleteWolff().check(Target(uneven, Hamiltonian([WeightedTerm(1.0, CompleteGraph())])))


@pytest.mark.parametrize(("temperature", "field"), [(0.5, 0.0), (0.9, 0.0), (0.7, 0.2), (1.5, -0.3)])
def test_mean_field_is_the_root_of_its_equation(temperature: float, field: float) -> None:
    found = mean_field_magnetisation(temperature, field)
    if field:
        low, high = (0.0, 1.0) if field > 0 else (-1.0, 0.0)
    else:
        low, high = 0.05, 1.0
    root = scipy.optimize.brentq(lambda m: math.tanh((m + field) / temperature) - m, low, high)
    assert found == pytest.approx(root, abs=1e-8)
    assert mean_field_magnetisation(1.2) == pytest.approx(0.0, abs=1e-6)


def test_many_spins_have_the_magnetisation_of_mean_field() -> None:
    space = Spins((4_096,))
    target = Target(
        ProductBase.uniform(space), Hamiltonian([WeightedTerm(1.0, CompleteGraph())], temperature=0.7)
    )
    for kind in (CompleteHeatBath, CompleteSwendsenWang):
        chains = Chains(torch.ones(40, 4_096), target, kind(), torch.Generator().manual_seed(5), adapt=False)
        chains.run(40)
        m = np.abs(chains.x.mean(1).numpy())
        # Of 4,096 spins the mean is 1/N off, far less than its error.
        error = float(m.std(ddof=1)) / math.sqrt(40)
        assert float(m.mean()) == pytest.approx(mean_field_magnetisation(0.7), abs=4 * error)
