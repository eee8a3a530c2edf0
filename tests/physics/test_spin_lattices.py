"""Graphs of Ising spins: energies by loops over bonds, kernels against enumeration, and what is known of them."""

import math

import numpy as np
import pytest
import scipy.stats
import torch

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import ChromaticMetropolis, HeatBath, Kernel, SwendsenWang, Wolff
from landscape_app.physics.space import Spins
from landscape_app.physics.spin_lattices import GRAPHS, SAMPLERS, RandomBonds, SpinLattice
from landscape_app.physics.square_lattice import CRITICAL_TEMPERATURE
from tests.physics.exact import LEAST_P_VALUE, pooled_chi_squared


def test_random_bonds_count_each_bond_once() -> None:
    term = RandomBonds(3, field=0.4, seed=5)
    x = Spins((3, 3)).enumerate()
    s, (down, right) = x.numpy(), term.signs.numpy()
    energy = np.zeros(len(s))
    for i in range(3):
        for j in range(3):
            energy -= down[i, j] * s[:, i, j] * s[:, (i + 1) % 3, j]
            energy -= right[i, j] * s[:, i, j] * s[:, i, (j + 1) % 3] + 0.4 * s[:, i, j]
    np.testing.assert_allclose(term.energy(x).numpy(), energy, atol=1e-4)
    bonds, flat = term.bonds(), x.flatten(1)
    of_bonds = -(flat[:, bonds.first] * flat[:, bonds.second]) @ bonds.couplings - flat @ bonds.fields
    np.testing.assert_allclose(of_bonds.numpy(), energy, atol=1e-4)
    assert not torch.equal(RandomBonds(8, seed=1).signs, RandomBonds(8, seed=2).signs)


@pytest.mark.parametrize("kind", [ChromaticMetropolis, HeatBath, SwendsenWang, Wolff])
def test_the_law_of_random_bonds_stays_as_it_is(kind: type[Kernel]) -> None:
    space = Spins((3, 3))
    target = Target(
        ProductBase.uniform(space), Hamiltonian([WeightedTerm(1.0, RandomBonds(3, 0.2, seed=1))], 1.5)
    )
    exact, generator = ExactModel(target), torch.Generator().manual_seed(2)
    p = exact.log_weights().exp()
    x = exact.x[torch.multinomial(p, 10_000, replacement=True, generator=generator)]
    chains = Chains(x, target, kind(), generator, adapt=False)
    chains.run(4)
    number = (((chains.x.flatten(1) + 1) / 2) @ (2.0 ** torch.arange(9).flip(0))).long()
    statistic, freedom = pooled_chi_squared(torch.bincount(number, minlength=512).numpy(), p.numpy())
    assert float(scipy.stats.chi2.sf(statistic, freedom)) > LEAST_P_VALUE


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_moves_every_graph_and_reports_its_energy(graph: str, sampler: str) -> None:
    lattice = SpinLattice(graph, 8)
    generator = torch.Generator().manual_seed(0)
    target = lattice.target(1.7, 0.1)
    chains = Chains(
        lattice.start(3, "random", generator), target, lattice.kernel(sampler), generator, adapt=False
    )
    before = chains.x
    chains.run(20)
    assert not torch.equal(chains.x, before)
    torch.testing.assert_close(chains.energy, lattice.term(0.1).energy(chains.x) / 1.7, rtol=1e-4, atol=1e-3)
    assert chains.x.shape == (3, *lattice.shape)


def ring(spins: int, temperature: float, field: float) -> tuple[float, float]:
    """Energy and magnetisation per spin of a ring, by its transfer matrix (Kramers, Wannier 1941)."""

    def log_partition(beta: float, h: float) -> float:
        s = np.array([1.0, -1.0])
        matrix = np.exp(beta * (np.outer(s, s) + h * (s[:, None] + s) / 2))
        largest = np.linalg.eigvalsh(matrix)
        return spins * math.log(largest[-1]) + math.log1p((largest[0] / largest[-1]) ** spins)

    beta, d = 1 / temperature, 1e-5
    energy = -(log_partition(beta + d, field) - log_partition(beta - d, field)) / (2 * d * spins)
    by_field = (log_partition(beta, field + d) - log_partition(beta, field - d)) / (2 * d * spins * beta)
    return energy, by_field


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_what_is_known_of_the_ring_is_that_of_its_transfer_matrix(temperature: float) -> None:
    lattice = SpinLattice("chain", 8)
    energy = lattice.known_energy(np.array([temperature]))
    assert energy == pytest.approx([ring(64, temperature, 0.0)[0]], abs=1e-6)
    for field in (-0.7, 0.3):
        found = lattice.known_magnetisation(np.array([temperature]), field)
        assert found == pytest.approx([ring(64, temperature, field)[1]], abs=1e-4)


def test_what_is_known_of_complete_graphs_is_their_sum_over_magnetisations() -> None:
    spins, temperature, field = 65_536, 0.6, 0.05
    up = np.arange(spins + 1)
    m = 2 * up / spins - 1
    ways = (
        scipy.special.gammaln(spins + 1)
        - scipy.special.gammaln(up + 1)
        - scipy.special.gammaln(spins - up + 1)
    )
    log_weight = ways + (spins * m**2 / 2 + field * spins * m) / temperature
    p = np.exp(log_weight - log_weight.max())
    p /= p.sum()
    lattice = SpinLattice("complete", 256)
    t = np.array([temperature])
    assert lattice.known_magnetisation(t, field) == pytest.approx([p @ m], abs=1e-4)
    assert lattice.known_energy(t, field) == pytest.approx([p @ (-(m**2) / 2 - field * m)], abs=1e-4)


def test_nothing_is_known_where_nothing_is() -> None:
    t = np.array([2.0])
    assert SpinLattice("square", 8).known_energy(t, 0.1) is None
    assert SpinLattice("square", 8).known_magnetisation(t, 0.1) is None
    for graph in ("free", "random"):
        assert SpinLattice(graph, 8).known_energy(t) is None
        assert SpinLattice(graph, 8).known_magnetisation(t) is None
    assert SpinLattice("square", 8).critical_temperature == CRITICAL_TEMPERATURE
    assert SpinLattice("random", 8).critical_temperature is None


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="no graph is called 'cubic'"):
        SpinLattice("cubic", 8)
    for side in (7, 9, 6, 258):
        with pytest.raises(ValueError, match="even number from 8 to 256"):
            SpinLattice("square", side)
    lattice = SpinLattice("square", 8)
    for temperature in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="temperature T must be above 0"):
            lattice.target(temperature, 0.0)
    with pytest.raises(ValueError, match="field h must be"):
        lattice.target(1.0, math.inf)
    with pytest.raises(ValueError, match="no sampler"):
        lattice.kernel("exchange")
    with pytest.raises(ValueError, match="up or random"):
        lattice.start(1, "down", torch.Generator())
