"""Energy maps add up to energies; conditional surprises are those of an enumerated space."""

import numpy as np
import pytest
import torch

from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.physics.base_measure import GaussianBase
from landscape_app.physics.dissection import (
    base_map,
    conditional_surprise,
    integrated_gradients,
    mean_of,
    term_map,
)
from landscape_app.physics.fields.classes import ClassCondition
from landscape_app.physics.fields.field import FieldResources
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.space import Levels, Line
from tests.models.uniform import SPACE, images, model_of_images
from tests.physics.exact import all_states, boltzmann, coupled_target, random_base


@pytest.fixture
def term() -> MinMaxEntModel:
    return model_of_images()


def test_base_map_is_log_q_site_by_site() -> None:
    base = random_base(SPACE, 1)
    x = images(1)[0]
    found = base_map(base, x)
    table = base.log_probabilities.numpy()
    expected = [-table[i, int(level)] for i, level in enumerate(x.flatten())]
    np.testing.assert_allclose(found.values.flatten(), expected, rtol=1e-6)
    assert found.energy == pytest.approx(-float(base.log_prob(x[None])), rel=1e-5)
    np.testing.assert_allclose(mean_of(base).flatten(), np.exp(table) @ np.arange(17), rtol=1e-4)


def test_integrated_gradients_of_a_model_are_complete(term: MinMaxEntModel) -> None:
    x, baseline = images(1)[0], mean_of(random_base(SPACE, 1))
    whole = term_map(term, x, baseline, coefficient=0.5)
    ends = 0.5 * term.energy(torch.stack([x, baseline]))
    assert (whole.energy, whole.reference) == pytest.approx(tuple(ends.tolist()))
    assert float(whole.values.sum()) == pytest.approx(whole.energy - whole.reference, abs=1e-3)


def test_integrated_gradients_of_a_quadratic_are_those_of_its_integral() -> None:
    x, b = torch.tensor([3.0, -1.0, 2.0]), torch.tensor([1.0, 0.5, 0.0])
    a = torch.tensor([[2.0, 0.5, 0.0], [0.5, 1.0, -1.0], [0.0, -1.0, 3.0]])
    found = integrated_gradients(lambda y: 0.5 * ((y @ a) * y).sum(1), x, b)
    np.testing.assert_allclose(found, (x - b) * (a @ (x + b) / 2), rtol=1e-5)


def test_a_field_is_complete_too() -> None:
    def logits(x: torch.Tensor) -> torch.Tensor:
        flat = x.flatten(1) / 16
        return torch.stack([flat[:, :32].sum(1), flat[:, 32:].sum(1), (3 * flat).sin().sum(1)], 1)

    field = ClassCondition((1,)).term(FieldResources(SPACE, 3, logits))
    found = term_map(field, images(1)[0], torch.full((8, 8), 4.0), coefficient=4.0)
    assert float(found.values.sum()) == pytest.approx(found.energy - found.reference, abs=1e-2)


@pytest.mark.parametrize("space", [Levels((3,), 5), Levels((2, 2), 4)], ids=str)
def test_conditional_surprise_is_exact(space: Levels) -> None:
    target, energy = coupled_target(space, 7, temperature=0.7)
    states = all_states(space)
    p = boltzmann(target.base_measure, energy.exact_energy(states) / 0.7)
    joint = p.reshape((space.levels,) * space.sites)
    for row in (0, len(states) // 3, len(states) - 2):
        state = states[row].astype(int)
        x = torch.as_tensor(states[row], dtype=torch.float32).reshape(space.shape)
        found = conditional_surprise(target, x).flatten()
        for site in range(space.sites):
            others = tuple(slice(None) if i == site else state[i] for i in range(space.sites))
            conditional = joint[others] / joint[others].sum()
            assert float(found[site]) == pytest.approx(-np.log(conditional[state[site]]), abs=1e-4)


def test_conditional_surprise_of_independent_sites_is_their_own() -> None:
    base = random_base(SPACE, 2)
    x = images(1, 5)[0]
    target = Target(base, Hamiltonian([]))
    np.testing.assert_allclose(conditional_surprise(target, x), base_map(base, x).values, atol=1e-4)
    with pytest.raises(ValueError, match="levels"):
        conditional_surprise(Target(GaussianBase.standard(Line((2,))), Hamiltonian([])), torch.zeros(2))


def test_terms_of_a_composed_hamiltonian_add_up(term: MinMaxEntModel) -> None:
    base = random_base(SPACE, 1)
    field = ClassCondition((4,)).term(FieldResources(SPACE, 10, lambda x: x.flatten(1)[:, :10]))
    hamiltonian = Hamiltonian([WeightedTerm(0.5, term), WeightedTerm(3.0, field)], temperature=2.0)
    x, baseline = images(1)[0], mean_of(base)
    parts = [term_map(t, x, baseline, alpha / 2.0) for alpha, t in hamiltonian.terms]
    total = base_map(base, x).energy + sum(part.energy for part in parts)
    assert total == pytest.approx(float(Target(base, hamiltonian).surprisal(x[None])), rel=1e-5)
