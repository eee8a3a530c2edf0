"""The second part of a planned training: rates fall."""

import pytest
import torch

from landscape_app.learning.ensembles import LadderEnsemble
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.learning.schedule import Schedule
from landscape_app.learning.trainer import CAUTION, LEAST_RATE_SHARE
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.observables import ConvObservables
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.hamiltonian import Hamiltonian, Target
from landscape_app.physics.kernels import DiscreteLangevin
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.space import Levels

SPACE = Levels((4, 4), 3)


def make_trainer(**schedule: object) -> MinMaxEnt:
    generator = torch.Generator().manual_seed(3)
    torch.manual_seed(3)
    images = ProductBase.uniform(SPACE).sample(20, generator).cummax(dim=1).values
    base = ProductBase.from_marginals(SPACE, images)
    ladder = Ladder(8, Target(base, Hamiltonian([])), DiscreteLangevin(), generator, 4)
    observables = ConvObservables(SPACE, count=3, channels=(2, 3))
    ensemble = LadderEnsemble(ladder, weighted=False, resample_share=0.5)
    model = MinMaxEntModel(base, observables, torch.zeros(3))
    return MinMaxEnt(model, images, images, ensemble, Schedule(**schedule))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("progress", "share"), [(0.0, 1.0), (0.5, 1.0), (0.75, 0.5), (0.9, 0.2), (1.0, LEAST_RATE_SHARE)]
)
def test_rates_fall_linearly_over_the_second_half(progress: float, share: float) -> None:
    trainer = make_trainer(anneal_from=0.5)
    trainer.progress = progress
    assert trainer.rate_share == pytest.approx(share)


def test_without_a_plan_nothing_is_annealed() -> None:
    trainer = make_trainer()
    for _ in range(20):
        trainer.run_epoch()
    assert trainer.rate_share == 1.0


def test_rates_fall_when_training_has_gone_back() -> None:
    trainer = make_trainer()
    trainer.run_epoch()
    assert trainer.recover()
    assert trainer.rate_share == pytest.approx(CAUTION)


@pytest.mark.parametrize(("epochs", "anneal_from"), [(200, 0.0), (3000, 0.5), (3000, 0.0)])
def test_rates_of_long_trainings_add_up_to_the_path(epochs: int, anneal_from: float) -> None:
    trainer = make_trainer(theta_rate=2e-3, theta_path=0.03, anneal_from=anneal_from)
    rates = []
    for epoch in range(epochs):
        trainer.epoch, trainer.progress = epoch, epoch / epochs
        rates.append(trainer.theta_rate)
    assert max(rates) <= 2e-3
    path, full = 0.03 * len(trainer.training), 2e-3 * epochs * 0.5 * (1 + anneal_from)
    # The first epoch does not know how long the training is going to be, and rates have a least share.
    assert sum(rates) == pytest.approx(min(full, path), rel=0.01)
