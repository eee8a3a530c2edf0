"""Couplings in one step: Hebb's rule, the projection rule, and mean field's inverse of the correlations."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.learning.trainer import EpochRecord, Trainer
from landscape_app.models.model import Model
from landscape_app.models.pairs import PairModel
from landscape_app.physics.averages import weighted_mean
from landscape_app.physics.host import to_host
from landscape_app.physics.space import Space

LARGEST_MEAN = 0.999
"""Of a spin over the data, in mean field, whose fields are infinite where a spin is always the same."""


class ClosedForm(Trainer):
    """Sets couplings and fields by a formula in the first epoch; in others only chains move."""

    may_weigh: ClassVar[bool] = False

    @classmethod
    def obstacle(cls, model: type[Model], space: Space) -> str:
        """Reason where the model has no couplings."""
        if not issubclass(model, PairModel):
            return tr("{way} sets couplings between spins; choose the model pairs", way=cls.title)
        return ""

    @classmethod
    def check(cls, model: Model) -> None:
        """Refuses all but visible spins with couplings.

        Raises:
            ValueError: another model, or hidden spins.
        """
        super().check(model)
        if isinstance(model, PairModel) and model.hidden:
            raise ValueError(
                tr("{way} sets couplings between visible spins; choose no hidden ones", way=cls.title)
            )

    @staticmethod
    @abstractmethod
    def solution(training: Tensor, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """J, shape (N, N), and h, shape (N,), in double precision.

        Args:
            training: items on the host, shape (n, N).
            weights: rows that each stands for, shape (n,); None for one each.
        """

    def _epoch(self) -> EpochRecord:
        if self.epoch == 0:
            weights = None if self.weights is None else to_host(self.weights).double()
            found = self.solution(to_host(self.training).double().flatten(1), weights)
            self.model.set_values([value.float() for value in found])
            self.average = self.model.values()
            self.ensemble.follow(self.model.target)
        moved = self.ensemble.run(self.schedule.moves).now()
        self.evaluations += self.ensemble.size * self.schedule.moves
        energies = self._end_epoch()
        return EpochRecord(**self._common_figures(moved.acceptance_rate, energies))


class Hebb(ClosedForm):
    """J = (1/N) Σ_μ ξ^μ ξ^μᵀ, zero diagonal, h = 0 (Hopfield 1982)."""

    title: ClassVar[str] = tr("Hebb's rule")
    approximates: ClassVar[str] = tr(
        "no likelihood: patterns become minima as long as they are few, α below 0.138"
    )

    @staticmethod
    def solution(training: Tensor, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Outer products of the patterns."""
        counted = training if weights is None else weights.unsqueeze(1) * training
        return _without_diagonal(training.T @ counted / training.shape[1]), _no_fields(training)


class Projection(ClosedForm):
    """J = (1/N) Σ_μν ξ^μ (Q⁻¹)_μν ξ^νᵀ, Q = ξξᵀ/N, zero diagonal (Personnaz, Guyon, Dreyfus 1985).

    Every one of linearly independent patterns is a fixed point; of dependent ones their span is taken.
    """

    title: ClassVar[str] = tr("Projection rule")
    approximates: ClassVar[str] = tr("no likelihood: every pattern becomes a minimum, up to α = 1")

    @staticmethod
    def solution(training: Tensor, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The projection onto the patterns' span."""
        return _without_diagonal(torch.linalg.pinv(training) @ training), _no_fields(training)


class MeanField(ClosedForm):
    """J = −(C⁻¹)_ij off the diagonal, h_i = artanh m_i − Σ_j J_ij m_j (Kappen, Rodríguez 1998).

    C is drawn a little to the diagonal, by one item more in which spins are independent, as that of few data has no
    inverse.
    """

    title: ClassVar[str] = tr("Mean field")
    approximates: ClassVar[str] = tr("maximum likelihood, where couplings are weak")

    @staticmethod
    def solution(training: Tensor, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Inverse of the correlations."""
        count = len(training) if weights is None else weights.sum()
        mean = weighted_mean(training, weights).clamp(-LARGEST_MEAN, LARGEST_MEAN)
        covariance = torch.cov(training.T, correction=0, aweights=weights).view(training.shape[1], -1)
        covariance = (count * covariance + (1 - mean**2).diag()) / (count + 1)
        couplings = _without_diagonal(-torch.linalg.inv(covariance))
        return couplings, mean.atanh() - couplings @ mean


def _without_diagonal(couplings: Tensor) -> Tensor:
    symmetric = (couplings + couplings.T) / 2
    return symmetric - symmetric.diagonal().diag_embed()


def _no_fields(training: Tensor) -> Tensor:
    return training.new_zeros(training.shape[1])
