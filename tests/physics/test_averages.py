"""Items that count as several are worth as many equal ones."""

import itertools

import numpy as np
import pytest
import torch

from landscape_app.physics.averages import weighted_mean, weighted_variance
from landscape_app.physics.base_measure import (
    CorrelatedGaussianBase,
    GaussianBase,
    ProductBase,
    centre_and_spread,
)
from landscape_app.physics.matching import match
from landscape_app.physics.mixture import fitted_mixture
from landscape_app.physics.mixture_base import MixtureBase
from landscape_app.physics.space import Levels, Line, Mixed

RANDOM = np.random.default_rng(0)
COUNTS = torch.from_numpy(RANDOM.integers(1, 6, 40)).float()
POINTS = torch.from_numpy(RANDOM.standard_t(2, (40, 3))).float()
CATEGORIES = torch.from_numpy(RANDOM.integers(0, 3, (40, 2))).float()


def repeated(x: torch.Tensor) -> torch.Tensor:
    return x.repeat_interleave(COUNTS.long(), 0)


def test_weighted_mean_and_variance_are_those_of_numpy():
    weights = torch.rand(40, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    x = POINTS.double()
    w, values = weights.numpy(), x.numpy()
    mean = np.average(values, axis=0, weights=w)
    variance = np.average((values - mean) ** 2, axis=0, weights=w)
    assert weighted_mean(x, weights).numpy() == pytest.approx(mean, rel=1e-12)
    assert weighted_variance(x, weights).numpy() == pytest.approx(variance, rel=1e-12)
    assert torch.equal(weighted_mean(x), x.mean(0))
    assert torch.equal(weighted_variance(x), x.var(0, correction=0))


@pytest.mark.parametrize(
    "base",
    [
        lambda x, w: GaussianBase.from_samples(Line((3,)), x, 2.0, w),
        lambda x, w: CorrelatedGaussianBase.from_samples(Line((3,)), x, 2.0, w),
        lambda x, w: ProductBase.from_marginals(Levels((3,), 4), x.round().clamp(0, 3), 0.5, weights=w),
        lambda x, w: MixtureBase.from_samples(
            Mixed((0, 3, 3)), torch.cat([x[:, :1], x[:, 1:].round().clamp(0, 2)], 1), weights=w
        ),
    ],
)
def test_base_measures_of_counted_items_are_those_of_repeated_ones(base):
    found, wanted = base(POINTS, COUNTS).state_dict(), base(repeated(POINTS), None).state_dict()
    for name, table in wanted.items():
        assert torch.allclose(found[name], table, rtol=1e-5, atol=1e-6), name


def test_quartiles_of_counted_rows_are_those_of_repeated_ones():
    x = POINTS.double()
    for found, wanted in zip(
        centre_and_spread(x, COUNTS.double()), centre_and_spread(repeated(x)), strict=True
    ):
        assert torch.allclose(found, wanted, rtol=1e-12)


def test_match_takes_the_means_of_counted_items():
    draws = RANDOM.standard_normal((8, 50))
    f, of_class = POINTS[:, 0].numpy(), (POINTS[:, 1] > 0).numpy()
    chains = {"f": draws, "class a": draws > 0}
    data = {"f": f, "class a": of_class}
    found = match(chains, data, frozenset({"class a"}), weights=COUNTS.numpy())
    again = {name: np.repeat(values, COUNTS.long().numpy()) for name, values in data.items()}
    wanted = match(chains, again, frozenset({"class a"}))
    assert found.sentence == wanted.sentence
    for row, other in zip((*found.means, *found.shares), (*wanted.means, *wanted.shares), strict=True):
        assert row.data == pytest.approx(other.data, rel=1e-6)
        assert row.deviation == pytest.approx(other.deviation, rel=1e-6)


def test_mixture_of_counted_items_rises_in_their_likelihood():
    index, weights = CATEGORIES.long(), COUNTS.double()
    steps = [*fitted_mixture(index, 3, 3, torch.Generator().manual_seed(0), 30, weights)]
    last = steps[-1]
    by_numpy = np.average(last.mixture.log_likelihood(index).numpy(), weights=weights.numpy())
    assert last.log_likelihood == pytest.approx(by_numpy, rel=1e-12)
    values = [step.log_likelihood for step in steps]
    assert all(after >= before - 1e-12 for before, after in itertools.pairwise(values))
    marginal = np.average((index[:, 0] == 1).numpy(), weights=weights.numpy())
    of_model = last.mixture.log_weights.exp() @ last.mixture.log_tables.exp()[:, 0, 1]
    assert float(of_model) == pytest.approx(marginal, abs=1e-9)
