"""Hamiltonians, their gradients and their composition from fields, against closed forms."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.learning.discriminator import Discriminator
from landscape_app.models.observables import ConvObservables
from landscape_app.physics.fields.classes import ClassCondition
from landscape_app.physics.fields.discriminator import DiscriminatorTerm
from landscape_app.physics.fields.field import FieldResources
from landscape_app.physics.hamiltonian import EnergyTerm, Hamiltonian, WeightedTerm, mixed
from landscape_app.physics.space import Levels
from tests.models.uniform import uniform_model
from tests.physics.exact import CoupledLevels, all_states, boltzmann, random_base

SPACE = Levels((2, 2), 5)
IMAGES = Levels((4, 4), 17)


def uniform_states(space: Levels, n: int, seed: int) -> Tensor:
    rng = np.random.default_rng(seed)
    return torch.as_tensor(rng.integers(space.levels, size=(n, *space.shape)), dtype=torch.float64)


def small_observables() -> ConvObservables:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ConvObservables(IMAGES, count=3, channels=(2, 3)).double()


def linear_classifier(space: Levels, classes: int) -> torch.nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(space.sites, classes)).double()


def test_a_mixture_is_linear_in_its_share_and_counts_a_common_term_once() -> None:
    a, b = CoupledLevels(SPACE, seed=1), CoupledLevels(SPACE, seed=2)
    first = Hamiltonian([WeightedTerm(2.0, a)], temperature=0.5)
    second = Hamiltonian([WeightedTerm(1.0, a), WeightedTerm(-3.0, b)], temperature=2.0)
    x = uniform_states(SPACE, 50, seed=3)
    for share in (0.0, 0.3, 1.0):
        expected = (1 - share) * first.energy(x) + share * second.energy(x)
        torch.testing.assert_close(mixed(first, second, share).energy(x), expected)
    assert len(mixed(first, second, 0.3).terms) == 2
    assert mixed(first, second, 0.0) is first
    assert mixed(first, second, 1.0) is second


def test_energy_is_the_weighted_sum_over_the_temperature() -> None:
    a, b = CoupledLevels(SPACE, seed=1), CoupledLevels(SPACE, seed=2)
    x = uniform_states(SPACE, 50, seed=3)
    h = Hamiltonian([WeightedTerm(1.0, a), WeightedTerm(-0.3, b)], temperature=2.5)
    flat = x.flatten(1).numpy()
    expected = (a.exact_energy(flat) - 0.3 * b.exact_energy(flat)) / 2.5
    np.testing.assert_allclose(h.energy(x).numpy(), expected, rtol=1e-12)


def test_maxent_term_is_the_sum_of_multipliers_times_observables() -> None:
    f, lam = small_observables(), torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
    x = uniform_states(IMAGES, 20, seed=4)
    with torch.no_grad():
        expected = (f(x) * lam).sum(1)
    torch.testing.assert_close(Hamiltonian([WeightedTerm(1.0, uniform_model(f, lam))]).energy(x), expected)


def small_discriminator() -> Discriminator:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        return Discriminator(IMAGES, channels=(2, 2)).double()


TERMS: dict[str, EnergyTerm] = {
    "coupled": CoupledLevels(IMAGES, seed=5),
    "observables": uniform_model(small_observables(), torch.tensor([3.0, -2.0, 5.0], dtype=torch.float64)),
    "class": ClassCondition((2,)).term(FieldResources(IMAGES, 4, linear_classifier(IMAGES, 4))),
    "discriminator": DiscriminatorTerm(small_discriminator()),
}


@pytest.mark.parametrize(
    "names",
    [
        ("coupled",),
        ("observables",),
        ("class",),
        ("discriminator",),
        ("observables", "class", "discriminator"),
    ],
)
def test_gradient_agrees_with_finite_differences(names: tuple[str, ...]) -> None:
    h = Hamiltonian([WeightedTerm(1.0 + i, TERMS[name]) for i, name in enumerate(names)], temperature=0.7)
    x = uniform_states(IMAGES, 3, seed=6)
    energy, gradient = h.energy_and_gradient(x)
    torch.testing.assert_close(energy, h.energy(x))
    step = 1e-5
    for site in range(IMAGES.sites):
        shift = torch.zeros(IMAGES.sites, dtype=torch.float64)
        shift[site] = step
        shift = shift.view(IMAGES.shape)
        slope = (h.energy(x + shift) - h.energy(x - shift)) / (2 * step)
        # Second order in the step, and rounding of H over the step: both below 1e-8 here.
        torch.testing.assert_close(gradient.flatten(1)[:, site], slope, atol=1e-7, rtol=1e-6)


def test_energies_and_gradients_carry_no_graph() -> None:
    h = Hamiltonian([WeightedTerm(1.0, TERMS["observables"])])
    x = uniform_states(IMAGES, 3, seed=7)
    for result in (h.energy(x), *h.energy_and_gradient(x)):
        assert not result.requires_grad
    assert not x.requires_grad
    assert all(p.grad is None for p in TERMS["observables"].observables.parameters())  # type: ignore[attr-defined]


def test_a_constant_energy_has_no_gradient() -> None:
    class Constant:
        def energy(self, x: Tensor) -> Tensor:
            return x.new_full((len(x),), 3.0)

    x = uniform_states(SPACE, 5, 0)
    energy, gradient = Hamiltonian([WeightedTerm(2.0, Constant())]).energy_and_gradient(x)
    assert energy.tolist() == [6.0] * 5
    assert not gradient.any()
    assert not energy.requires_grad
    assert not gradient.requires_grad


def test_no_terms_are_the_base_measure() -> None:
    x = uniform_states(SPACE, 6, seed=8)
    energy, gradient = Hamiltonian([]).energy_and_gradient(x)
    assert torch.equal(energy, torch.zeros(6, dtype=torch.float64))
    assert torch.equal(gradient, torch.zeros_like(x))
    assert torch.equal(Hamiltonian([]).energy(x), energy)


def test_a_term_of_strength_zero_is_never_evaluated() -> None:
    class Forbidden:
        def energy(self, x: Tensor) -> Tensor:
            raise AssertionError("evaluated")

    h = Hamiltonian([WeightedTerm(0.0, Forbidden()), WeightedTerm(1.0, CoupledLevels(SPACE, seed=1))])
    assert len(h.terms) == 1
    h.energy(uniform_states(SPACE, 2, seed=9))


@pytest.mark.parametrize("strength", [math.nan, math.inf, -math.inf])
def test_strengths_that_are_not_finite_are_refused(strength: float) -> None:
    with pytest.raises(ValueError, match="strength must be a finite number"):
        Hamiltonian([WeightedTerm(strength, CoupledLevels(SPACE, seed=1))])


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan, math.inf])
def test_temperatures_that_are_not_positive_numbers_are_refused(temperature: float) -> None:
    with pytest.raises(ValueError, match="temperature must be a positive number"):
        Hamiltonian([], temperature)


def test_the_best_discriminator_turns_the_model_into_the_data() -> None:
    base, states = random_base(SPACE, seed=16), all_states(SPACE)
    h, other = CoupledLevels(SPACE, seed=17), CoupledLevels(SPACE, seed=18)
    model, data = (boltzmann(base, term.exact_energy(states)) for term in (h, other))
    best = torch.as_tensor(data / (data + model))

    def log_odds(x: Tensor) -> Tensor:
        index = (x.flatten(1).long() * torch.tensor([125, 25, 5, 1])).sum(1)
        return best[index].logit()

    x = SPACE.enumerate().double()
    refined = Hamiltonian([WeightedTerm(1.0, h), WeightedTerm(1.0, DiscriminatorTerm(log_odds))])
    found = boltzmann(base, refined.energy(x).numpy())
    np.testing.assert_allclose(found, data, rtol=1e-8)
