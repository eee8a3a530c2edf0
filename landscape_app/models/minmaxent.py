"""The model of Min-MaxEnt: an exponential family whose observables have parameters of their own (equation 19)."""

from __future__ import annotations

from typing import ClassVar, Protocol

import torch
from torch import Tensor, nn

from landscape_app.language import tr
from landscape_app.models.model import Model, Parts
from landscape_app.physics.base_measure import BaseMeasure
from landscape_app.physics.dissection import integrated_gradients


class Observables(Protocol):
    """A module of K observables (see `models.observables`)."""

    def __call__(self, x: Tensor) -> Tensor:
        """f(x; θ), shape (batch, K)."""
        ...

    def weighted_sum(self, x: Tensor, multipliers: Tensor) -> Tensor:
        """Σ_i λ_i f_i(x), shape (batch,)."""
        ...


class MinMaxEntModel(Model):
    """P(x) = q(x) exp(−Σ_i λ_i f_i(x; θ)) / Z (equation 19).

    Args:
        base_measure: the base measure q.
        observables: f, a module (see `Observables`).
        multipliers: λ, shape (K,).
    """

    formula: ClassVar[str] = "Σᵢ λᵢ fᵢ(x)"
    title: ClassVar[str] = tr("Learned observables")
    short_title: ClassVar[str] = tr("Observables")
    about: ClassVar[str] = tr(
        "The least biased model that shares the averages of functions f, which a network learns."
    )
    default_fit: ClassVar[str] = "min-maxent"

    def __init__(self, base_measure: BaseMeasure, observables: nn.Module, multipliers: Tensor) -> None:
        super().__init__(base_measure)
        self.observables = observables
        self.multipliers = nn.Parameter(multipliers, requires_grad=False)

    def energy(self, x: Tensor) -> Tensor:
        """Σ_i λ_i f_i(x), shape (batch,)."""
        return self.observables.weighted_sum(x, self.multipliers)  # type: ignore[operator]

    def energy_and_gradient(self, x: Tensor) -> tuple[Tensor, Tensor] | None:
        """Energy, shape (batch,), and ∂E/∂x, shape (batch, *shape), of observables that know it by hand."""
        by_hand = getattr(self.observables, "weighted_sum_and_gradient", None)
        return None if by_hand is None else by_hand(x, self.multipliers)

    def constraints(self, x: Tensor) -> Tensor:
        """f(x; θ), shape (batch, K): where λ are at their optimum, ⟨f⟩_P = ⟨f⟩_data (equation 3)."""
        return self.observables(x)

    @property
    def constraint_multipliers(self) -> Tensor:
        """λ, shape (K,)."""
        return self.multipliers

    def dissect(self, x: Tensor, baseline: Tensor, data: Tensor) -> Parts:
        """λ_i f_i by site, by integrated gradients from the baseline, and against the data's averages."""
        maps = integrated_gradients(self.observables, x, baseline)
        with torch.no_grad():
            of_data = self.observables(data)
            excess = self.observables(x.unsqueeze(0))[0] - of_data.mean(0)
            scores = excess / of_data.std(0).clamp_min(1e-12)
            return Parts(self.multipliers.view(-1, *[1] * x.dim()) * maps, self.multipliers * excess, scores)
