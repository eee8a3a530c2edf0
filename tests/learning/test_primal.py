"""MaxEnt over the probabilities themselves, against other people's optimisers and the dual."""

import numpy as np
import pytest
import torch
from scipy import optimize

from landscape_app.learning.dual import solve_dual
from landscape_app.learning.primal import PrimalStep, maximise_entropy

FACES = torch.arange(1, 7, dtype=torch.float64)
ONES = torch.ones(6, dtype=torch.float64)
DICE = torch.stack([ONES, FACES])
MEAN = torch.tensor([1.0, 4.5], dtype=torch.float64)


def last(constraints: torch.Tensor, values: torch.Tensor, start: torch.Tensor) -> PrimalStep:
    *_, step = maximise_entropy(constraints, values, start)
    return step


def test_jaynes_loaded_die_is_found() -> None:
    found = last(DICE, MEAN, ONES / 6)

    def missed(slope: float) -> float:
        weights = np.exp(slope * FACES.numpy())
        return float(weights @ FACES.numpy() / weights.sum() - 4.5)

    slope = optimize.brentq(missed, 0.0, 2.0, xtol=1e-14)
    exact = np.exp(slope * FACES.numpy())
    np.testing.assert_allclose(found.probabilities.numpy(), exact / exact.sum(), atol=1e-10)
    assert float(found.multipliers[1]) == pytest.approx(-slope, abs=1e-9)


def test_entropy_is_the_largest_that_a_general_optimiser_finds() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2, 12))
    hidden = rng.dirichlet(np.ones(12))
    a = np.vstack([np.ones(12), features])
    b = a @ hidden
    found = last(torch.as_tensor(a), torch.as_tensor(b), torch.full((12,), 1 / 12))
    other = optimize.minimize(
        lambda p: float(p @ np.log(p)),
        hidden,
        jac=lambda p: np.log(p) + 1,
        bounds=[(1e-9, 1.0)] * 12,
        constraints={"type": "eq", "fun": lambda p: a @ p - b, "jac": lambda p: a},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found.entropy == pytest.approx(-other.fun, abs=1e-7)
    assert found.entropy > -float(hidden @ np.log(hidden))
    assert found.violation < 1e-9


def test_steps_from_a_start_within_the_constraints_are_bounds_from_below() -> None:
    x = (torch.arange(400, dtype=torch.float64) + 0.5) / 10
    near = (x < 1.6).double() / (x < 1.6).sum()
    flat = torch.full_like(x, 1 / len(x))
    start = 0.95 * near + 0.05 * flat
    mean = start @ x
    steps = list(
        maximise_entropy(torch.stack([torch.ones_like(x), x]), torch.stack([mean / mean, mean]), start)
    )
    largest = solve_dual(x.unsqueeze(1), torch.zeros_like(x), mean.unsqueeze(0)).entropy
    entropies = np.array([step.entropy for step in steps])
    assert max(step.violation for step in steps) < 1e-9
    assert (entropies <= largest + 1e-9).all()
    assert (np.diff(entropies) > -1e-9).all()
    assert entropies[-1] == pytest.approx(largest, abs=1e-10)


def test_means_that_no_distribution_has_are_refused() -> None:
    with pytest.raises(ValueError, match="no maximum of the entropy"):
        last(DICE, torch.tensor([1.0, 6.5]), ONES / 6)


def test_constraints_that_follow_from_others_are_refused() -> None:
    dependent = torch.stack([ONES, FACES, 2 * FACES - ONES])
    with pytest.raises(ValueError, match="not independent"):
        last(dependent, torch.tensor([1.0, 4.5, 8.0]), ONES / 6)
