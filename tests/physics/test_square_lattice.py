"""Known answers of the square lattice, against sums over its states and against one another."""

import numpy as np
import pytest

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import Spins
from landscape_app.physics.square_lattice import (
    CRITICAL_TEMPERATURE,
    lattice_energy,
    lattice_heat_capacity,
    log_partition,
    onsager_energy,
    onsager_heat_capacity,
    spontaneous_magnetisation,
)


@pytest.mark.parametrize("side", [2, 3, 4])
def test_finite_lattices_are_those_of_a_sum_over_states(side: int) -> None:
    shape = (side, side)
    space = Spins(shape)
    for temperature in (1.5, CRITICAL_TEMPERATURE, 4.0):
        ising = WeightedTerm(1.0, Ising(shape, 1 / temperature))
        exact = ExactModel(Target(ProductBase.uniform(space), Hamiltonian([ising]))).at()
        energy, heat = (f(np.array(temperature), side) for f in (lattice_energy, lattice_heat_capacity))
        assert energy == pytest.approx(exact.energy * temperature / side**2, rel=1e-6)
        assert heat == pytest.approx(exact.heat_capacity / side**2, rel=1e-4)


def test_partition_function_counts_the_states_of_a_small_lattice() -> None:
    s = 1.0 - 2 * (np.arange(2**9)[:, None] >> np.arange(9) & 1).reshape(-1, 3, 3)
    bonds = (s * (np.roll(s, 1, 1) + np.roll(s, 1, 2))).sum((1, 2))
    for coupling in (0.2, 0.4406, 0.9):
        assert log_partition(coupling, 3) == pytest.approx(np.log(np.exp(coupling * bonds).sum()), abs=1e-10)


def test_large_lattices_away_from_the_critical_point_are_infinite() -> None:
    temperature = np.array([1.5, 2.0, 2.6, 4.0])
    np.testing.assert_allclose(lattice_energy(temperature, 128), onsager_energy(temperature), rtol=1e-6)
    np.testing.assert_allclose(
        lattice_heat_capacity(temperature, 128), onsager_heat_capacity(temperature), rtol=1e-4
    )


def test_heat_capacity_is_the_slope_of_the_energy() -> None:
    temperature = np.array([1.2, 2.2, 2.3, 3.0])
    slope = (onsager_energy(temperature + 1e-5) - onsager_energy(temperature - 1e-5)) / 2e-5
    np.testing.assert_allclose(onsager_heat_capacity(temperature), slope, rtol=1e-5)


def test_known_numbers() -> None:
    critical = np.array(CRITICAL_TEMPERATURE)
    assert onsager_energy(critical) == pytest.approx(-np.sqrt(2))
    # m = (1 − sinh⁻⁴ 1)^(1/8) at T = 2, and none above T_c.
    assert spontaneous_magnetisation(np.array([2.0, 2.3])) == pytest.approx([0.911319, 0.0], abs=1e-6)
