"""Mean field against sums over all states, and against what is known of lattices."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.models.pairs import PairModel
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.mean_field import exact_free_energy, free_energy, mean_field, random_starts, tap
from landscape_app.physics.space import Spins

SPINS = 8


def drawn(strength: float, seed: int) -> tuple[Tensor, Tensor]:
    """Normal couplings of deviation strength/√N, and fields of deviation 0.3."""
    generator = torch.Generator().manual_seed(seed)
    upper = strength / SPINS**0.5 * torch.randn(SPINS, SPINS, generator=generator).triu(1)
    return upper + upper.T, 0.3 * torch.randn(SPINS, generator=generator)


def exact(couplings: Tensor, fields: Tensor, temperature: float) -> float:
    """F = −T log Z by enumeration."""
    base = ProductBase.uniform(Spins((len(fields),)))
    model = PairModel(base, couplings / temperature, fields / temperature)
    return exact_free_energy(ExactModel(model.target).at(1.0).log_partition, len(fields), temperature)


def starts(count: int = 12) -> Tensor:
    return random_starts(SPINS, count, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_every_solution_bounds_the_free_energy_and_none_ever_rose(temperature: float, seed: int) -> None:
    couplings, fields = drawn(1.5, seed)
    truth = exact(couplings, fields, temperature)
    found = mean_field(couplings, fields, temperature, starts())
    assert sum(solution.starts for solution in found) == 12
    for solution in found:
        assert solution.settled
        assert solution.free_energy >= truth - 1e-5
        assert np.diff(solution.falls).max(initial=0) < 1e-12
        pull = (fields.double() + couplings.double() @ solution.means) / temperature
        torch.testing.assert_close(solution.means, pull.tanh())
    energies = [solution.free_energy for solution in found]
    assert energies == sorted(energies)


def test_the_free_energy_is_that_of_independent_spins() -> None:
    """⟨E⟩ and entropy by a sum over states of the product distribution."""
    couplings, fields = drawn(1.5, 1)
    m = torch.rand(1, SPINS, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) * 1.6 - 0.8
    s = Spins((SPINS,)).enumerate().double()
    q = ((1 + s * m) / 2).prod(1)
    energy = -0.5 * (s @ couplings.double() * s).sum(1) - s @ fields.double()
    expected = float(q @ energy + 2.0 * (q @ q.log()))
    assert float(free_energy(couplings.double(), fields.double(), 2.0, m)) == pytest.approx(expected)


def test_without_couplings_it_is_exact() -> None:
    _, fields = drawn(1.0, 0)
    (found,) = mean_field(torch.zeros(SPINS, SPINS), fields, 0.7, starts())
    assert found.free_energy == pytest.approx(exact(torch.zeros(SPINS, SPINS), fields, 0.7), abs=1e-5)


def test_tap_is_nearer_for_weak_couplings_by_an_order() -> None:
    """Plefka 1982: mean field is off by β J² of a pair, TAP by β² J³."""

    def errors(strength: float) -> tuple[float, float]:
        couplings, fields = drawn(strength, 3)
        truth = exact(couplings, fields, 1.0)
        naive, better = (method(couplings, fields, 1.0, starts())[0] for method in (mean_field, tap))
        assert better.settled
        return naive.free_energy - truth, abs(better.free_energy - truth)

    naive, better = errors(0.4)
    assert better < 0.3 * naive


def ring(spins: int) -> Tensor:
    """J = 1 between neighbours in a ring."""
    shifted = torch.eye(spins).roll(1, 1)
    return shifted + shifted.T


@pytest.mark.parametrize(("temperature", "magnetised"), [(1.9, True), (2.1, False)])
def test_a_chain_has_a_transition_in_mean_field_that_it_does_not_have(
    temperature: float, magnetised: bool
) -> None:
    """z = 2 neighbours: T_c = 2 in mean field, none in truth."""
    couplings, fields = ring(SPINS), torch.zeros(SPINS)
    found = mean_field(couplings, fields, temperature, starts())
    assert (float(found[0].means.abs().max()) > 0.1) == magnetised
    # The transfer matrix of the ring: Z = λ₊^N + λ₋^N.
    plus, minus = 2 * math.cosh(1 / temperature), 2 * math.sinh(1 / temperature)
    truth = -temperature * math.log(plus**SPINS + minus**SPINS)
    assert exact(couplings, fields, temperature) == pytest.approx(truth, abs=1e-4)
    assert found[0].free_energy > truth
