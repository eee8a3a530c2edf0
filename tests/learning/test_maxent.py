"""Multipliers solved for known moments, expectations by enumeration."""

import itertools

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from landscape_app.learning.maxent import (
    ChiSquaredUpdate,
    Moments,
    MultiplierUpdate,
    PartialMoments,
    PreconditionedUpdate,
    estimate_moments,
    joined_moments,
)
from landscape_app.physics.space import Levels

SPACE = Levels((2,), 5)
TRUE = torch.tensor([0.4, -0.25, 0.3], dtype=torch.float64)


def observables(x: Tensor) -> Tensor:
    """First and second moment of the centred levels, and their product: shape (batch, 3)."""
    centred = x.flatten(1).double() - 2
    return torch.stack([centred.sum(1), (centred**2 - 2).sum(1) / 2, centred.prod(1) / 2], dim=1)


F = observables(SPACE.enumerate())


def probabilities(multipliers: Tensor) -> Tensor:
    """exp(−λ·f) / Z over every state, shape (states,)."""
    return (-(F @ multipliers)).softmax(0)


def exact_moments(multipliers: Tensor, true: Tensor = TRUE) -> Moments:
    """Moments at `multipliers` of a model whose data come from the multipliers `true`."""
    data, model = probabilities(true), probabilities(multipliers)
    mean, centred = model @ F, F - model @ F
    return Moments(
        data_mean=data @ F,
        data_variance=data @ (F - data @ F) ** 2,
        model_mean=mean,
        model_covariance=centred.T @ (model.unsqueeze(1) * centred),
    )


@pytest.mark.parametrize(
    "updates",
    [
        [PreconditionedUpdate()],
        # Steps of constant size end in a cycle about the solution that is as wide as they are: shorten them.
        [ChiSquaredUpdate(5e-3), ChiSquaredUpdate(5e-4), ChiSquaredUpdate(5e-5)],
    ],
    ids=["preconditioned", "chi-squared"],
)
def test_multipliers_are_solved_for_known_moments(updates: list[MultiplierUpdate]) -> None:
    multipliers = torch.zeros(3, dtype=torch.float64)
    for update in updates:
        for _ in range(3000):
            multipliers += update.step(exact_moments(multipliers))
    # μ was made from λ, and the dual is strictly convex: there is no other solution.
    torch.testing.assert_close(multipliers, TRUE, atol=1e-3, rtol=0)
    assert float(exact_moments(multipliers).chi_squared) < 1e-5


def test_full_newton_steps_converge_quadratically() -> None:
    update, multipliers = (
        PreconditionedUpdate(rate=1.0, regularisation=0.0),
        torch.zeros(3, dtype=torch.float64),
    )
    errors = []
    for _ in range(7):
        multipliers += update.step(exact_moments(multipliers))
        errors.append(float((multipliers - TRUE).norm()))
    assert errors[-1] < 1e-12
    assert all(b < max(a**1.5, 1e-12) for a, b in itertools.pairwise(errors[2:]))


def test_a_solved_constraint_moves_nothing() -> None:
    for update in (PreconditionedUpdate(), ChiSquaredUpdate()):
        torch.testing.assert_close(update.step(exact_moments(TRUE)), torch.zeros(3, dtype=torch.float64))


def test_preconditioned_step_is_downhill_on_the_dual_even_where_the_covariance_is_singular() -> None:
    moments = exact_moments(torch.zeros(3, dtype=torch.float64))
    singular = moments._replace(model_covariance=torch.ones(3, 3, dtype=torch.float64))
    step = PreconditionedUpdate().step(singular)
    assert bool(torch.isfinite(step).all())
    # ∂Γ/∂λ = μ − ⟨f⟩_P.
    assert float(step @ (moments.data_mean - moments.model_mean)) < 0


def test_chi_squared_is_the_sum_of_squared_residuals() -> None:
    moments = exact_moments(torch.zeros(3, dtype=torch.float64))
    z = (moments.model_mean - moments.data_mean).numpy() / np.sqrt(moments.data_variance.numpy())
    np.testing.assert_allclose(moments.residuals.numpy(), z)
    assert float(moments.chi_squared) == pytest.approx((z**2).sum())


@given(seed=st.integers(0, 2**16))
@settings(max_examples=20)
def test_chi_squared_gradient_agrees_with_finite_differences(seed: int) -> None:
    here = torch.as_tensor(np.random.default_rng(seed).normal(size=3) * 0.3)
    gradient, step = exact_moments(here).chi_squared_gradient, 1e-5
    for j in range(3):
        shift = torch.zeros(3, dtype=torch.float64)
        shift[j] = step
        slope = (exact_moments(here + shift).chi_squared - exact_moments(here - shift).chi_squared) / (
            2 * step
        )
        torch.testing.assert_close(gradient[j], slope, rtol=1e-6, atol=1e-7)


def test_chi_squared_steps_have_the_size_of_their_rate_from_the_first() -> None:
    step = ChiSquaredUpdate(rate=0.02).step(exact_moments(torch.zeros(3, dtype=torch.float64)))
    torch.testing.assert_close(step.abs(), torch.full((3,), 0.02, dtype=torch.float64), rtol=1e-4, atol=0)
    gradient = exact_moments(torch.zeros(3, dtype=torch.float64)).chi_squared_gradient
    assert torch.equal(step.sign(), -gradient.sign())


def random_observables(seed: int, n: int) -> npt.NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=(n, 3)) @ [[1, 0.5, 0], [0, 1, -2], [0.3, 0, 1]]


@given(seed=st.integers(0, 2**16), n=st.integers(2, 40), m=st.integers(4, 40), weighted=st.booleans())
@settings(max_examples=50)
def test_estimated_moments_are_those_of_numpy(seed: int, n: int, m: int, weighted: bool) -> None:
    data, model = random_observables(seed, n), random_observables(seed + 1, m)
    weights = np.random.default_rng(seed).dirichlet(np.ones(m)) if weighted else np.full(m, 1 / m)
    moments = estimate_moments(
        torch.as_tensor(data), torch.as_tensor(model), torch.as_tensor(weights) if weighted else None
    )
    np.testing.assert_allclose(moments.data_mean, data.mean(0), atol=1e-12)
    np.testing.assert_allclose(moments.data_variance, np.maximum(data.var(0), 1e-8), atol=1e-12)
    np.testing.assert_allclose(moments.model_mean, np.average(model, axis=0, weights=weights), atol=1e-12)
    covariance = np.cov(model.T, aweights=weights, ddof=0)
    np.testing.assert_allclose(moments.model_covariance, covariance, atol=1e-12)


@pytest.mark.parametrize("ends", [(), (7,), (0, 3, 3), (30,)], ids=str)
def test_moments_of_parts_make_those_of_all(ends: tuple[int, ...]) -> None:
    """Parts may be empty, and means far from zero, at which single precision keeps the covariance."""
    f = torch.as_tensor(random_observables(3, 30)).float() + torch.tensor([1_000.0, 0.0, -300.0])
    weights = torch.as_tensor(np.random.default_rng(1).dirichlet(np.ones(30))).float()
    cut = [0, *ends, 30]
    parts = [PartialMoments.of(f[a:b], weights[a:b]) for a, b in itertools.pairwise(cut)]
    mean, covariance = joined_moments(
        torch.stack([part.mean for part in parts]), torch.stack([part.scatter for part in parts]).sum(0)
    )
    exact = np.average(f.double(), axis=0, weights=weights.double())
    np.testing.assert_allclose(mean, exact, rtol=1e-6)
    wanted = np.cov(f.double().T, aweights=weights.double(), ddof=0)
    np.testing.assert_allclose(covariance, wanted, atol=2e-3)


def test_an_observable_that_is_constant_on_the_data_keeps_finite_residuals() -> None:
    moments = estimate_moments(
        torch.ones(5, 1), torch.randn(9, 1, generator=torch.Generator().manual_seed(1))
    )
    assert bool(torch.isfinite(moments.residuals).all())
    assert bool((moments.data_variance > 0).all())
