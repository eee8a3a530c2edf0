"""MaxEnt: the multipliers λ for which ⟨f_i⟩_P equals the data's mean μ_i (equations 2, 5, 6)."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from landscape_app.learning.scaling import RootMeanSquareScaling
from landscape_app.physics.averages import weighted_mean, weighted_variance

LEAST_VARIANCE = 1e-8
"""Of an observable on the data, which may be constant there."""


class Moments(NamedTuple):
    """Moments of data and model that the multipliers' updates need.

    Attributes:
        data_mean: μ_i, shape (K,).
        data_variance: σ_i², shape (K,), positive.
        model_mean: ⟨f_i⟩_P, shape (K,).
        model_covariance: Cov_P(f_i, f_j), shape (K, K).
    """

    data_mean: Tensor
    data_variance: Tensor
    model_mean: Tensor
    model_covariance: Tensor

    @property
    def residuals(self) -> Tensor:
        """Constraint residuals z_i = (⟨f_i⟩_P − μ_i) / σ_i, shape (K,)."""
        return (self.model_mean - self.data_mean) / self.data_variance.sqrt()

    @property
    def chi_squared(self) -> Tensor:
        """χ² = Σ_i z_i² (equation 5), a scalar."""
        return (self.residuals**2).sum()

    @property
    def chi_squared_gradient(self) -> Tensor:
        """∂χ²/∂λ_j = −2 Σ_i (⟨f_i⟩_P − μ_i)/σ_i² Cov_P(f_i, f_j) (equation 6), shape (K,)."""
        return -2 * self.model_covariance @ ((self.model_mean - self.data_mean) / self.data_variance)


def estimate_moments(
    f_data: Tensor, f_model: Tensor, weights: Tensor | None = None, data_weights: Tensor | None = None
) -> Moments:
    """Moments from observables on the data, shape (n, K), and on the chains, shape (m, K).

    Args:
        f_data: f of the training set.
        f_model: f of the chains.
        weights: the chains' normalised importance weights, shape (m,); None weights them alike.
        data_weights: those of the training set, shape (n,); None where its items count alike.
    """
    if weights is None:
        weights = f_model.new_full((len(f_model),), 1 / len(f_model))
    model_mean = weights @ f_model
    centred = f_model - model_mean
    return Moments(
        data_mean=weighted_mean(f_data, data_weights),
        data_variance=weighted_variance(f_data, data_weights).clamp_min(LEAST_VARIANCE),
        model_mean=model_mean,
        model_covariance=centred.T @ (weights.unsqueeze(1) * centred),
    )


class PartialMoments(NamedTuple):
    """Moments of some of weighted samples, from which those of all of them follow.

    Attributes:
        mean: W = Σ w, and Σ w f / W, shape (1 + K,).
        scatter: Σ w (f − mean)(f − mean)ᵀ, shape (K, K).
    """

    mean: Tensor
    scatter: Tensor

    @classmethod
    def of(cls, f: Tensor, shares: Tensor) -> PartialMoments:
        """From observables, shape (n, K), and w, which are normalised over all samples, shape (n,); n may be 0."""
        total = shares.sum().view(1)
        mean = shares @ f / total.clamp_min(torch.finfo(total.dtype).tiny)
        centred = f - mean
        return cls(torch.cat([total, mean]), centred.T @ (shares.unsqueeze(1) * centred))


def joined_moments(means: Tensor, scatters: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and covariance of all samples, shapes (K,) and (K, K), by what the parts scatter about their own means.

    Args:
        means: `PartialMoments.mean` of each part, shape (parts, 1 + K).
        scatters: sum of their `PartialMoments.scatter`, shape (K, K).

    Source: Chan, Golub, LeVeque, "Algorithms for computing the sample variance" (1983).
    """
    shares, means = means[:, 0] / means[:, 0].sum(), means[:, 1:]
    mean = shares @ means
    apart = means - mean
    return mean, scatters + apart.T @ (shares.unsqueeze(1) * apart)


def bounded_newton_step(
    moments: Moments,
    f_data: Tensor,
    data_weights: Tensor | None,
    ridge: Tensor | float,
    largest_change: float,
    damping: float,
) -> Tensor:
    """Newton's step on the dual, no longer than the energies of the samples and of the data allow, shape (K,).

    Args:
        moments: of data and model.
        f_data: f of the training set, shape (n, K).
        data_weights: of it, shape (n,); None where its items count alike.
        ridge: added to the covariance's diagonal.
        largest_change: nats of standard deviation by which energies may change.
        damping: share of the step at most.
    """
    covariance = moments.model_covariance
    identity = torch.eye(len(covariance), dtype=covariance.dtype, device=covariance.device)
    # Unchecked, as a check waits for the device.
    change, _ = torch.linalg.solve_ex(covariance + ridge * identity, moments.model_mean - moments.data_mean)
    of_data = weighted_mean(((f_data - moments.data_mean) @ change).square(), data_weights)
    spread = (change @ covariance @ change).clamp_min(0).maximum(of_data).sqrt()
    return change * (largest_change / spread.clamp_min(1e-12)).clamp_max(damping)


class MultiplierUpdate(Protocol):
    """One way to move λ towards the constraint."""

    rate: float

    def step(self, moments: Moments) -> Tensor:
        """The change of λ, shape (K,)."""
        ...


class ChiSquaredUpdate:
    """Descends χ² (equation 6), each component scaled by its running root mean square (Adam with β₁ = 0).

    Args:
        rate: size of a component's step.
    """

    def __init__(self, rate: float = 1e-2) -> None:
        self.rate = rate
        self.scaling = RootMeanSquareScaling()

    def step(self, moments: Moments) -> Tensor:
        """−rate ∂χ²/∂λ / rms, shape (K,)."""
        return -self.rate * self.scaling.scale(moments.chi_squared_gradient)


class PreconditionedUpdate:
    """Newton on the dual, Δλ = rate · C⁻¹ (⟨f⟩_P − μ), C = Cov_P(f, f) + regularisation · tr(C)/K.

    Args:
        rate: 1 is the full Newton step.
        regularisation: share of the mean variance added to the diagonal.
    """

    def __init__(self, rate: float = 0.1, regularisation: float = 0.01) -> None:
        self.rate = rate
        self.regularisation = regularisation

    def step(self, moments: Moments) -> Tensor:
        """The regularised Newton step, shape (K,)."""
        covariance = moments.model_covariance
        ridge = self.regularisation * covariance.diagonal().mean().clamp_min(1e-12)
        regular = covariance + ridge * torch.eye(len(covariance), device=covariance.device)
        # Unchecked, as a check waits for the device; the step control finds numbers that are not finite.
        solved, _ = torch.linalg.solve_ex(regular, moments.model_mean - moments.data_mean)
        return self.rate * solved
