"""The mixture of products against sums over classes and states, and the promises of expectation–maximisation."""

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.physics.mixture import ProductMixture, fitted_mixture

SITES, LEVELS, COMPONENTS = 3, 3, 2


def drawn_mixture(seed: int = 0) -> ProductMixture:
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randn(COMPONENTS, dtype=torch.float64, generator=generator)
    tables = 2 * torch.randn(COMPONENTS, SITES, LEVELS, dtype=torch.float64, generator=generator)
    return ProductMixture(weights.log_softmax(0), tables.log_softmax(2))


def all_states() -> Tensor:
    return torch.tensor(list(itertools.product(range(LEVELS), repeat=SITES)))


def samples(count: int, seed: int = 1) -> Tensor:
    p = drawn_mixture().log_likelihood(all_states()).exp().numpy()
    return all_states()[np.random.default_rng(seed).choice(len(p), count, p=p / p.sum())]


def test_it_is_the_sum_over_classes_of_products() -> None:
    mixture, states = drawn_mixture(), all_states()
    expected = np.zeros(len(states))
    for weight, tables in zip(mixture.log_weights.exp(), mixture.log_tables.exp(), strict=True):
        for number, state in enumerate(states.tolist()):
            expected[number] += float(weight) * np.prod([float(tables[i, v]) for i, v in enumerate(state)])
    np.testing.assert_allclose(mixture.log_likelihood(states).exp(), expected)
    assert expected.sum() == pytest.approx(1)


def test_the_bound_is_tight_by_the_posterior_and_its_gap_is_a_divergence() -> None:
    mixture, states = drawn_mixture(), all_states()
    posterior = mixture.posterior(states)
    exact = mixture.log_likelihood(states)
    torch.testing.assert_close(mixture.elbo(states, posterior), exact)
    q = torch.rand(len(states), COMPONENTS, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    q = q / q.sum(1, keepdim=True)
    divergence = (q * (q / posterior).log()).sum(1)
    torch.testing.assert_close(exact - mixture.elbo(states, q), divergence)
    assert (divergence > 0).all()


def test_the_likelihood_never_falls_and_the_bound_is_never_above_it() -> None:
    index = samples(400)
    steps = list(fitted_mixture(index, LEVELS, 3, torch.Generator().manual_seed(0), 60))
    likelihoods = np.array([step.log_likelihood for step in steps])
    bounds = np.array([step.elbo for step in steps])
    assert np.diff(likelihoods).min() >= -1e-12
    assert (bounds <= likelihoods + 1e-12).all()
    # The bound begins where the likelihood was: the E step has closed the gap.
    assert (bounds[1:] >= likelihoods[:-1] - 1e-12).all()


def test_it_finds_what_many_samples_were_drawn_from() -> None:
    """2 · 6 + 1 parameters of 26: the divergence of maximum likelihood is about parameters/2n, its spread less."""
    index = samples(5_000)
    *_, last = fitted_mixture(index, LEVELS, COMPONENTS, torch.Generator().manual_seed(3), 400)
    truth = drawn_mixture().log_likelihood(all_states())
    divergence = float(truth.exp() @ (truth - last.mixture.log_likelihood(all_states())))
    assert 0 <= divergence < 4 * 13 / (2 * 5_000)


def test_one_component_is_the_product_of_the_marginals() -> None:
    index = samples(50)
    *_, last = fitted_mixture(index, LEVELS, 1, torch.Generator().manual_seed(0), 2)
    counts = np.stack([np.bincount(index[:, i], minlength=LEVELS) for i in range(SITES)]) / 50
    np.testing.assert_allclose(last.mixture.log_tables[0].exp(), counts, atol=1e-12)
    assert last.elbo == pytest.approx(last.log_likelihood)
