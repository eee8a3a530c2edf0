"""The exact dual against closed forms, another optimiser, and means that nothing has."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import logsumexp

from landscape_app.learning.dual import solve_dual


@given(mean=st.floats(0.01, 0.99))
def test_a_coin_has_its_odds(mean: float) -> None:
    found = solve_dual(
        torch.tensor([[0.0], [1.0]]), torch.zeros(2), torch.tensor([mean], dtype=torch.float64)
    )
    assert float(found.multipliers) == pytest.approx(math.log((1 - mean) / mean), abs=1e-7)
    entropy = -mean * math.log(mean) - (1 - mean) * math.log(1 - mean)
    assert found.entropy == pytest.approx(entropy, abs=1e-9)


@settings(max_examples=30)
@given(seed=st.integers(0, 2**16))
def test_the_solution_is_that_of_another_optimiser(seed: int) -> None:
    random = np.random.default_rng(seed)
    n, k = 40, 3
    f = random.normal(size=(n, k)) * random.uniform(0.1, 50, k) + random.normal(size=k) * 20
    log_m = random.normal(size=n)
    inside = random.dirichlet(np.ones(n)) @ f
    found = solve_dual(torch.tensor(f), torch.tensor(log_m), torch.tensor(inside))
    spread = f.std(0)

    def value(scaled: np.ndarray) -> float:
        return float(logsumexp(log_m - (f - inside) @ (scaled / spread)))

    other = minimize(value, np.zeros(k), method="BFGS", options={"gtol": 1e-9})
    np.testing.assert_allclose(found.multipliers.numpy() * spread, other.x, atol=1e-4)
    assert found.entropy == pytest.approx(other.fun, abs=1e-7)
    p = found.log_probabilities.exp().numpy()
    assert p.sum() == pytest.approx(1)
    np.testing.assert_allclose(p @ f, inside, atol=1e-8 * spread.max())
    # S = −Σ p log(p/m) is the dual's value, and log Z normalises P.
    assert -(p * (np.log(p) - log_m)).sum() == pytest.approx(found.entropy, abs=1e-8)
    log_z = logsumexp(log_m - f @ found.multipliers.numpy())
    assert found.log_partition == pytest.approx(log_z, rel=1e-7, abs=1e-6)


def test_without_constraints_it_is_the_measure() -> None:
    found = solve_dual(torch.zeros(5, 0), torch.zeros(5), torch.zeros(0))
    assert found.entropy == pytest.approx(math.log(5))
    torch.testing.assert_close(found.log_probabilities.exp(), torch.full((5,), 0.2, dtype=torch.float64))


@pytest.mark.parametrize("mean", [1.001, 1.5, -3.0])
def test_means_that_no_distribution_has_are_refused(mean: float) -> None:
    with pytest.raises(ValueError, match="no distribution with these means"):
        solve_dual(torch.tensor([[0.0], [1.0]]), torch.zeros(2), torch.tensor([mean]))
