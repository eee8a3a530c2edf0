"""Denoising score matching: the slope of the energy points from a noisy item to the item (Vincent 2011)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.learning.gradient import GradientTrainer
from landscape_app.models.model import Model
from landscape_app.physics.averages import weighted_mean, weighted_variance
from landscape_app.physics.base_measure import ContinuousBase
from landscape_app.physics.space import Line, Space

NOISE_SHARE = 0.1
"""Standard deviation of the noise over that of the data, coordinate by coordinate."""


class ScoreMatching(GradientTrainer):
    """Descends ½ ⟨‖σ ∂U(x + σξ) − ξ‖²⟩, U = E − log q, ξ normal: no chains, and no Z.

    It learns the data smoothed by σ, a tenth of their deviation. Weights of modes that lie apart it cannot know:
    between them there are no data, and no slope.
    """

    title: ClassVar[str] = tr("Score matching")
    objective_meaning: ClassVar[str] = tr("½ ⟨‖σ ∂U − ξ‖²⟩ over the training items, per item")
    may_weigh: ClassVar[bool] = False
    approximates: ClassVar[str] = tr("the Fisher divergence to the smoothed data, not their likelihood")

    @classmethod
    def obstacle(cls, model: type[Model], space: Space) -> str:
        """Reason where there is no slope."""
        if not isinstance(space, Line):
            return tr(
                "score matching needs coordinates without walls, not {space}; choose another way of fitting",
                space=space.label,
            )
        return ""

    def _objective(self, batch: Tensor) -> Tensor:
        base = self.model.base_measure
        assert isinstance(base, ContinuousBase)
        sigma = NOISE_SHARE * weighted_variance(self.training, self.weights).sqrt().clamp_min(1e-6)
        noise = torch.randn(batch.shape, generator=self.ensemble.generator, device=batch.device)
        x = (batch + sigma * noise).requires_grad_(True)
        (slope,) = torch.autograd.grad(self.model.energy(x).sum(), x, create_graph=True)
        self.evaluations += 2 * len(batch)
        slope = slope - base.log_prob_gradient(x.detach())
        missed = (sigma * slope - noise).square().flatten(1).sum(1)
        return 0.5 * weighted_mean(missed, self.batches.weights)
