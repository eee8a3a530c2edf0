"""What trainers by a gradient have in common: gradients against finite differences, records, states, divergence."""

import dataclasses

import numpy as np
import pytest
import torch

from landscape_app.learning import FITS
from landscape_app.learning.gradient import GradientRecord, GradientTrainer
from landscape_app.learning.trainer import DivergenceError
from landscape_app.models import MODELS
from landscape_app.models.pairs import PairModel
from landscape_app.models.rbm import RestrictedBoltzmannMachine
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.kernels import DiscreteLangevin, SingleSite
from tests.learning.spins import SPACE, drawn, trainer_of, truth

GRADIENTS = [
    name for name, kind in FITS.items() if issubclass(kind, GradientTrainer) and name != "score-matching"
]


@pytest.mark.parametrize("fit", GRADIENTS)
def test_metrics_name_every_number_of_an_epoch(fit: str) -> None:
    trainer = trainer_of(
        fit, PairModel.untrained(ProductBase.uniform(SPACE)), drawn(truth(), 50), DiscreteLangevin()
    )
    record = trainer.advance()
    assert isinstance(record, GradientRecord)
    found = {field.name: np.shape(getattr(record, field.name)) for field in dataclasses.fields(record)}
    assert trainer.metrics == found
    assert all(np.isfinite(value) for name, value in vars(record).items() if name != "swap_rate")
    assert "objective" in record.summary
    assert trainer.evaluations > 0


@pytest.mark.parametrize("fit", GRADIENTS)
def test_training_goes_on_from_a_state_as_if_it_had_not_stopped(fit: str) -> None:
    data = drawn(truth(), 50)

    def fresh() -> GradientTrainer:
        trainer = trainer_of(fit, PairModel.untrained(ProductBase.uniform(SPACE)), data, DiscreteLangevin())
        assert isinstance(trainer, GradientTrainer)
        return trainer

    straight, halved, resumed = fresh(), fresh(), fresh()
    for _ in range(4):
        straight.advance()
    for _ in range(2):
        halved.advance()
    state = halved.state_dict()
    resumed.model.set_values(halved.model.values())
    resumed.load_state_dict({name: torch.as_tensor(v) if np.isscalar(v) else v for name, v in state.items()})
    for _ in range(2):
        resumed.advance()
    for a, b in zip(straight.model.values(), resumed.model.values(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("fit", GRADIENTS)
def test_a_number_that_is_not_finite_is_a_divergence_and_nothing_is_lost(fit: str) -> None:
    trainer = trainer_of(
        fit, PairModel.untrained(ProductBase.uniform(SPACE)), drawn(truth(), 50), DiscreteLangevin()
    )
    trainer.advance()
    before = trainer.model.values()
    broken = [torch.full_like(value, torch.inf) for value in before]
    trainer.model.set_values(broken)
    with pytest.raises(DivergenceError):
        trainer.run_epoch()
    assert trainer.epoch == 1


def test_every_way_of_fitting_and_every_model_says_what_it_is() -> None:
    for kind in FITS.values():
        assert kind.title
        assert kind.approximates
    for model in MODELS.values():
        assert model.title
        assert model.default_fit in FITS


def test_any_model_of_spins_can_be_fitted() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        machine = RestrictedBoltzmannMachine.untrained(ProductBase.uniform(SPACE), 3)
    trainer = trainer_of("exact", machine, drawn(truth(), 200), SingleSite())
    assert isinstance(trainer, GradientTrainer)
    first = trainer.advance()
    for _ in range(30):
        last = trainer.advance()
    assert isinstance(first, GradientRecord)
    assert isinstance(last, GradientRecord)
    assert last.objective < first.objective
