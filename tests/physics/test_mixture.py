"""Mixtures against sums over classes and states, scipy and scikit-learn; promises of expectation–maximisation."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
import torch
from torch import Tensor

from landscape_app.physics.mixture import (
    MixedRows,
    Prior,
    ProductMixture,
    clusters,
    fitted_gaussians,
    fitted_mixture,
    stacked_mixture,
    stacking_weights,
)

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


def two_clusters(count: int, seed: int) -> tuple[MixedRows, np.ndarray]:
    """Rows of two numbers and a category of three values, and their log density by scipy."""
    rng = np.random.default_rng(seed)
    k = rng.random(count) < 0.3
    means, covariances = [[0, 0], [3, -1]], [[[1, 0.9], [0.9, 1]], [[0.2, 0], [0, 2]]]
    table = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    x = np.where(k[:, None], *(rng.multivariate_normal(means[i], covariances[i], size=count) for i in (1, 0)))
    category = (rng.random((count, 1)) > table[k.astype(int)].cumsum(1)).sum(1)
    density = sum(
        share * scipy.stats.multivariate_normal(means[i], covariances[i]).pdf(x) * table[i, category]
        for i, share in enumerate((0.7, 0.3))
    )
    rows = MixedRows(torch.tensor(x), torch.tensor(category).unsqueeze(1), (3,), torch.ones(len(x)).double())
    return rows, np.log(density)


@pytest.mark.parametrize("common", [3.0, math.inf])
def test_the_objective_of_gaussian_components_never_falls(common: float) -> None:
    rows, _ = two_clusters(300, 4)
    prior = Prior(common, 2.0, rows.shares())
    steps = list(fitted_gaussians(rows, clusters(rows, 4, 1), prior, 60))
    objectives = np.array([step.objective for step in steps])
    assert np.diff(objectives).min() >= -1e-10
    assert objectives[-1] > objectives[0] + 1e-3
    # Where the prior weighs next to nothing it is the likelihood.
    light = prior._replace(uncorrelated=1e-9, common=min(common, 1e-9), shares=1e-9 * prior.shares)
    *_, last = fitted_gaussians(rows, clusters(rows, 2, 1), light, 5)
    assert last.objective == pytest.approx(float(last.mixture.log_likelihood(rows).mean()), abs=1e-6)


def test_a_row_that_counts_twice_is_a_row_given_twice() -> None:
    rows, _ = two_clusters(60, 8)
    counts = torch.arange(60) % 3 + 1
    places = torch.arange(60).repeat_interleave(counts)
    weighted, prior = replace(rows, weights=counts.double()), Prior(3.0, 2.0, rows[places].shares())
    torch.testing.assert_close(weighted.shares(), prior.shares)
    begin = clusters(rows, 3, 0)
    *_, once = fitted_gaussians(weighted, begin, prior, 20)
    *_, twice = fitted_gaussians(rows[places], begin[places], prior, 20)
    assert once.objective == pytest.approx(twice.objective, rel=1e-9)
    for name in ("means", "factors"):
        torch.testing.assert_close(getattr(once.mixture, name), getattr(twice.mixture, name))


def test_gaussian_components_are_those_of_scikit_learn() -> None:
    """Without a prior and from the same clusters the fit is theirs."""
    mixtures = pytest.importorskip("sklearn.mixture")
    both, _ = two_clusters(400, 5)
    rows = MixedRows(both.numbers, both.categories[:, :0], (), both.weights)
    prior = Prior(0.0, 1e-9, rows.shares())
    *_, last = fitted_gaussians(rows, clusters(rows, 2, 0), prior, 150)
    found = last.mixture
    order = found.classes.log_weights.argsort(descending=True)
    oracle = mixtures.GaussianMixture(
        2, means_init=found.means[order], tol=1e-8, max_iter=500, reg_covar=0
    ).fit(rows.numbers)
    np.testing.assert_allclose(found.means[order], oracle.means_, atol=1e-3)
    np.testing.assert_allclose((found.factors @ found.factors.mT)[order], oracle.covariances_, atol=1e-3)
    np.testing.assert_allclose(found.log_likelihood(rows), oracle.score_samples(rows.numbers), atol=2e-3)


def test_stacking_weights_are_the_best_there_are() -> None:
    """By the conditions of Kuhn and Tucker: no density over that of the stack is above 1 on average."""
    generator = torch.Generator().manual_seed(3)
    log_p = 2 * torch.randn(200, 6, dtype=torch.float64, generator=generator)
    log_p[:, 5] = log_p[:, 0] - 1  # a worse one, at every row
    counts = torch.randint(1, 4, (200,), generator=generator).double()
    w = stacking_weights(log_p, counts)
    assert float(w.sum()) == pytest.approx(1)
    over_stack = (log_p - (log_p + w.log()).logsumexp(1, keepdim=True)).exp()
    means = counts @ over_stack / counts.sum()
    assert means.max() < 1 + 1e-3
    np.testing.assert_allclose(means[w > 1e-2], 1, atol=1e-3)
    assert w[5] < 1e-9


def test_the_stacked_mixture_is_nearly_as_likely_as_the_truth_in_any_units() -> None:
    """Of 4,000 fresh rows, by 600: 15 parameters cost about 15/2n nats a row."""
    rows, _ = two_clusters(600, 6)
    fresh, truth = two_clusters(4_000, 7)
    chosen = stacked_mixture(rows)
    lost = truth - chosen.log_likelihood(fresh).numpy()
    assert lost.mean() < 3 * 15 / (2 * 600) + 3 * lost.std() / math.sqrt(4_000)
    # Columns in other units: densities go down by the logarithms of these.
    unit = torch.tensor([1e-6, 1e5], dtype=torch.float64)
    scaled = stacked_mixture(replace(rows, numbers=unit * rows.numbers + 7 * unit))
    there = scaled.log_likelihood(replace(fresh, numbers=unit * fresh.numbers + 7 * unit))
    np.testing.assert_allclose(there + float(unit.log().sum()), chosen.log_likelihood(fresh), atol=1e-3)
