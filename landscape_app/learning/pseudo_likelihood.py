"""Pseudo-likelihood: every site given all the others, without chains and without Z (Besag 1975)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.learning.gradient import GradientTrainer
from landscape_app.models.model import Model
from landscape_app.physics.averages import weighted_mean
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.space import Space

EVALUATIONS = 2**13
"""Energies an epoch where a model has no shorter way to its conditionals: so many sites of every item are drawn."""


class PseudoLikelihood(GradientTrainer):
    """Descends −Σ_i ⟨log P(x_i | all others)⟩_data, from exact conditionals over all levels of a site.

    Consistent: with ever more data of the model's own kind it comes to the same parameters as maximum likelihood,
    with larger errors. Far from the data it knows nothing. Of models that must evaluate every level, some sites of
    each item are drawn at random in an epoch; their mean, times the number of sites, is unbiased.
    """

    title: ClassVar[str] = tr("Pseudo-likelihood")
    objective_meaning: ClassVar[str] = tr("−Σ_i ⟨log P(x_i | others)⟩ of the training items, nats an item")
    may_weigh: ClassVar[bool] = False
    scaling_decay: ClassVar[float] = 0.9
    approximates: ClassVar[str] = tr("maximum likelihood, where data are many; no normalisation is learned")

    @classmethod
    def obstacle(cls, model: type[Model], space: Space) -> str:
        """Reason where sites have no levels to sum over."""
        if not space.is_discrete:
            return tr(
                "the pseudo-likelihood sums over the levels of a site, and {space} has none; choose another",
                space=space.label,
            )
        return ""

    def _objective(self, batch: Tensor) -> Tensor:
        model, base = self.model, self.model.base_measure
        assert isinstance(base, ProductBase)
        sites, levels = base.space.sites, base.space.levels
        drawn = sites
        if not model.knows_conditionals:
            drawn = min(sites, max(1, EVALUATIONS // (len(batch) * levels)))
        order = torch.rand(len(batch), sites, generator=self.ensemble.generator, device=batch.device)
        chosen = order.argsort(1)[:, :drawn]
        self.evaluations += len(batch) * drawn * (1 if model.knows_conditionals else levels)
        log_mass = base.log_probabilities[chosen] - model.conditional_energies(batch, chosen)
        own = base.space.index(batch.flatten(1)).gather(1, chosen).unsqueeze(2)
        log_p = log_mass.log_softmax(2).gather(2, own)
        return -weighted_mean(log_p.mean((1, 2)), self.batches.weights) * sites
