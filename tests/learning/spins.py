"""Spins whose law is known by enumeration, and trainers of models of them."""

from __future__ import annotations

import torch
from torch import Tensor

from landscape_app.learning import FITS
from landscape_app.learning.ensembles import make_ensemble
from landscape_app.learning.schedule import Schedule
from landscape_app.learning.trainer import Trainer
from landscape_app.models.model import Model
from landscape_app.models.pairs import PairModel
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.kernels import Kernel, SingleSite
from landscape_app.physics.space import Spins

SPACE = Spins((5,))
STATES = SPACE.enumerate()
PAIRS = torch.triu_indices(5, 5, 1)
QUIET = Schedule(theta_rate=0.03, momentum=0.5, weighted=False)


def truth(strength: float = 0.4, seed: int = 0) -> PairModel:
    """A model with normal couplings and fields."""
    generator = torch.Generator().manual_seed(seed)
    upper = strength * torch.randn(5, 5, generator=generator).triu(1)
    fields = strength * torch.randn(5, generator=generator)
    return PairModel(ProductBase.uniform(SPACE), upper + upper.T, fields)


def law(model: Model) -> Tensor:
    """P of every state, float64, shape (32,)."""
    return ExactModel(model.target).log_weights().exp()


def drawn(model: Model, count: int, seed: int = 1) -> Tensor:
    """Independent items of the model, shape (count, 5)."""
    generator = torch.Generator().manual_seed(seed)
    return STATES[torch.multinomial(law(model), count, replacement=True, generator=generator)]


def moments(p: Tensor) -> Tensor:
    """⟨s_i⟩ and ⟨s_i s_j⟩, float64, shape (15,)."""
    s = STATES.double()
    return torch.cat([p @ s, p @ (s[:, PAIRS[0]] * s[:, PAIRS[1]])])


def trainer_of(
    fit: str,
    model: Model,
    data: Tensor,
    kernel: Kernel | None = None,
    chains: int = 64,
    schedule: Schedule = QUIET,
) -> Trainer:
    """A trainer of one of the ways of fitting, its chains at the base measure."""
    generator = torch.Generator().manual_seed(3)
    ensemble = make_ensemble(model.target, kernel or SingleSite(), generator, chains, 1, schedule)
    return FITS[fit](model, data, data[:20], ensemble, schedule)


def run(trainer: Trainer, epochs: int) -> None:
    """Trains with annealed rates, and rests on the average."""
    for epoch in range(epochs):
        trainer.progress = epoch / epochs
        trainer.advance()
    trainer.rest()
