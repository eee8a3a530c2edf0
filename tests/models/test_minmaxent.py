"""The Min-MaxEnt model: its energy, its parts and copies with other parameters, against their definitions."""

import numpy as np
import pytest
import torch

from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.physics.dissection import mean_of, term_map
from tests.models.uniform import SPACE, images, model_of_images
from tests.physics.exact import random_base


@pytest.fixture
def model() -> MinMaxEntModel:
    return model_of_images()


def test_the_energy_is_the_sum_of_multipliers_times_observables(model: MinMaxEntModel) -> None:
    x = images(20)
    expected = (model.observables(x) * model.multipliers).sum(1)
    torch.testing.assert_close(model.hamiltonian.energy(x), expected)
    torch.testing.assert_close(model.target.surprisal(x), expected - model.base_measure.log_prob(x))


def test_its_parts_are_complete_for_every_observable_and_sum_to_its_energy(model: MinMaxEntModel) -> None:
    x, data, baseline = images(1, 3)[0], images(40, 4), mean_of(random_base(SPACE, 1))
    parts = model.dissect(x, baseline, data)
    assert parts.maps.shape == (5, 8, 8)
    f = model.observables(torch.stack([x, baseline]))
    expected = model.multipliers * (f[0] - f[1])
    np.testing.assert_allclose(parts.maps.flatten(1).sum(1), expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(parts.maps.sum(0), term_map(model, x, baseline, 1.0).values, atol=1e-4)
    excess = float(model.energy(x[None])) - float(model.energy(data).mean())
    assert float(parts.nats.sum()) == pytest.approx(excess, abs=1e-3)
    of_data = model.observables(data).numpy()
    scores = (f[0].numpy() - of_data.mean(0)) / of_data.std(0, ddof=1)
    np.testing.assert_allclose(parts.scores, scores, rtol=1e-3)


def test_a_copy_with_other_parameters_leaves_the_model_as_it_is(model: MinMaxEntModel) -> None:
    x, before = images(5), model.values()
    energy = model.energy(x)
    other = model.with_values([2 * value for value in before])
    torch.testing.assert_close(model.energy(x), energy)
    assert other.base_measure is model.base_measure
    assert not any(parameter.requires_grad for parameter in other.parameters())
    assert all(torch.equal(a, 2 * b) for a, b in zip(other.values(), model.values(), strict=True))
    model.set_values(other.values())
    torch.testing.assert_close(model.energy(x), other.energy(x))
